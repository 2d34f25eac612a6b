//! What is sent to start a verification, by apps and by back ends.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::{
    api::{
        error::ApiError,
        extract::{object, present, present_object, present_word, word},
        problem::FieldError,
    },
    domain::{
        Channel, Contact, ContactKind, ContactSource, Locale, UserId, VerificationReference,
        VerifiedContact,
    },
    usecase::verification::{OnBehalf, StartRequest},
};

/// What an app starts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct StartVerification {
    #[serde(deserialize_with = "word")]
    channel: ChannelName,
    #[serde(default, deserialize_with = "present_word")]
    contact: Option<ContactName>,
    #[serde(default, deserialize_with = "present")]
    contact_proof: Option<String>,
    #[serde(default, deserialize_with = "present_word")]
    locale: Option<LocaleName>,
    #[serde(default, deserialize_with = "present_object")]
    redirect_urls: Option<RedirectUrls>,
    #[serde(default, deserialize_with = "present")]
    reference: Option<String>,
    #[serde(default, deserialize_with = "present")]
    consent_reference: Option<String>,
}

/// What a back end starts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct StartForUser {
    user_id: String,
    #[serde(deserialize_with = "object")]
    contact: AssertedContact,
    #[serde(deserialize_with = "word")]
    channel: ChannelName,
    #[serde(default, deserialize_with = "present_word")]
    locale: Option<LocaleName>,
    #[serde(default, deserialize_with = "present_object")]
    redirect_urls: Option<RedirectUrls>,
    #[serde(default, deserialize_with = "present")]
    reference: Option<String>,
    #[serde(default, deserialize_with = "present")]
    consent_reference: Option<String>,
}

/// A contact that the back end verified.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AssertedContact {
    #[serde(deserialize_with = "word")]
    r#type: ContactName,
    value: String,
    verification_reference_id: String,
    #[serde(default, deserialize_with = "present")]
    verified_at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ChannelName {
    Sdk,
    Web,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ContactName {
    Phone,
    Email,
}

#[derive(Deserialize)]
enum LocaleName {
    #[serde(rename = "id_ID")]
    Indonesian,
    #[serde(rename = "en_ID")]
    English,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedirectUrls {
    success: String,
    failure: String,
}

/// What both say about the verification itself.
struct Common {
    channel: ChannelName,
    locale: Option<LocaleName>,
    redirect_urls: Option<RedirectUrls>,
    reference: Option<String>,
    consent_reference: Option<String>,
}

/// The longest statement that is looked at; as long as an access token may be.
const LONGEST_PROOF: usize = 8 * 1024;

impl StartVerification {
    /// The signed statement about the contact, not believed yet; the kind of contact; the rest.
    pub(super) fn into_parts(
        self,
        language: Option<Locale>,
    ) -> Result<(Option<String>, Option<ContactKind>, StartRequest), ApiError> {
        let Self { channel, locale, redirect_urls, reference, consent_reference, .. } = self;
        let common = Common { channel, locale, redirect_urls, reference, consent_reference };
        let mut errors = common.faults();
        let fits = |proof: &String| (1..=LONGEST_PROOF).contains(&proof.len());
        if !self.contact_proof.as_ref().is_none_or(fits) {
            let detail = "Send the statement as the OTP service gave it, at most 8 KiB.";
            errors.push(fault("/contactProof", detail));
        }
        let request = common.into_request(language, errors)?;
        Ok((self.contact_proof, self.contact.map(ContactKind::from), request))
    }
}

/// How far a back end's clock may be ahead of ours.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(30);

impl StartForUser {
    /// For whom, and what.
    pub(super) fn into_parts(
        self,
        language: Option<Locale>,
        now: Timestamp,
    ) -> Result<(OnBehalf, StartRequest), ApiError> {
        let Self { channel, locale, redirect_urls, reference, consent_reference, .. } = self;
        let common = Common { channel, locale, redirect_urls, reference, consent_reference };
        let mut errors = common.faults();
        let asserted = self.contact;
        let user = UserId::parse(&self.user_id);
        if let Err(why) = &user {
            errors.push(fault("/userId", format!("Not taken: {why}.")));
        }
        let contact = Contact::parse(asserted.r#type.into(), &asserted.value);
        if let Err(why) = &contact {
            errors.push(fault("/contact/value", format!("Not taken: {why}.")));
        }
        let named = VerificationReference::parse(&asserted.verification_reference_id);
        if named.is_err() {
            let detail = "Use 1 to 128 visible ASCII characters, without spaces.";
            errors.push(fault("/contact/verificationReferenceId", detail));
        }
        let latest = now.saturating_add(CLOCKS_DIFFER).unwrap_or(now);
        if asserted.verified_at.is_some_and(|at| !(Timestamp::UNIX_EPOCH..=latest).contains(&at)) {
            let detail = "Nobody has verified anything at this time.";
            errors.push(fault("/contact/verifiedAt", detail));
        }
        let request = common.into_request(language, errors)?;
        let (Ok(user), Ok(contact), Ok(named)) = (user, contact, named) else {
            // Reported above, each at its place.
            return Err(ApiError::invalid(Vec::new()));
        };
        let verified_at = Some(asserted.verified_at.unwrap_or(now).min(now));
        let source = ContactSource::Backend;
        let contact = VerifiedContact { contact, reference: named, source, verified_at };
        Ok((OnBehalf { user, contact }, request))
    }
}

impl Common {
    /// Texts that cannot be used.
    fn faults(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut check = |pointer: &str, value: Option<&String>, most: usize| {
            let fits = |text: &String| {
                (1..=most).contains(&text.chars().count()) && !text.chars().any(is_unseen)
            };
            if !value.is_none_or(fits) {
                errors.push(fault(pointer, format!("Use 1 to {most} printable characters.")));
            }
        };
        let urls = self.redirect_urls.as_ref();
        check("/reference", self.reference.as_ref(), 64);
        check("/consentReference", self.consent_reference.as_ref(), 128);
        check("/redirectUrls/success", urls.map(|urls| &urls.success), 2048);
        check("/redirectUrls/failure", urls.map(|urls| &urls.failure), 2048);
        errors
    }

    /// The request, if nothing is wrong with it.
    fn into_request(
        self,
        language: Option<Locale>,
        errors: Vec<FieldError>,
    ) -> Result<StartRequest, ApiError> {
        if !errors.is_empty() {
            return Err(ApiError::invalid(errors));
        }
        Ok(StartRequest {
            channel: match self.channel {
                ChannelName::Sdk => Channel::Sdk,
                ChannelName::Web => Channel::Web,
            },
            locale: match self.locale {
                Some(LocaleName::Indonesian) => Locale::Indonesian,
                Some(LocaleName::English) => Locale::English,
                None => language.unwrap_or_default(),
            },
            redirects: self.redirect_urls.map(|urls| (urls.success, urls.failure)),
            reference: self.reference,
            consent_reference: self.consent_reference,
        })
    }
}

impl From<ContactName> for ContactKind {
    fn from(name: ContactName) -> Self {
        match name {
            ContactName::Phone => Self::Phone,
            ContactName::Email => Self::Email,
        }
    }
}

/// Characters that do not show, or that turn round how others show: whoever reads a reference in a
/// back office should see what is there (Unicode Technical Report 36, section 2.5).
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}'
        )
        || matches!(
            letter,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        )
        || matches!(
            letter,
            '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        )
}

fn fault(pointer: &str, detail: impl Into<String>) -> FieldError {
    FieldError { pointer: pointer.to_owned(), detail: detail.into() }
}
