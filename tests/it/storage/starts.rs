//! Starts, resumes, renewals, the cap on attempts: what a wish for a credential meets.

use futures_util::future::join_all;
use gerbang::{
    domain::{AttemptState, CaptureOutcome, Channel, Credential, News, Policy, ReasonCode, Status},
    storage::{Opened, Store},
};
use secrecy::ExposeSecret as _;

use super::bed::{
    at, attempt_of, credential, details, email, find, issue, issued, open, partial, policy, record,
    report, started, states, told, user, wanted,
};

pub(super) async fn a_start_is_read_back_as_it_was_written(store: &dyn Store) {
    let (written, session) = issued(store, "cust-1").await;

    let read = find(store, written.id).await;

    assert_eq!(format!("{read:?}"), format!("{written:?}"));
    assert_eq!(read.contact, wanted("cust-1").contact.kept());
    assert_eq!(read.user, user("cust-1"));
    assert_eq!(read.attempts[0].session, session);
    assert_eq!(read.attempts[0].redirects, wanted("cust-1").redirects);
    let issued = read.attempts[0].issued.clone().unwrap();
    let Credential::SdkToken(token) = issued.credential else { panic!("another credential") };
    assert_eq!(token.expose_secret(), "canary-sdk-token");
    assert_eq!(issued.expires_at, at(24 * 60));
}

pub(super) async fn a_hundred_starts_at_once_make_one_verification(store: &dyn Store) {
    let starts = (0..100).map(|_| open(store, wanted("cust-1"), 0));

    let opened = join_all(starts).await;

    let attempts: Vec<_> =
        opened.iter().filter(|opened| matches!(opened, Opened::Attempt(..))).collect();
    let [Opened::Attempt(only, _)] = attempts.as_slice() else { panic!("{}", attempts.len()) };
    let underway = opened
        .iter()
        .filter(|opened| matches!(opened, Opened::Underway(same) if same.id == only.id));
    assert_eq!(underway.count(), 99);
}

pub(super) async fn users_do_not_meet(store: &dyn Store) {
    let (first, _) = started(store, "cust-1").await;
    let (second, _) = started(store, "cust-2").await;

    assert_ne!(first.id, second.id);
    assert!(store.list(user("cust-3"), None, 10).await.unwrap().items.is_empty());
}

pub(super) async fn a_credential_with_life_left_is_given_again(store: &dyn Store) {
    let (verification, session) = issued(store, "cust-1").await;

    let opened = open(store, wanted("cust-1"), 5).await;

    let Opened::Resumed(same, again) = opened else { panic!("{opened:?}") };
    assert_eq!((same.id, same.attempts.len()), (verification.id, 1));
    assert_eq!(same.attempts[0].session, session);
    assert_eq!(again.expires_at, at(24 * 60));
}

pub(super) async fn a_failed_credential_is_replaced_after_asking(store: &dyn Store) {
    let (verification, first) = issued(store, "cust-1").await;
    record(store, verification.id, News::Captured(CaptureOutcome::Failed), 1).await;
    let mut wish = wanted("cust-1");
    wish.channel = Channel::Web;

    let not_asked = open(store, wish.clone(), 2).await;
    let asked = store.open(wish, true, at(2), policy()).await.unwrap();

    assert!(matches!(not_asked, Opened::AskFirst(_)), "{not_asked:?}");
    let (again, second) = attempt_of(asked);
    assert_eq!(again.id, verification.id);
    assert_ne!(second, first);
    assert_eq!(states(&again), [AttemptState::Replaced, AttemptState::Initiating]);
    assert_eq!(again.channel(), Channel::Web);
    assert_eq!(states(&find(store, again.id).await), states(&again));
}

pub(super) async fn a_verification_never_issued_is_used_by_the_next_start(store: &dyn Store) {
    let (verification, session) = started(store, "cust-1").await;
    record(store, verification.id, News::AttemptRefused(session), 0).await;
    let mut wish = wanted("cust-1");
    (wish.channel, wish.redirects) = (Channel::Web, None);

    let (again, _) = attempt_of(open(store, wish, 1).await);

    assert_eq!(again.id, verification.id);
    assert_eq!(states(&again), [AttemptState::Refused, AttemptState::Initiating]);
    assert_eq!(again.attempts[1].channel, Channel::Web);
    assert_eq!(find(store, again.id).await.attempts[1].redirects, None);
    assert!(store.list(user("cust-1"), None, 10).await.unwrap().items.is_empty());
}

pub(super) async fn another_contact_supersedes(store: &dyn Store) {
    let (old, _) = issued(store, "cust-1").await;
    let waiter = store.changes().subscribe(old.id);
    let mut wish = wanted("cust-1");
    wish.contact = email("someone@example.com");

    let (new, _) = attempt_of(open(store, wish, 1).await);

    assert_ne!(new.id, old.id);
    let old = find(store, old.id).await;
    assert_eq!((old.status, old.reason), (Status::Expired, Some(ReasonCode::Superseded)));
    told(waiter).await;
}

pub(super) async fn one_that_waits_for_its_certificate_is_not_superseded(store: &dyn Store) {
    let (old, session) = issued(store, "cust-1").await;
    let news = details(report("sub-1", "cust-1", Some(&session), partial()));
    record(store, old.id, news, 1).await;
    let mut wish = wanted("cust-1");
    wish.contact = email("someone@example.com");

    let opened = open(store, wish, 2).await;

    assert!(matches!(&opened, Opened::Captured(same) if same.id == old.id), "{opened:?}");
}

pub(super) async fn a_start_after_the_end_makes_a_new_one(store: &dyn Store) {
    let (old, _) = issued(store, "cust-1").await;

    let (new, _) = attempt_of(open(store, wanted("cust-1"), 24 * 60 + 1).await);

    assert_ne!(new.id, old.id);
    let old = find(store, old.id).await;
    assert_eq!((old.status, old.reason), (Status::Expired, Some(ReasonCode::TimedOut)));
}

pub(super) async fn the_cap_counts_issued_attempts_of_a_rolling_day(store: &dyn Store) {
    let few = Policy { attempts_per_day: 2, ..policy() };
    let (verification, first) = started(store, "cust-1").await;
    // A refused one does not count; two that were issued do, replaced or not.
    record(store, verification.id, News::AttemptRefused(first), 0).await;
    let (verification, second) = attempt_of(open(store, wanted("cust-1"), 10).await);
    issue(store, &verification, &second, 10).await;
    let renew = |minutes| store.renew(verification.id, user("cust-1"), true, at(minutes), few);
    let (_, third) = attempt_of(renew(20).await.unwrap().unwrap());
    issue(store, &verification, &third, 20).await;

    let renewed = renew(30).await.unwrap().unwrap();
    let mut wish = wanted("cust-1");
    wish.contact = email("someone@example.com");
    let restarted = store.open(wish.clone(), false, at(30), few).await.unwrap();
    let kept = find(store, verification.id).await;
    let next_day = store.open(wish, false, at(24 * 60 + 10), few).await.unwrap();

    for exhausted in [renewed, restarted] {
        let Opened::Exhausted(free_at) = exhausted else { panic!("{exhausted:?}") };
        assert_eq!(free_at, at(24 * 60 + 10));
    }
    assert_eq!(kept.status, Status::Pending, "a start that failed must not close it");
    attempt_of(next_day);
}

pub(super) async fn the_cap_counts_closed_verifications_too(store: &dyn Store) {
    let one = Policy { attempts_per_day: 1, ..policy() };
    let (verification, _) = issued(store, "cust-1").await;
    record(store, verification.id, News::Superseded, 1).await;
    let start = |minutes| store.open(wanted("cust-1"), false, at(minutes), one);

    let same_day = start(24 * 60 - 1).await.unwrap();
    let next_day = start(24 * 60).await.unwrap();
    let none_at_all = Policy { attempts_per_day: 0, ..policy() };
    let never = store.open(wanted("cust-2"), false, at(0), none_at_all).await.unwrap();

    assert!(
        matches!(same_day, Opened::Exhausted(free_at) if free_at == at(24 * 60)),
        "{same_day:?}"
    );
    attempt_of(next_day);
    assert!(matches!(never, Opened::Exhausted(_)), "{never:?}");
}

pub(super) async fn without_an_attempt_left_the_provider_is_not_even_asked(store: &dyn Store) {
    let one = Policy { attempts_per_day: 1, ..policy() };
    let two = Policy { attempts_per_day: 2, ..policy() };
    let (verification, _) = issued(store, "cust-1").await;
    let mut elsewhere = wanted("cust-1");
    elsewhere.channel = Channel::Web;
    let start = |wish, policy| store.open(wish, false, at(1), policy);
    let renew = |policy| store.renew(verification.id, user("cust-1"), false, at(1), policy);

    let resumed = start(wanted("cust-1"), one).await.unwrap();
    let started = start(elsewhere.clone(), one).await.unwrap();
    let renewed = renew(one).await.unwrap().unwrap();
    let with_one_left = [start(elsewhere, two).await.unwrap(), renew(two).await.unwrap().unwrap()];

    assert!(matches!(resumed, Opened::Resumed(..)), "no attempt is needed: {resumed:?}");
    for exhausted in [started, renewed] {
        let Opened::Exhausted(free_at) = exhausted else { panic!("{exhausted:?}") };
        assert_eq!(free_at, at(24 * 60));
    }
    for asked in with_one_left {
        assert!(matches!(asked, Opened::AskFirst(_)), "{asked:?}");
    }
}

pub(super) async fn renew_asks_first_and_never_resumes(store: &dyn Store) {
    let (verification, _) = issued(store, "cust-1").await;
    let renew = |asked| store.renew(verification.id, user("cust-1"), asked, at(1), policy());

    let not_asked = renew(false).await.unwrap().unwrap();
    let asked = renew(true).await.unwrap().unwrap();
    let meanwhile = renew(true).await.unwrap().unwrap();

    assert!(matches!(not_asked, Opened::AskFirst(_)), "{not_asked:?}");
    let (renewed, _) = attempt_of(asked);
    assert_eq!(renewed.attempts[1].redirects, wanted("cust-1").redirects);
    assert!(matches!(meanwhile, Opened::Underway(_)), "{meanwhile:?}");
}

pub(super) async fn renew_of_anothers_or_a_closed_one_hands_out_nothing(store: &dyn Store) {
    let (verification, _) = issued(store, "cust-1").await;
    let renew =
        |name, minutes| store.renew(verification.id, user(name), true, at(minutes), policy());

    let anothers = renew("cust-2", 1).await.unwrap();
    record(store, verification.id, News::Captured(CaptureOutcome::Completed), 1).await;
    let captured = renew("cust-1", 2).await.unwrap().unwrap();
    let closed = renew("cust-1", 24 * 60).await.unwrap().unwrap();

    assert!(anothers.is_none());
    assert!(matches!(captured, Opened::Captured(_)), "{captured:?}");
    assert!(matches!(closed, Opened::Closed(_)), "{closed:?}");
}

pub(super) async fn a_refused_attempt_is_replaced_once(store: &dyn Store) {
    let (verification, first) = started(store, "cust-1").await;
    let replace = |failed| store.replace_attempt(verification.id, failed, at(0), policy());

    let (replaced, second) = replace(first.clone()).await.unwrap().unwrap();
    let late = replace(first).await.unwrap();

    assert_eq!(states(&replaced), [AttemptState::Refused, AttemptState::Initiating]);
    assert_eq!(replaced.attempts[1].session, second);
    assert_eq!(replaced.attempts[1].channel, Channel::Sdk);
    assert!(late.is_none());
}

pub(super) async fn an_attempt_that_ends_wakes_those_who_wait_for_it(store: &dyn Store) {
    let (verification, session) = started(store, "cust-1").await;
    let waiter = store.changes().subscribe(verification.id);

    record(store, verification.id, News::AttemptRefused(session), 0).await;

    told(waiter).await;
}

pub(super) async fn a_late_answer_to_a_replaced_attempt_is_kept(store: &dyn Store) {
    let (verification, first) = started(store, "cust-1").await;
    record(store, verification.id, News::AttemptLost(first.clone()), 0).await;
    let opened = store.open(wanted("cust-1"), true, at(1), policy()).await.unwrap();
    let (verification, _) = attempt_of(opened);
    let late = credential("late-token", at(60));

    record(store, verification.id, News::AttemptIssued(first, late), 2).await;

    let read = find(store, verification.id).await;
    assert_eq!(states(&read), [AttemptState::Replaced, AttemptState::Initiating]);
    assert!(read.attempts[0].issued.is_some());
}
