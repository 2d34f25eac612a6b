//! What must hold whatever happens, in whatever order.

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::{
    Alarm, AppId, Attempt, CaptureOutcome, Channel, Contact, ContactSource, Credential,
    DetailsAnswer, IssuedCredential, Locale, Moment, News, NextAction, PhoneNumber, Pii, Policy,
    ReasonCode, SessionId, Status, Submission, SubmissionId, SubmissionReport, SubmissionResult,
    SubmissionStatus, UserId, Verification, VerificationReference, VerifiedContact, Wanted,
};

pub(super) fn moment(seconds: i64) -> Moment {
    let at = Timestamp::from_second(1_800_000_000 + seconds).unwrap();
    Moment { at, policy: Policy::default(), newer_open: false }
}

pub(super) fn started() -> Verification {
    let contact = VerifiedContact {
        contact: Contact::Phone(PhoneNumber::parse("081234567890").unwrap()),
        reference: VerificationReference::parse("otp-1").unwrap(),
        source: ContactSource::Claims,
        verified_at: None,
    };
    let wanted = Wanted {
        user: UserId::parse("cust-1").unwrap(),
        app: AppId::parse("app").unwrap(),
        contact,
        once: None,
        channel: Channel::Sdk,
        locale: Locale::Indonesian,
        redirects: None,
        reference: None,
        consent_reference: None,
    };
    wanted.into_verification(SessionId::new(), &moment(0))
}

pub(super) fn issued() -> Verification {
    let mut verification = started();
    let session = verification.attempts[0].session.clone();
    let news = News::AttemptIssued(session, credential(86_400 * 60));
    verification.apply(news, &moment(1));
    verification
}

pub(super) fn credential(life: i64) -> IssuedCredential {
    IssuedCredential {
        credential: Credential::SdkToken(SecretString::from("token")),
        expires_at: moment(life).at,
    }
}

pub(super) fn report(
    status: SubmissionStatus,
    result: Option<SubmissionResult>,
) -> SubmissionReport {
    SubmissionReport {
        submission: Submission {
            id: SubmissionId::parse("sub-1").unwrap(),
            status,
            result,
            reason_code: None,
            processed_at: None,
        },
        session: None,
        user: Some(Pii::new("cust-1".to_owned())),
        user_type_fits: Some(true),
        any_check_failed: false,
        body: Pii::new(Vec::new()),
    }
}

fn valid() -> SubmissionReport {
    report(SubmissionStatus::Completed, Some(SubmissionResult::Valid))
}

fn invalid() -> SubmissionReport {
    report(SubmissionStatus::Completed, Some(SubmissionResult::Invalid))
}

fn partial() -> SubmissionReport {
    report(SubmissionStatus::PartiallyCompleted, Some(SubmissionResult::Valid))
}

pub(super) fn found(report: SubmissionReport) -> News {
    News::DetailsRead(DetailsAnswer::Found(report))
}

#[test]
fn a_callback_alone_approves_nothing() {
    let mut verification = issued();

    verification.apply(News::CalledBack(valid()), &moment(60));

    assert_eq!(verification.status, Status::Processing);
    assert_eq!(verification.reads.next_at, Some(moment(60).at));
}

#[test]
fn details_confirm_what_a_callback_announced() {
    let mut verification = issued();
    verification.apply(News::CalledBack(valid()), &moment(60));

    verification.apply(found(valid()), &moment(61));

    assert_eq!(verification.status, Status::Approved);
    assert_eq!(verification.reads.next_at, None);
    assert!(!verification.settled_unconfirmed);
}

#[test]
fn a_forged_approval_ends_as_the_details_say() {
    let mut verification = issued();
    verification.apply(News::CalledBack(valid()), &moment(60));

    let effect = verification.apply(found(invalid()), &moment(61));

    assert_eq!(verification.status, Status::Rejected);
    assert_eq!(effect.alarms, [Alarm::ConflictingResult]);
}

#[test]
fn older_details_than_the_callback_are_not_readable_yet() {
    let mut verification = issued();
    verification.apply(News::CalledBack(valid()), &moment(60));

    verification.apply(found(partial()), &moment(61));

    assert_eq!(verification.status, Status::Processing);
    assert!(verification.reads.next_at.is_some());
}

#[test]
fn an_approval_that_is_never_confirmed_ends_as_failed() {
    let mut verification = issued();
    verification.apply(News::CalledBack(valid()), &moment(60));

    let effect = verification.apply(News::ReadFailed, &moment(60 + 72 * 3600));

    assert_eq!(verification.status, Status::Failed);
    assert_eq!(verification.reason, Some(ReasonCode::ResultUnconfirmed));
    assert!(verification.settled_unconfirmed);
    assert_eq!(effect.alarms, [Alarm::Unconfirmed]);
}

#[test]
fn a_rejection_that_is_never_confirmed_takes_effect() {
    let mut verification = issued();
    verification.apply(News::CalledBack(invalid()), &moment(60));

    verification.apply(News::ReadFailed, &moment(60 + 72 * 3600));

    assert_eq!(verification.status, Status::Rejected);
    assert!(verification.settled_unconfirmed);
}

#[test]
fn without_confirmation_the_first_final_callback_counts() {
    let mut verification = issued();
    let policy = Policy { confirm: false, ..Policy::default() };
    let trusting = Moment { policy, ..moment(60) };

    verification.apply(News::CalledBack(valid()), &trusting);
    let effect = verification.apply(News::CalledBack(invalid()), &trusting);

    assert_eq!(verification.status, Status::Approved);
    assert_eq!(effect.alarms, [Alarm::ConflictingResult]);
}

#[test]
fn a_statement_about_another_user_changes_nothing() {
    let mut verification = issued();
    let mut other = valid();
    other.user = Some(Pii::new("cust-2".to_owned()));

    let called = verification.apply(News::CalledBack(other.clone()), &moment(60));
    let read = verification.apply(found(other), &moment(61));

    assert_eq!(verification.status, Status::Pending);
    assert_eq!(
        (called.alarms, read.alarms),
        (vec![Alarm::UserMismatch], vec![Alarm::UserMismatch])
    );
}

#[test]
fn valid_with_a_failed_check_is_no_approval() {
    let mut verification = issued();
    let mut mixed = valid();
    mixed.any_check_failed = true;

    let effect = verification.apply(found(mixed), &moment(60));

    assert_eq!(verification.status, Status::Failed);
    assert_eq!(effect.alarms, [Alarm::OddResult]);
}

#[test]
fn an_unknown_status_decides_nothing_and_raises_an_alarm() {
    let mut verification = issued();
    let odd = report(SubmissionStatus::Unknown("FINISHED".into()), Some(SubmissionResult::Valid));

    let effect = verification.apply(found(odd), &moment(60));

    assert_eq!(verification.status, Status::Processing);
    assert_eq!(effect.alarms, [Alarm::OddResult]);
}

#[test]
fn a_capture_hint_turns_the_app_to_waiting_and_moves_no_status() {
    let mut verification = issued();

    verification.apply(News::Captured(CaptureOutcome::Completed), &moment(60));

    assert_eq!(verification.status, Status::Pending);
    assert_eq!(verification.next_action(moment(60).at), NextAction::Wait);
    let pause = verification.reads.next_at.unwrap().duration_since(moment(60).at);
    assert!(pause >= SignedDuration::from_secs(15) && pause <= SignedDuration::from_secs(18));
}

#[test]
fn a_failed_capture_asks_for_a_fresh_credential() {
    let mut verification = issued();

    verification.apply(News::Captured(CaptureOutcome::Failed), &moment(60));

    assert_eq!(verification.next_action(moment(60).at), NextAction::Retry);
}

#[test]
fn a_late_result_moves_expired_to_its_real_end() {
    let mut verification = issued();
    verification.apply(News::TimePassed, &moment(86_400));
    assert_eq!(verification.status, Status::Expired);

    verification.apply(News::CalledBack(valid()), &moment(90_000));
    assert_eq!(verification.status, Status::Expired);
    verification.apply(found(valid()), &moment(90_001));

    assert_eq!(verification.status, Status::Approved);
}

#[test]
fn a_late_partial_does_not_reopen_beside_a_newer_verification() {
    let mut verification = issued();
    verification.apply(News::TimePassed, &moment(86_400));
    let crowded = Moment { newer_open: true, ..moment(90_000) };

    verification.apply(found(partial()), &crowded);

    assert_eq!(verification.status, Status::Expired);
}

#[test]
fn the_end_of_its_life_is_followed_by_a_few_last_reads() {
    let mut verification = issued();
    verification.apply(News::TimePassed, &moment(86_400));
    let mut reads = 0;
    while let Some(at) = verification.reads.next_at {
        reads += 1;
        let moment = Moment { at, ..moment(0) };
        verification.apply(News::ReadFailed, &moment);
    }

    assert_eq!((verification.status, reads), (Status::Expired, 4));
}

#[test]
fn repeated_hints_put_no_read_off() {
    let mut verification = issued();
    verification.apply(News::Captured(CaptureOutcome::Completed), &moment(60));
    let first = verification.reads.next_at;

    let repeated = verification.apply(News::Captured(CaptureOutcome::Completed), &moment(70));

    assert_eq!(verification.reads.next_at, first);
    assert!(!repeated.changed && repeated.notes.is_empty());
}

#[test]
fn a_result_that_went_to_another_verification_ends_the_search_of_an_expired_one() {
    let mut verification = issued();
    verification.apply(News::TimePassed, &moment(86_400));
    verification.apply(News::CalledBack(valid()), &moment(90_000));

    verification.apply(News::DetailsRead(DetailsAnswer::Elsewhere), &moment(90_001));

    assert_eq!((verification.status, verification.unconfirmed), (Status::Expired, None));
    assert_eq!(verification.reads.next_at, None);
}

#[test]
fn a_replaced_credential_and_a_refusal_are_changes_that_callers_see() {
    let mut verification = issued();
    let attempt = Attempt::new(SessionId::new(), Channel::Sdk, None, moment(60).at);
    let session = attempt.session.clone();

    let made = verification.apply(News::AttemptMade(attempt), &moment(60));
    let refused = verification.apply(News::AttemptRefused(session), &moment(61));

    assert!(made.changed && refused.changed);
    assert_eq!(verification.next_action(moment(61).at), NextAction::Retry);
}

#[test]
fn reads_back_off_to_the_longest_pause() {
    let mut verification = issued();
    let mut pauses = Vec::new();
    for _ in 0..8 {
        verification.apply(News::ReadFailed, &moment(60));
        pauses.push(verification.reads.next_at.unwrap().duration_since(moment(60).at));
    }

    assert!(pauses[0] >= SignedDuration::from_mins(10));
    assert!(
        pauses[7] >= SignedDuration::from_mins(15) && pauses[7] <= SignedDuration::from_mins(18)
    );
}

#[test]
fn first_reads_come_in_the_order_of_the_starts_and_later_ones_are_spread() {
    let mut verifications: Vec<_> = (0..20).map(|_| issued()).collect();
    let reads = |verifications: &[Verification]| -> Vec<_> {
        verifications.iter().map(|it| it.reads.next_at.unwrap()).collect()
    };

    let first = reads(&verifications);
    assert!(first.iter().all(|at| *at == first[0]), "ten minutes after each was issued: {first:?}");
    for verification in &mut verifications {
        verification.apply(News::ReadFailed, &moment(660));
    }
    let mut later = reads(&verifications);
    later.sort_unstable();
    later.dedup();
    assert!(later.len() > 10, "{later:?}");
}
