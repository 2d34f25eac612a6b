//! What is due by the clock.

use gerbang::{
    domain::{AttemptState, News, ReasonCode, Status},
    storage::Store,
};

use super::bed::{
    at, attempt_of, details, email, find, issued, open, partial, policy, record, report, started,
    states, told, user, wanted,
};

pub(super) async fn a_due_read_is_claimed_by_one_and_comes_back(store: &dyn Store) {
    let (verification, _) = issued(store, "cust-1").await;
    let due = verification.reads.next_at.unwrap();
    let claim = |at| store.claim_due_reads(at, 10);
    let later = |seconds| due + jiff::SignedDuration::from_secs(seconds);

    let early = claim(later(-1)).await.unwrap();
    let claimed = claim(due).await.unwrap();
    let second = claim(later(59)).await.unwrap();
    let after_a_crash = claim(later(60)).await.unwrap();

    assert!(early.is_empty());
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].id, verification.id);
    assert!(second.is_empty());
    assert_eq!(after_a_crash.len(), 1);
}

pub(super) async fn due_reads_come_oldest_first_and_bounded(store: &dyn Store) {
    let mut due = Vec::new();
    for minutes in [3, 1, 2] {
        let name = format!("cust-{minutes}");
        let (verification, session) = attempt_of(open(store, wanted(&name), minutes).await);
        let recorded = super::bed::issue(store, &verification, &session, minutes).await;
        due.push((recorded.verification.reads.next_at, verification.id));
    }
    due.sort();

    let claimed = store.claim_due_reads(at(24 * 60), 2).await.unwrap();

    let ids: Vec<_> = claimed.iter().map(|verification| verification.id).collect();
    assert_eq!(ids, [due[0].1, due[1].1]);
}

pub(super) async fn what_outlived_its_time_expires_once(store: &dyn Store) {
    let (verification, _) = issued(store, "cust-1").await;
    let (waiting, session) = issued(store, "cust-2").await;
    let news = details(report("sub-2", "cust-2", Some(&session), partial()));
    record(store, waiting.id, news, 1).await;
    let waiter = store.changes().subscribe(verification.id);
    let expire = |minutes| store.expire_due(at(minutes), 10, policy());

    let early = expire(24 * 60 - 1).await.unwrap();
    let expired = expire(24 * 60).await.unwrap();
    let again = expire(24 * 60 + 1).await.unwrap();

    assert!(early.is_empty());
    assert_eq!(expired.len(), 1);
    assert_eq!(expired[0].verification.id, verification.id);
    assert!(again.is_empty());
    let read = find(store, verification.id).await;
    assert_eq!((read.status, read.reason), (Status::Expired, Some(ReasonCode::TimedOut)));
    assert_eq!(find(store, waiting.id).await.status, Status::PartiallyCompleted);
    told(waiter).await;
}

pub(super) async fn an_announced_result_keeps_it_open_until_confirming_ends(store: &dyn Store) {
    let (verification, session) = issued(store, "cust-1").await;
    let announced = report("sub-1", "cust-1", Some(&session), super::bed::valid());
    record(store, verification.id, News::CalledBack(announced), 1).await;

    let at_the_end_of_its_life = store.expire_due(at(24 * 60), 10, policy()).await.unwrap();
    let at_the_end_of_waiting = store.expire_due(at(72 * 60 + 1), 10, policy()).await.unwrap();

    assert!(at_the_end_of_its_life.is_empty());
    assert_eq!(at_the_end_of_waiting.len(), 1);
    let read = find(store, verification.id).await;
    assert_eq!((read.status, read.reason), (Status::Failed, Some(ReasonCode::ResultUnconfirmed)));
    assert!(read.settled_unconfirmed);
}

pub(super) async fn one_that_is_given_longer_holds_no_other_up(store: &dyn Store) {
    let (announced, session) = issued(store, "cust-1").await;
    let said = report("sub-1", "cust-1", Some(&session), super::bed::valid());
    record(store, announced.id, News::CalledBack(said), 1).await;
    let confirm_for = policy().confirm_for + jiff::SignedDuration::from_hours(96);
    let longer = gerbang::domain::Policy { confirm_for, ..policy() };
    let (other, _) = issued(store, "cust-2").await;
    let late = at(72 * 60 + 1);

    // One at a time, the longest due first.
    let mut expired = Vec::new();
    for _ in 0..3 {
        expired.extend(store.expire_due(late, 1, longer).await.unwrap());
    }

    let expired: Vec<_> = expired.iter().map(|it| it.verification.id).collect();
    assert_eq!(expired, [other.id]);
    assert!(!find(store, announced.id).await.status.is_closed());
}

pub(super) async fn attempts_under_way_at_a_crash_become_unknown(store: &dyn Store) {
    let (lost, _) = started(store, "cust-1").await;
    let (kept, _) = issued(store, "cust-2").await;
    // Closed meanwhile, so that no clock will ever bring it up again.
    let (superseded, _) = started(store, "cust-3").await;
    let mut other_contact = wanted("cust-3");
    other_contact.contact = email("someone@example.com");
    let (newer, _) = attempt_of(open(store, other_contact, 1).await);

    let count = store.recover(at(1), policy()).await.unwrap();
    let again = store.recover(at(1), policy()).await.unwrap();

    assert_eq!((count, again), (3, 0));
    for lost in [lost.id, superseded.id, newer.id] {
        assert_eq!(states(&find(store, lost).await), [AttemptState::Unknown]);
    }
    assert_eq!(states(&find(store, kept.id).await), [AttemptState::Issued]);
    assert!(store.list(user("cust-1"), None, 10).await.unwrap().items.is_empty());
}

pub(super) async fn reads_claimed_before_a_crash_are_given_back(store: &dyn Store) {
    let (verification, _) = issued(store, "cust-1").await;
    let due = verification.reads.next_at.unwrap();
    store.claim_due_reads(due, 10).await.unwrap();

    let lost = store.recover(due, policy()).await.unwrap();
    let claimed = store.claim_due_reads(due, 10).await.unwrap();

    assert_eq!(lost, 0);
    assert_eq!(claimed.len(), 1);
}

pub(super) async fn the_end_of_life_comes_although_a_read_is_claimed(store: &dyn Store) {
    let (verification, _) = issued(store, "cust-1").await;
    let claimed = store.claim_due_reads(at(24 * 60), 10).await.unwrap();

    let expired = store.expire_due(at(24 * 60), 10, policy()).await.unwrap();

    assert_eq!(claimed.len(), 1);
    assert_eq!(expired.len(), 1);
    // One last look, at once: the user may have captured in the last moment.
    assert_eq!(find(store, verification.id).await.reads.next_at, Some(at(24 * 60)));
    assert_eq!(store.claim_due_reads(at(24 * 60), 10).await.unwrap().len(), 1);
}
