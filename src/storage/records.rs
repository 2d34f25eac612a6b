//! What stands inside the sealed columns: JSON of our own, the same for every backend.
//!
//! A member, once written, keeps its name and meaning: older databases are read for ever. New
//! members are optional. Times are milliseconds, here and in plain columns.

use std::borrow::Cow;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{error::StoreError, seal::Plain};
use crate::domain::{
    AppId, Attempt, AttemptState, Channel, Contact, ContactKind, ContactSource, Credential,
    EmailAddress, IssuedCredential, KeptContact, Locale, PhoneNumber, ReasonCode, RedirectUrls,
    SessionId, Standing, Submission, SubmissionId, SubmissionResult, SubmissionStatus, UserId,
    Verification, VerificationReference, VerifiedContact,
};

/// The stored form of a time.
pub(super) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// Reads [`millis`] back; `column` names it should it be damaged.
pub(super) fn timestamp(millis: i64, column: &'static str) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|_| StoreError::Corrupt(column))
}

/// The time as it will be read back, so that what a caller sees now and later is the same.
pub(super) fn whole_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// What nobody searches by, and no event changes: only the contact's value goes one day.
pub(super) struct Identity {
    pub(super) user: UserId,
    pub(super) app: AppId,
    pub(super) contact: VerifiedContact<KeptContact>,
    pub(super) locale: Locale,
    pub(super) reference: Option<String>,
    pub(super) consent_reference: Option<String>,
}

/// What the provider said so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Progress {
    pub(super) unconfirmed: Option<(Standing, Timestamp)>,
    pub(super) partial_since: Option<Timestamp>,
    pub(super) submission: Option<Submission>,
}

impl Progress {
    /// The progress of `verification`.
    pub(super) fn of(verification: &Verification) -> Self {
        Self {
            unconfirmed: verification.unconfirmed,
            partial_since: verification.partial_since,
            submission: verification.submission.clone(),
        }
    }

    /// Its sealed content; `None` while there is nothing to say.
    pub(super) fn plain(&self) -> Result<Option<Plain>, StoreError> {
        if self.unconfirmed.is_none() && self.submission.is_none() {
            return Ok(None);
        }
        let record = ProgressRecord {
            unconfirmed: self.unconfirmed.map(UnconfirmedRecord::new),
            partial_since: self.partial_since.map(millis),
            submission: self.submission.as_ref().map(SubmissionRecord::new),
        };
        written(&record).map(Some)
    }

    /// Reads [`Progress::plain`] back.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, StoreError> {
        let damaged = StoreError::Corrupt("progress");
        let record: ProgressRecord<'_> = serde_json::from_slice(bytes).map_err(|_| damaged)?;
        Ok(Self {
            unconfirmed: record.unconfirmed.map(UnconfirmedRecord::read).transpose()?,
            partial_since: record
                .partial_since
                .map(|since| timestamp(since, "progress"))
                .transpose()?,
            submission: record.submission.map(SubmissionRecord::read).transpose()?,
        })
    }
}

/// The sealed content of the identity column.
pub(super) fn identity(verification: &Verification) -> Result<Plain, StoreError> {
    let VerifiedContact { contact, reference, source, verified_at } = &verification.contact;
    let (phone, email, forgotten) = match contact {
        KeptContact::Held(Contact::Phone(phone)) => (Some(phone.expose().into()), None, None),
        KeptContact::Held(Contact::Email(email)) => (None, Some(email.expose().into()), None),
        KeptContact::Forgotten(kind) => (None, None, Some(kind.as_str().into())),
    };
    written(&IdentityRecord {
        user: verification.user.as_str().into(),
        app: verification.app.as_str().into(),
        phone,
        email,
        forgotten,
        proof: reference.as_str().into(),
        source: source.as_str().into(),
        verified_at: verified_at.map(millis),
        locale: verification.locale.as_str().into(),
        reference: verification.reference.as_deref().map(Cow::from),
        consent_reference: verification.consent_reference.as_deref().map(Cow::from),
    })
}

/// Reads [`identity`] back.
pub(super) fn read_identity(bytes: &[u8]) -> Result<Identity, StoreError> {
    let damaged = || StoreError::Corrupt("identity");
    let record: IdentityRecord<'_> = serde_json::from_slice(bytes).map_err(|_| damaged())?;
    let contact = match (record.phone, record.email, record.forgotten) {
        (Some(phone), None, None) => {
            PhoneNumber::parse(&phone).map(|it| KeptContact::Held(Contact::Phone(it)))
        }
        (None, Some(email), None) => {
            EmailAddress::parse(&email).map(|it| KeptContact::Held(Contact::Email(it)))
        }
        (None, None, Some(kind)) => {
            Ok(KeptContact::Forgotten(ContactKind::parse(&kind).ok_or_else(damaged)?))
        }
        (_, _, _) => return Err(damaged()),
    };
    Ok(Identity {
        user: UserId::parse(&record.user).map_err(|_| damaged())?,
        app: AppId::parse(&record.app).ok_or_else(damaged)?,
        contact: VerifiedContact {
            contact: contact.map_err(|_| damaged())?,
            reference: VerificationReference::parse(&record.proof).map_err(|_| damaged())?,
            source: parse_source(&record.source).ok_or_else(damaged)?,
            verified_at: record
                .verified_at
                .map(|verified_at| timestamp(verified_at, "identity"))
                .transpose()?,
        },
        locale: Locale::parse(&record.locale).ok_or_else(damaged)?,
        reference: record.reference.map(Cow::into_owned),
        consent_reference: record.consent_reference.map(Cow::into_owned),
    })
}

/// Room for one attempt with a credential of the usual length. A row that grows when its credential
/// comes would be moved to another page, and its neighbours with it.
const ATTEMPTS_ROOM: usize = 768;

/// The sealed content of the attempts column, filled up with blanks, which mean nothing in JSON.
pub(super) fn attempts(attempts: &[Attempt]) -> Result<Plain, StoreError> {
    let records: Vec<_> = attempts.iter().map(AttemptRecord::new).collect();
    let mut plain = written(&records)?;
    plain.fill_up(ATTEMPTS_ROOM);
    Ok(plain)
}

/// Reads [`attempts`] back.
pub(super) fn read_attempts(bytes: &[u8]) -> Result<Vec<Attempt>, StoreError> {
    let records: Vec<AttemptRecord<'_>> =
        serde_json::from_slice(bytes).map_err(|_| StoreError::Corrupt("attempts"))?;
    records.into_iter().map(AttemptRecord::read).collect()
}

/// Whether two credentials are one.
pub(super) fn same_credential(
    one: Option<&IssuedCredential>,
    other: Option<&IssuedCredential>,
) -> bool {
    let parts = |issued: &IssuedCredential| {
        let secrets = IssuedRecord::secrets(issued).map(|it| it.map(str::to_owned));
        (secrets, millis(issued.expires_at))
    };
    match (one, other) {
        (Some(one), Some(other)) => parts(one) == parts(other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn written<T: Serialize>(record: &T) -> Result<Plain, StoreError> {
    let mut plain = Plain::new();
    serde_json::to_writer(plain.writer(), record).map_err(|_| StoreError::Sealed)?;
    Ok(plain)
}

fn parse_source(text: &str) -> Option<ContactSource> {
    [ContactSource::Claims, ContactSource::Proof, ContactSource::Directory, ContactSource::Backend]
        .into_iter()
        .find(|source| source.as_str() == text)
}

#[derive(Deserialize, Serialize)]
struct IdentityRecord<'a> {
    #[serde(borrow)]
    user: Cow<'a, str>,
    #[serde(borrow)]
    app: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<Cow<'a, str>>,
    /// In place of both: which of them it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forgotten: Option<Cow<'a, str>>,
    #[serde(borrow)]
    proof: Cow<'a, str>,
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verified_at: Option<i64>,
    #[serde(borrow)]
    locale: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    consent_reference: Option<Cow<'a, str>>,
}

#[derive(Deserialize, Serialize)]
struct AttemptRecord<'a> {
    #[serde(borrow)]
    session: Cow<'a, str>,
    #[serde(borrow)]
    channel: Cow<'a, str>,
    #[serde(borrow)]
    state: Cow<'a, str>,
    created_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    success: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    issued: Option<IssuedRecord<'a>>,
}

impl<'a> AttemptRecord<'a> {
    fn new(attempt: &'a Attempt) -> Self {
        Self {
            session: attempt.session.as_str().into(),
            channel: attempt.channel.as_str().into(),
            state: attempt.state.as_str().into(),
            created_at: millis(attempt.created_at),
            success: attempt.redirects.as_ref().map(|urls| urls.success().into()),
            failure: attempt.redirects.as_ref().map(|urls| urls.failure().into()),
            issued: attempt.issued.as_ref().map(IssuedRecord::new),
        }
    }

    fn read(self) -> Result<Attempt, StoreError> {
        let damaged = || StoreError::Corrupt("attempts");
        let redirects = match (self.success, self.failure) {
            (Some(success), Some(failure)) => {
                Some(RedirectUrls::remembered(success.into_owned(), failure.into_owned()))
            }
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(damaged()),
        };
        Ok(Attempt {
            session: SessionId::parse(&self.session).map_err(|_| damaged())?,
            channel: Channel::parse(&self.channel).ok_or_else(damaged)?,
            redirects,
            state: AttemptState::parse(&self.state).ok_or_else(damaged)?,
            created_at: timestamp(self.created_at, "attempts")?,
            issued: self.issued.map(IssuedRecord::read).transpose()?,
        })
    }
}

#[derive(Deserialize, Serialize)]
struct IssuedRecord<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sdk_token: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    launch_url: Option<Cow<'a, str>>,
    expires_at: i64,
}

impl<'a> IssuedRecord<'a> {
    fn new(issued: &'a IssuedCredential) -> Self {
        let [sdk_token, launch_url] = Self::secrets(issued).map(|it| it.map(Cow::from));
        Self { sdk_token, launch_url, expires_at: millis(issued.expires_at) }
    }

    /// SDK token and launch URL; neither, once it is forgotten.
    fn secrets(issued: &IssuedCredential) -> [Option<&str>; 2] {
        match &issued.credential {
            Credential::SdkToken(token) => [Some(token.expose_secret()), None],
            Credential::LaunchUrl(url) => [None, Some(url.expose_secret())],
            Credential::Forgotten => [None, None],
        }
    }

    fn read(self) -> Result<IssuedCredential, StoreError> {
        let secret = |text: Cow<'_, str>| SecretString::from(text.into_owned());
        let credential = match (self.sdk_token, self.launch_url) {
            (Some(token), None) => Credential::SdkToken(secret(token)),
            (None, Some(url)) => Credential::LaunchUrl(secret(url)),
            (None, None) => Credential::Forgotten,
            (Some(_), Some(_)) => return Err(StoreError::Corrupt("attempts")),
        };
        Ok(IssuedCredential { credential, expires_at: timestamp(self.expires_at, "attempts")? })
    }
}

#[derive(Deserialize, Serialize)]
struct ProgressRecord<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    unconfirmed: Option<UnconfirmedRecord<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    partial_since: Option<i64>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    submission: Option<SubmissionRecord<'a>>,
}

#[derive(Deserialize, Serialize)]
struct UnconfirmedRecord<'a> {
    #[serde(borrow)]
    standing: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    since: i64,
}

impl UnconfirmedRecord<'_> {
    fn new((standing, since): (Standing, Timestamp)) -> Self {
        let (standing, reason) = match standing {
            Standing::Processing => ("processing", None),
            Standing::PartiallyCompleted => ("partially_completed", None),
            Standing::Approved => ("approved", None),
            Standing::Rejected(reason) => ("rejected", Some(reason.as_str().into())),
            Standing::Failed(reason) => ("failed", Some(reason.as_str().into())),
        };
        Self { standing: standing.into(), reason, since: millis(since) }
    }

    fn read(self) -> Result<(Standing, Timestamp), StoreError> {
        let reason = self.reason.as_deref().and_then(ReasonCode::parse);
        let standing = match (&*self.standing, reason) {
            ("processing", None) => Standing::Processing,
            ("partially_completed", None) => Standing::PartiallyCompleted,
            ("approved", None) => Standing::Approved,
            ("rejected", Some(reason)) => Standing::Rejected(reason),
            ("failed", Some(reason)) => Standing::Failed(reason),
            (_, _) => return Err(StoreError::Corrupt("progress")),
        };
        Ok((standing, timestamp(self.since, "progress")?))
    }
}

#[derive(Deserialize, Serialize)]
struct SubmissionRecord<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    result: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    processed_at: Option<i64>,
}

impl<'a> SubmissionRecord<'a> {
    fn new(submission: &'a Submission) -> Self {
        Self {
            id: submission.id.as_str().into(),
            status: submission.status.as_str().into(),
            result: submission.result.as_ref().map(|result| result.as_str().into()),
            reason: submission.reason_code.as_deref().map(Cow::from),
            processed_at: submission.processed_at.map(millis),
        }
    }

    fn read(self) -> Result<Submission, StoreError> {
        let damaged = StoreError::Corrupt("progress");
        Ok(Submission {
            id: SubmissionId::parse(&self.id).map_err(|_| damaged)?,
            status: SubmissionStatus::parse(&self.status),
            result: self.result.as_deref().map(SubmissionResult::parse),
            reason_code: self.reason.map(Cow::into_owned),
            processed_at: self
                .processed_at
                .map(|processed_at| timestamp(processed_at, "progress"))
                .transpose()?,
        })
    }
}
