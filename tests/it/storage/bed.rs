//! What the tests of the store share: a database of their own, a fixed time, things to put in.

use gerbang::{
    domain::{
        AppId, AttemptState, Channel, Contact, ContactSource, Credential, DetailsAnswer,
        EmailAddress, IssuedCredential, Locale, News, PhoneNumber, Pii, Policy, RedirectUrls,
        SessionId, Submission, SubmissionId, SubmissionReport, SubmissionResult, SubmissionStatus,
        UserId, Verification, VerificationId, VerificationReference, VerifiedContact, Wanted,
    },
    storage::{CallbackFingerprint, NewCallback, Opened, Recorded, Store, Subscription},
};
use jiff::{SignedDuration, Timestamp};

/// `minutes` after the tests' beginning of time.
pub(super) fn at(minutes: i64) -> Timestamp {
    let begin = Timestamp::from_second(1_800_000_000).unwrap();
    begin + SignedDuration::from_mins(minutes)
}

/// The rules, as they come.
pub(super) fn policy() -> Policy {
    Policy::default()
}

/// A phone that the partner verified.
pub(super) fn phone(number: &str) -> VerifiedContact {
    verified(Contact::Phone(PhoneNumber::parse(number).unwrap()))
}

/// An email that the partner verified.
pub(super) fn email(address: &str) -> VerifiedContact {
    verified(Contact::Email(EmailAddress::parse(address).unwrap()))
}

fn verified(contact: Contact) -> VerifiedContact {
    VerifiedContact {
        contact,
        reference: VerificationReference::parse("otp-canary-31337").unwrap(),
        source: ContactSource::Claims,
        verified_at: Some(at(-5)),
    }
}

pub(super) fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

/// A wish to start with everything that can be given.
pub(super) fn wanted(name: &str) -> Wanted {
    let urls = |end: &str| format!("https://app.example.com/canary/{end}");
    Wanted {
        user: user(name),
        app: AppId::parse("mobile-canary-app").unwrap(),
        contact: phone("+62 812-7777-4242"),
        once: None,
        channel: Channel::Sdk,
        locale: Locale::English,
        redirects: Some(RedirectUrls::remembered(urls("ok"), urls("no"))),
        reference: Some("canary-partner-reference".to_owned()),
        consent_reference: Some("canary-consent-reference".to_owned()),
    }
}

/// A credential that lasts until `expires`.
pub(super) fn credential(secret: &str, expires: Timestamp) -> IssuedCredential {
    IssuedCredential { credential: Credential::SdkToken(secret.into()), expires_at: expires }
}

/// Opens with the usual rules.
pub(super) async fn open(store: &dyn Store, wanted: Wanted, minutes: i64) -> Opened {
    store.open(wanted, false, at(minutes), policy()).await.unwrap()
}

/// Starts a verification for a user who has none.
pub(crate) async fn started(store: &dyn Store, name: &str) -> (Verification, SessionId) {
    attempt_of(open(store, wanted(name), 0).await)
}

/// Starts one and lets the provider give a credential for a day.
pub(super) async fn issued(store: &dyn Store, name: &str) -> (Verification, SessionId) {
    let (verification, session) = started(store, name).await;
    let recorded = issue(store, &verification, &session, 0).await;
    (recorded.verification, session)
}

/// The provider gives a credential for a day.
pub(super) async fn issue(
    store: &dyn Store,
    verification: &Verification,
    session: &SessionId,
    minutes: i64,
) -> Recorded {
    let issued = credential("canary-sdk-token", at(minutes + 24 * 60));
    record(store, verification.id, News::AttemptIssued(session.clone(), issued), minutes).await
}

/// Records an event of a verification that is there.
pub(super) async fn record(
    store: &dyn Store,
    id: VerificationId,
    news: News,
    minutes: i64,
) -> Recorded {
    store.record(id, news, at(minutes), policy()).await.unwrap().unwrap()
}

/// Looks up a verification that is there.
pub(super) async fn find(store: &dyn Store, id: VerificationId) -> Verification {
    store.find(id).await.unwrap().unwrap()
}

/// The new attempt of an answer that must hold one.
#[track_caller]
pub(super) fn attempt_of(opened: Opened) -> (Verification, SessionId) {
    match opened {
        Opened::Attempt(verification, session) => (verification, session),
        other => panic!("no attempt: {other:?}"),
    }
}

/// The states of a verification's attempts, oldest first.
pub(super) fn states(verification: &Verification) -> Vec<AttemptState> {
    verification.attempts.iter().map(|attempt| attempt.state).collect()
}

/// A statement of the provider: which submission, of whom, from which session, and what it says.
pub(super) fn report(
    submission: &str,
    name: &str,
    session: Option<&SessionId>,
    says: (SubmissionStatus, Option<SubmissionResult>),
) -> SubmissionReport {
    let body = format!(
        r#"{{"submissionId":"{submission}","status":"{}","ktpData":{{"nik":"9901015403920001","name":"CANARY NAME"}}}}"#,
        says.0.as_str()
    );
    SubmissionReport {
        submission: Submission {
            id: SubmissionId::parse(submission).unwrap(),
            status: says.0,
            result: says.1,
            reason_code: Some("CANARY_REASON".to_owned()),
            processed_at: Some(at(1)),
        },
        session: session.cloned(),
        user: Some(Pii::new(name.to_owned())),
        user_type_fits: Some(true),
        any_check_failed: false,
        body: Pii::new(body.into_bytes()),
    }
}

/// Identity passed, certificate issued.
pub(super) fn valid() -> (SubmissionStatus, Option<SubmissionResult>) {
    (SubmissionStatus::Completed, Some(SubmissionResult::Valid))
}

/// Identity passed, certificate to come.
pub(super) fn partial() -> (SubmissionStatus, Option<SubmissionResult>) {
    (SubmissionStatus::PartiallyCompleted, Some(SubmissionResult::Valid))
}

/// The provider says no.
pub(super) fn invalid() -> (SubmissionStatus, Option<SubmissionResult>) {
    (SubmissionStatus::Completed, Some(SubmissionResult::Invalid))
}

/// The details say what `report` says.
pub(super) fn details(report: SubmissionReport) -> News {
    News::DetailsRead(DetailsAnswer::Found(report))
}

/// A callback with the body of `report`.
pub(super) fn callback(report: &SubmissionReport, minutes: i64) -> NewCallback {
    NewCallback {
        body: report.body.clone(),
        fingerprint: CallbackFingerprint {
            session: report.session.clone(),
            submission: Some(report.submission.id.clone()),
            user: report.user.clone(),
            status: Some(report.submission.status.clone()),
        },
        received_at: at(minutes),
    }
}

/// Waits until the waiter is told; fails should that never happen.
pub(super) async fn told(mut waiter: Subscription) {
    let limit = std::time::Duration::from_secs(10);
    tokio::time::timeout(limit, waiter.changed()).await.expect("nobody told the waiter");
}
