//! Callbacks: kept before anything is made of them, applied once, parked while nothing is meant.

use gerbang::{
    domain::{AsideReason, CallbackId, Pii, Policy, SessionId, Status, SubmissionReport},
    storage::{CallbackFingerprint, CallbackOutcome, NewCallback, Store},
};
use jiff::SignedDuration;

use super::bed::{
    at, attempt_of, callback, find, issued, open, policy, report, user, valid, wanted,
};

async fn keep(store: &dyn Store, report: &SubmissionReport, minutes: i64) -> CallbackId {
    store.keep_callback(callback(report, minutes)).await.unwrap()
}

async fn apply(
    store: &dyn Store,
    id: CallbackId,
    report: SubmissionReport,
    minutes: i64,
) -> CallbackOutcome {
    store.apply_callback(id, report, at(minutes), policy()).await.unwrap()
}

async fn due(store: &dyn Store, minutes: i64) -> Vec<CallbackId> {
    let due = store.due_callbacks(at(minutes), 100).await.unwrap();
    due.into_iter().map(|callback| callback.id).collect()
}

pub(super) async fn a_callback_is_kept_then_applied_once(store: &dyn Store) {
    let (verification, session) = issued(store, "cust-1").await;
    let said = report("sub-1", "cust-1", Some(&session), valid());

    let id = keep(store, &said, 1).await;
    let waiting = store.due_callbacks(at(1), 10).await.unwrap();
    let pending = store.pending_callbacks().await.unwrap();
    let first = apply(store, id, said.clone(), 1).await;
    let second = apply(store, id, said.clone(), 1).await;

    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].body, said.body);
    assert_eq!((waiting[0].tries, waiting[0].received_at), (0, at(1)));
    assert_eq!(pending, 1);
    assert!(matches!(first, CallbackOutcome::Applied(_)), "{first:?}");
    assert!(matches!(second, CallbackOutcome::Done), "{second:?}");
    assert_eq!(store.pending_callbacks().await.unwrap(), 0);
    assert!(due(store, 60).await.is_empty());
    // It announced a result; the details have the last word.
    let read = find(store, verification.id).await;
    assert_eq!((read.status, read.captured), (Status::Processing, true));
    assert!(read.unconfirmed.is_some());
    assert!(read.submission.is_none());
}

pub(super) async fn without_confirmation_a_callback_decides(store: &dyn Store) {
    let (verification, session) = issued(store, "cust-1").await;
    let said = report("sub-1", "cust-1", Some(&session), valid());
    let id = keep(store, &said, 1).await;
    let trusting = Policy { confirm: false, ..policy() };

    store.apply_callback(id, said, at(1), trusting).await.unwrap();

    assert_eq!(find(store, verification.id).await.status, Status::Approved);
}

pub(super) async fn the_same_body_again_only_counts_up(store: &dyn Store) {
    let (_, session) = issued(store, "cust-1").await;
    let said = report("sub-1", "cust-1", Some(&session), valid());

    let first = keep(store, &said, 1).await;
    let while_pending = keep(store, &said, 2).await;
    apply(store, first, said.clone(), 3).await;
    let when_done = keep(store, &said, 4).await;

    assert_eq!([while_pending, when_done], [first, first]);
    assert!(due(store, 60).await.is_empty(), "done once is done");
}

pub(super) async fn an_orphan_is_parked_and_matched_later(store: &dyn Store) {
    let foreign = SessionId::parse("of-another-gateway").unwrap();
    let orphan = report("sub-1", "cust-1", Some(&foreign), valid());
    let id = keep(store, &orphan, 0).await;

    let outcome = apply(store, id, orphan, 0).await;
    let pending = store.pending_callbacks().await.unwrap();
    let at_once = due(store, 0).await;
    let (verification, session) = issued(store, "cust-1").await;
    let later = due(store, 1).await;
    let found = report("sub-1", "cust-1", Some(&session), valid());
    let matched = apply(store, id, found, 1).await;

    assert!(matches!(outcome, CallbackOutcome::Orphaned), "{outcome:?}");
    assert_eq!(pending, 0);
    assert!(at_once.is_empty());
    assert_eq!(later, [id]);
    assert!(matches!(matched, CallbackOutcome::Applied(_)), "{matched:?}");
    assert_eq!(find(store, verification.id).await.status, Status::Processing);
}

pub(super) async fn a_parked_body_that_comes_again_is_due_at_once(store: &dyn Store) {
    let foreign = SessionId::parse("of-another-gateway").unwrap();
    let orphan = report("sub-1", "cust-1", Some(&foreign), valid());
    let id = keep(store, &orphan, 0).await;
    for _ in 0..20 {
        apply(store, id, orphan.clone(), 0).await;
    }
    assert!(due(store, 59).await.is_empty(), "the pauses grow to an hour");

    let again = keep(store, &orphan, 10).await;

    assert_eq!(again, id);
    assert_eq!(due(store, 10).await, [id]);
    assert_eq!(store.pending_callbacks().await.unwrap(), 1);
}

pub(super) async fn orphans_live_thirty_days(store: &dyn Store) {
    let foreign = SessionId::parse("of-another-gateway").unwrap();
    let orphan = report("sub-1", "cust-1", Some(&foreign), valid());
    let id = keep(store, &orphan, 0).await;
    let days = |days: i64| days * 24 * 60;

    apply(store, id, orphan.clone(), days(30) - 1).await;
    let alive = due(store, days(30) + 60).await;
    apply(store, id, orphan.clone(), days(30)).await;
    let gone = due(store, days(60)).await;

    assert_eq!(alive, [id]);
    assert!(gone.is_empty());
    assert_ne!(keep(store, &orphan, days(61)).await, id, "nothing of it was left");
}

pub(super) async fn a_callback_finds_its_verification_by_submission_too(store: &dyn Store) {
    let (verification, session) = issued(store, "cust-1").await;
    let read = report("sub-1", "cust-1", Some(&session), super::bed::partial());
    store.settle(verification.id, read, at(1), policy()).await.unwrap();
    let said = report("sub-1", "cust-1", None, valid());
    let id = keep(store, &said, 2).await;

    let outcome = apply(store, id, said, 2).await;

    let CallbackOutcome::Applied(recorded) = outcome else { panic!("{outcome:?}") };
    assert_eq!(recorded.verification.id, verification.id);
}

pub(super) async fn a_callback_of_an_expired_one_links_to_the_open_one(store: &dyn Store) {
    let (old, session) = issued(store, "cust-1").await;
    let (new, _) = attempt_of(open(store, wanted("cust-1"), 24 * 60 + 1).await);
    let said = report("sub-1", "cust-1", Some(&session), valid());
    let id = keep(store, &said, 24 * 60 + 2).await;

    let outcome = apply(store, id, said, 24 * 60 + 2).await;

    let CallbackOutcome::Applied(recorded) = outcome else { panic!("{outcome:?}") };
    assert_eq!(recorded.verification.id, new.id);
    assert_eq!(find(store, old.id).await.status, Status::Expired);
}

pub(super) async fn one_set_aside_is_never_due_again(store: &dyn Store) {
    let unreadable = NewCallback {
        body: Pii::new(b"\xff not json".to_vec()),
        fingerprint: CallbackFingerprint::default(),
        received_at: at(0),
    };
    let id = store.keep_callback(unreadable.clone()).await.unwrap();

    store.set_callback_aside(id, AsideReason::Unreadable).await.unwrap();
    let again = store.keep_callback(unreadable).await.unwrap();

    assert_eq!(again, id);
    assert!(due(store, 60).await.is_empty());
    assert_eq!(store.pending_callbacks().await.unwrap(), 0);
}

pub(super) async fn one_put_off_waits_and_counts_the_try(store: &dyn Store) {
    let (_, session) = issued(store, "cust-1").await;
    let id = keep(store, &report("sub-1", "cust-1", Some(&session), valid()), 0).await;

    store.put_callback_off(id, at(5)).await.unwrap();

    assert!(due(store, 4).await.is_empty());
    let waiting = store.due_callbacks(at(5), 10).await.unwrap();
    assert_eq!(waiting[0].tries, 1);
    assert_eq!(store.pending_callbacks().await.unwrap(), 1, "it waits, it is not parked");
}

pub(super) async fn due_callbacks_come_oldest_first_and_bounded(store: &dyn Store) {
    let mut ids = Vec::new();
    for minutes in [3, 1, 2] {
        let body = report(&format!("sub-{minutes}"), "cust-1", None, valid());
        ids.push((minutes, keep(store, &body, minutes).await));
    }
    ids.sort_by_key(|(minutes, _)| *minutes);

    let due = store.due_callbacks(at(60), 2).await.unwrap();

    let due: Vec<_> = due.into_iter().map(|callback| callback.id).collect();
    assert_eq!(due, [ids[0].1, ids[1].1]);
    let before_any = at(0) - SignedDuration::from_secs(1);
    assert!(store.due_callbacks(before_any, 10).await.unwrap().is_empty());
    assert!(store.list(user("cust-1"), None, 1).await.unwrap().items.is_empty());
}
