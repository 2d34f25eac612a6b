//! Every kind of history: duplicates, reorderings, late and conflicting results, other users'
//! results, lost answers, hints, expiry, in any order and at any pace. What must hold is spelled out
//! here once more, apart from the code that keeps it.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{
    Alarm, Attempt, AttemptState, CaptureOutcome, Channel, DetailsAnswer, Effect, Moment, News,
    Pii, Policy, ReasonCode, SessionId, Standing, Status, SubmissionId, SubmissionReport,
    SubmissionResult, SubmissionStatus, Verification,
    transition_tests::{credential, found, moment, report, started},
};

/// An event, before it is known which attempts there are.
#[derive(Clone, Debug)]
enum Event {
    News(News),
    AttemptMade(Channel),
    /// The answer to one of the attempts, counted from the oldest and around.
    Issued(usize, i64),
    Refused(usize),
    Lost(usize),
}

impl Event {
    fn news(self, verification: &Verification, at: Timestamp) -> News {
        let attempts = &verification.attempts;
        let session =
            |place: usize| -> SessionId { attempts[place % attempts.len()].session.clone() };
        match self {
            Self::News(news) => news,
            Self::AttemptMade(channel) => {
                News::AttemptMade(Attempt::new(SessionId::new(), channel, None, at))
            }
            Self::Issued(place, life) => {
                let mut credential = credential(0);
                credential.expires_at = at + SignedDuration::from_secs(life);
                News::AttemptIssued(session(place), credential)
            }
            Self::Refused(place) => News::AttemptRefused(session(place)),
            Self::Lost(place) => News::AttemptLost(session(place)),
        }
    }
}

pub(super) fn any_report() -> impl Strategy<Value = SubmissionReport> {
    let status = prop_oneof![
        2 => Just(SubmissionStatus::InProgress),
        2 => Just(SubmissionStatus::PartiallyCompleted),
        5 => Just(SubmissionStatus::Completed),
        1 => Just(SubmissionStatus::Error),
        1 => Just(SubmissionStatus::Unknown("NEW".to_owned())),
    ];
    let result = prop_oneof![
        1 => Just(None),
        5 => Just(Some(SubmissionResult::Valid)),
        2 => Just(Some(SubmissionResult::Invalid)),
        1 => Just(Some(SubmissionResult::Rejected)),
        1 => Just(Some(SubmissionResult::Unknown("NEW".to_owned()))),
    ];
    let code = prop_oneof![Just(None), Just(Some("NOT_EKTP")), Just(Some("FRAUD_DETECTED"))];
    let user = prop_oneof![
        9 => Just(Some("cust-1")),
        1 => Just(Some("cust-2")),
        1 => Just(None),
    ];
    let fits = prop_oneof![8 => Just(Some(true)), 1 => Just(Some(false)), 1 => Just(None)];
    let id = prop_oneof![4 => Just("sub-1"), 1 => Just("sub-2")];
    (status, result, code, user, fits, id, prop::bool::weighted(0.15)).prop_map(
        |(status, result, code, user, fits, id, failed)| {
            let mut report = report(status, result);
            report.submission.id = SubmissionId::parse(id).unwrap();
            report.submission.reason_code = code.map(str::to_owned);
            report.user = user.map(|user| Pii::new(user.to_owned()));
            report.user_type_fits = fits;
            report.any_check_failed = failed;
            report
        },
    )
}

fn any_event() -> impl Strategy<Value = Event> {
    let outcome = prop_oneof![
        Just(CaptureOutcome::Completed),
        Just(CaptureOutcome::Cancelled),
        Just(CaptureOutcome::Failed),
    ];
    let channel = prop_oneof![Just(Channel::Sdk), Just(Channel::Web)];
    prop_oneof![
        4 => any_report().prop_map(|it| Event::News(News::CalledBack(it))),
        4 => any_report().prop_map(|it| Event::News(found(it))),
        1 => Just(Event::News(News::DetailsRead(DetailsAnswer::NotReadable))),
        1 => Just(Event::News(News::DetailsRead(DetailsAnswer::Elsewhere))),
        2 => Just(Event::News(News::ReadFailed)),
        2 => Just(Event::News(News::TimePassed)),
        1 => Just(Event::News(News::Superseded)),
        1 => outcome.prop_map(|it| Event::News(News::Captured(it))),
        1 => channel.prop_map(Event::AttemptMade),
        2 => (0_usize..4, 60_i64..100_000).prop_map(|(place, life)| Event::Issued(place, life)),
        1 => (0_usize..4).prop_map(Event::Refused),
        1 => (0_usize..4).prop_map(Event::Lost),
    ]
}

/// Short steps, hours, and now and then days.
fn any_pause() -> impl Strategy<Value = i64> {
    prop_oneof![6 => 0_i64..60, 3 => 0_i64..20_000, 1 => 0_i64..400_000]
}

/// The order of statuses, told once more.
fn rank(status: Status) -> u8 {
    match status {
        Status::Pending => 0,
        Status::Processing => 1,
        Status::Expired => 2,
        Status::PartiallyCompleted => 3,
        Status::Approved | Status::Rejected | Status::Failed => 4,
    }
}

/// Whether a statement says yes, told once more and without the code under test.
fn says_yes(report: &SubmissionReport) -> bool {
    report.submission.status == SubmissionStatus::Completed
        && report.submission.result == Some(SubmissionResult::Valid)
        && !report.any_check_failed
}

fn user_of(report: &SubmissionReport) -> Option<&str> {
    report.user.as_ref().map(|user| user.expose().as_str())
}

/// Details must name the user.
fn is_ours(report: &SubmissionReport) -> bool {
    user_of(report) == Some("cust-1") && report.user_type_fits != Some(false)
}

/// Callbacks may name nobody.
fn is_anothers(report: &SubmissionReport) -> bool {
    user_of(report) == Some("cust-2") || report.user_type_fits == Some(false)
}

/// What an event may approve with.
fn may_approve(news: &News, policy: &Policy) -> bool {
    if let News::DetailsRead(DetailsAnswer::Found(report)) = news {
        return says_yes(report) && is_ours(report);
    }
    matches!(news, News::CalledBack(report)
        if !policy.confirm && says_yes(report) && !is_anothers(report))
}

/// The end that a verification has or was promised.
pub(super) fn end_of(verification: &Verification) -> Option<(Status, Option<ReasonCode>)> {
    rank(verification.status).eq(&4).then_some((verification.status, verification.reason))
}

pub(super) fn end_told(standing: Standing) -> Option<(Status, Option<ReasonCode>)> {
    match standing {
        Standing::Approved => Some((Status::Approved, None)),
        Standing::Rejected(reason) => Some((Status::Rejected, Some(reason))),
        Standing::Failed(reason) => Some((Status::Failed, Some(reason))),
        Standing::Processing | Standing::PartiallyCompleted => None,
    }
}

/// Whether the event tells another end than the one there is, or, while there is none, than the one
/// that was announced; and whether it is about somebody else.
fn expected_alarms(before: &Verification, news: &News, policy: &Policy) -> (bool, bool) {
    let (report, others, compares_announced) = if let News::CalledBack(report) = news {
        (report, is_anothers(report), policy.confirm)
    } else if let News::DetailsRead(DetailsAnswer::Found(report)) = news {
        (report, !is_ours(report), true)
    } else {
        return (false, false);
    };
    let announced = before.unconfirmed.filter(|_| compares_announced);
    let known = end_of(before).or_else(|| announced.and_then(|(it, _)| end_told(it)));
    let told = end_told(report.standing());
    let conflict = !others && known.is_some() && told.is_some() && known != told;
    (conflict, others)
}

/// Everything that the views of apps and back ends show and events can change.
fn seen(verification: &Verification, at: Timestamp) -> String {
    let attempts: Vec<_> = verification
        .attempts
        .iter()
        .map(|it| (it.session.as_str(), it.state, it.issued.as_ref().map(|it| it.expires_at)))
        .collect();
    format!(
        "{:?} {:?} {:?} {:?} {} {} {:?} {attempts:?} {:?}",
        verification.status,
        verification.reason,
        verification.next_action(at),
        verification.expires_at(),
        verification.captured,
        verification.settled_unconfirmed,
        verification.submission,
        verification.channel(),
    )
}

fn has(effect: &Effect, alarm: Alarm) -> bool {
    effect.alarms.contains(&alarm)
}

fn check_step(
    before: &Verification,
    news: &News,
    after: &Verification,
    effect: &Effect,
    moment: &Moment,
) -> Result<(), TestCaseError> {
    prop_assert!(rank(after.status) >= rank(before.status), "a step back");
    if rank(before.status) == 4 {
        prop_assert_eq!(end_of(after), end_of(before), "a verdict changed");
        prop_assert_eq!(&after.submission, &before.submission, "a verdict's record changed");
        prop_assert_eq!(after.settled_unconfirmed, before.settled_unconfirmed);
    }
    if after.status == Status::Approved && before.status != Status::Approved {
        prop_assert!(may_approve(news, &moment.policy), "approved by {news:?}");
    }
    let differs = seen(after, moment.at) != seen(before, moment.at);
    prop_assert_eq!(after.revision, before.revision + u64::from(differs));
    prop_assert_eq!(effect.changed, differs);
    prop_assert_eq!(after.updated_at, if differs { moment.at } else { before.updated_at });
    let moved = effect.notes.iter().any(|note| note.kind == super::NoteKind::StatusChanged);
    prop_assert_eq!(moved, after.status != before.status, "the timeline tells each status");
    for note in &effect.notes {
        prop_assert_eq!((note.revision, note.status), (after.revision, after.status));
    }
    let (conflict, others) = expected_alarms(before, news, &moment.policy);
    prop_assert_eq!(has(effect, Alarm::ConflictingResult), conflict);
    prop_assert_eq!(has(effect, Alarm::UserMismatch), others);
    if others {
        prop_assert_eq!(end_of(after), end_of(before));
        prop_assert_eq!((after.captured, after.unconfirmed), (before.captured, before.unconfirmed));
    }
    if before.status == Status::Expired && moment.newer_open {
        prop_assert_ne!(after.status, Status::PartiallyCompleted, "two open ones of one user");
    }
    let superseded = matches!(news, News::Superseded) || before.status == Status::Expired;
    if before.unconfirmed.is_some() && !superseded {
        prop_assert_ne!(after.status, Status::Expired, "its end is near");
    }
    let given_up = has(effect, Alarm::Unconfirmed);
    prop_assert_eq!(after.settled_unconfirmed && !before.settled_unconfirmed, given_up);
    if given_up {
        let waited = before.unconfirmed.map(|(_, since)| moment.at.duration_since(since));
        prop_assert!(waited.is_some_and(|waited| waited >= moment.policy.confirm_for));
    }
    Ok(())
}

/// What is announced, and what is the record.
fn check_statement(
    before: &Verification,
    news: &News,
    after: &Verification,
    moment: &Moment,
) -> Result<(), TestCaseError> {
    if rank(before.status) == 4 {
        return Ok(());
    }
    if let News::CalledBack(report) = news
        && moment.policy.confirm
        && !is_anothers(report)
    {
        let told = report.standing();
        let known = before.unconfirmed.map_or(1, |(it, _)| it.rank());
        let higher = told.rank() > known && told.rank() > rank(before.status);
        let expected = if higher { Some((told, moment.at)) } else { before.unconfirmed };
        prop_assert_eq!(after.unconfirmed, expected, "the first of the highest is confirmed");
        prop_assert!(after.captured);
        let due = after.reads.next_at.filter(|_| after.unconfirmed.is_some());
        prop_assert!(after.unconfirmed.is_none() || due == Some(moment.at), "asked after at once");
        prop_assert_eq!(&after.submission, &before.submission);
    }
    if let News::DetailsRead(DetailsAnswer::Found(report)) = news
        && is_ours(report)
        && before.unconfirmed.is_none()
    {
        let older = before.status == Status::PartiallyCompleted && report.standing().rank() < 3;
        let record = if older { &before.submission } else { &Some(report.submission.clone()) };
        prop_assert_eq!(&after.submission, record, "the newest statement is the record");
        let end = end_told(report.standing());
        prop_assert!(end.is_none() || end_of(after) == end, "an end is an end");
    }
    if let News::AttemptIssued(session, _) = news {
        let is_newest = before.attempts.last().is_some_and(|it| it.session == *session);
        prop_assert_eq!(after.credential_failed, before.credential_failed && !is_newest);
    }
    Ok(())
}

/// Nothing is ever stuck: while something is open, the clock alone makes something happen to it.
fn check_future(verification: &Verification, policy: &Policy) -> Result<(), TestCaseError> {
    let (read, lapse) = (verification.reads.next_at, verification.lapses_at(policy));
    let status = verification.status;
    if rank(status) == 4 {
        prop_assert_eq!((read, lapse, verification.unconfirmed), (None, None, None));
        prop_assert_eq!(verification.reason.is_none(), status == Status::Approved);
    } else if verification.unconfirmed.is_some() {
        prop_assert!(read.is_some() && lapse.is_some(), "an announced result is asked after");
    } else if status == Status::PartiallyCompleted {
        prop_assert!(read.is_some() && verification.partial_since.is_some());
    } else if status != Status::Expired {
        prop_assert!(lapse.is_some(), "it ends");
        // Nobody can capture with what nobody was given.
        prop_assert!(read.is_some() || !verification.was_issued(), "it is read");
    }
    let usable = |it: &&Attempt| it.state == AttemptState::Issued;
    prop_assert!(verification.attempts.iter().rev().skip(1).all(|older| !usable(&older)));
    Ok(())
}

/// Lets the clock run with a provider that never answers, until the end or the certificate.
fn run_out(verification: &mut Verification, policy: Policy) -> Result<Timestamp, TestCaseError> {
    let mut now = verification.updated_at;
    for _ in 0..1_000 {
        let (read, lapse) = (verification.reads.next_at, verification.lapses_at(&policy));
        let Some(next) = read.into_iter().chain(lapse).min() else { return Ok(now) };
        if verification.status == Status::PartiallyCompleted && lapse.is_none() {
            let pause = next.duration_since(now);
            prop_assert!(pause <= SignedDuration::from_hours(30), "{pause:?}");
            return Ok(now);
        }
        now = now.max(next);
        let moment = Moment { at: now, policy, newer_open: false };
        let news = if read == Some(next) { News::ReadFailed } else { News::TimePassed };
        verification.apply(news, &moment);
    }
    Err(TestCaseError::fail("it goes on for ever"))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_happens_nothing_goes_back_is_made_up_or_gets_stuck(
        events in prop::collection::vec((any_event(), any_pause(), prop::bool::weighted(0.1)), 1..30),
        confirm in prop::bool::weighted(0.8),
    ) {
        let policy = Policy { confirm, ..Policy::default() };
        let mut verification = started();
        let mut at = moment(1).at;
        for (event, pause, newer_open) in events {
            at += SignedDuration::from_secs(pause);
            let moment = Moment { at, policy, newer_open };
            let before = verification.clone();
            let news = event.news(&verification, at);

            let effect = verification.apply(news.clone(), &moment);

            check_step(&before, &news, &verification, &effect, &moment)?;
            check_statement(&before, &news, &verification, &moment)?;
            check_future(&verification, &policy)?;
        }
        verification.updated_at = at;
        let end = run_out(&mut verification, policy)?;
        let longest = SignedDuration::from_hours(24 + 72 + 2 * 30);
        prop_assert!(end.duration_since(at) <= longest, "{:?}", end.duration_since(at));
    }
}
