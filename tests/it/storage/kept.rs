//! Kept callbacks for operators, and the end of their time.

use gerbang::{
    domain::{AsideReason, CallbackState, Pii, Retention},
    storage::{CallbackFingerprint, NewCallback, Store},
};

use jiff::SignedDuration;

use super::bed::{at, callback, issued, policy, report, valid};

const DAY: i64 = 24 * 60;

fn unreadable(minutes: i64) -> NewCallback {
    NewCallback {
        body: Pii::new(b"what only a later version can read".to_vec()),
        fingerprint: CallbackFingerprint::default(),
        received_at: at(minutes),
    }
}

pub(super) async fn what_is_left_over_is_listed_newest_first(store: &dyn Store) {
    let (verification, session) = issued(store, "cust-1").await;
    let said = report("sub-1", "cust-1", Some(&session), valid());
    let done = store.keep_callback(callback(&said, 0)).await.unwrap();
    store.apply_callback(done, said, at(0), policy()).await.unwrap();
    let orphan = report("sub-2", "cust-1", None, valid());
    let parked = store.keep_callback(callback(&orphan, 1)).await.unwrap();
    store.apply_callback(parked, orphan, at(1), policy()).await.unwrap();
    let aside = store.keep_callback(unreadable(2)).await.unwrap();
    store.set_callback_aside(aside, AsideReason::Unreadable).await.unwrap();

    let left = store.list_callbacks(None, None, 10).await.unwrap();
    let older = store.list_callbacks(None, Some(aside), 10).await.unwrap();
    let of_state = store.list_callbacks(Some(CallbackState::Done), None, 10).await.unwrap();
    let one = store.list_callbacks(Some(CallbackState::Aside), None, 1).await.unwrap();

    assert_eq!(left.iter().map(|it| it.id).collect::<Vec<_>>(), [aside, parked]);
    assert_eq!(older.iter().map(|it| it.id).collect::<Vec<_>>(), [parked]);
    assert_eq!((left[0].reason, left[0].due_at), (Some(AsideReason::Unreadable), None));
    assert_eq!((left[1].state, left[1].verification), (CallbackState::Parked, None));
    assert_eq!((of_state[0].id, of_state[0].verification), (done, Some(verification.id)));
    assert_eq!((one.len(), store.find_callback(aside).await.unwrap()), (1, Some(one[0])));
}

pub(super) async fn a_replayed_one_is_due_at_once_whatever_became_of_it(store: &dyn Store) {
    let aside = store.keep_callback(unreadable(0)).await.unwrap();
    store.set_callback_aside(aside, AsideReason::Failing).await.unwrap();

    let found = store.replay_callback(aside, at(5)).await.unwrap();

    let due = store.due_callbacks(at(5), 10).await.unwrap();
    let seen = store.find_callback(aside).await.unwrap().unwrap();
    assert!(found);
    assert_eq!((due.len(), due[0].id, due[0].tries), (1, aside, 0));
    assert_eq!((seen.state, seen.reason), (CallbackState::Pending, None));
    let nobody = gerbang::domain::CallbackId::new(at(0));
    assert!(!store.replay_callback(nobody, at(5)).await.unwrap());
    assert!(store.find_callback(nobody).await.unwrap().is_none());
}

pub(super) async fn one_aside_that_comes_again_and_can_be_read_now_is_applied(store: &dyn Store) {
    let aside = store.keep_callback(unreadable(0)).await.unwrap();
    store.set_callback_aside(aside, AsideReason::Unreadable).await.unwrap();
    let (_, session) = issued(store, "cust-1").await;
    let mut readable = unreadable(9);
    readable.fingerprint =
        callback(&report("sub-1", "cust-1", Some(&session), valid()), 9).fingerprint;

    let again = store.keep_callback(readable).await.unwrap();

    let due = store.due_callbacks(at(9), 10).await.unwrap();
    let seen = store.find_callback(again).await.unwrap().unwrap();
    assert_eq!((due.len(), due[0].id), (1, again));
    assert_eq!((seen.state, seen.deliveries), (CallbackState::Pending, 2));
    assert!(seen.verification.is_some(), "it is found by what it names");
}

pub(super) async fn applied_and_aside_ones_are_forgotten_in_time_and_others_never(
    store: &dyn Store,
) {
    let (_, session) = issued(store, "cust-1").await;
    let mut done = Vec::new();
    for number in 0..3 {
        let said = report(&format!("sub-{number}"), "cust-1", Some(&session), valid());
        let id = store.keep_callback(callback(&said, number)).await.unwrap();
        store.apply_callback(id, said.clone(), at(number), policy()).await.unwrap();
        done.push((id, said));
    }
    // The last one comes again much later.
    store.keep_callback(callback(&done[2].1, 20 * DAY)).await.unwrap();
    let aside = store.keep_callback(unreadable(0)).await.unwrap();
    store.set_callback_aside(aside, AsideReason::Unreadable).await.unwrap();
    let waiting = store.keep_callback(callback(&report("sub-9", "cust-9", None, valid()), 0)).await;
    let waiting = waiting.unwrap();

    let early = store.forget_callbacks(&Retention::default(), at(30 * DAY - 1), 10).await.unwrap();
    let first = store.forget_callbacks(&Retention::default(), at(30 * DAY + 2), 1).await.unwrap();
    let second = store.forget_callbacks(&Retention::default(), at(30 * DAY + 2), 10).await.unwrap();
    let third = store.forget_callbacks(&Retention::default(), at(50 * DAY + 1), 10).await.unwrap();
    let before_last = store.find_callback(aside).await.unwrap();
    let last = store.forget_callbacks(&Retention::default(), at(90 * DAY + 1), 10).await.unwrap();

    assert_eq!([early, first, second, third, last], [0, 1, 1, 1, 1]);
    assert!(before_last.is_some() && store.find_callback(aside).await.unwrap().is_none());
    assert!(store.find_callback(waiting).await.unwrap().is_some());
}

pub(super) async fn those_aside_are_forgotten_though_others_are_kept_for_longer(store: &dyn Store) {
    let (_, session) = issued(store, "cust-1").await;
    let said = report("sub-1", "cust-1", Some(&session), valid());
    let done = store.keep_callback(callback(&said, 0)).await.unwrap();
    store.apply_callback(done, said, at(0), policy()).await.unwrap();
    let aside = store.keep_callback(unreadable(0)).await.unwrap();
    store.set_callback_aside(aside, AsideReason::Unreadable).await.unwrap();
    let callbacks = SignedDuration::from_hours(120 * 24);
    let retention = Retention { callbacks, ..Retention::default() };

    let first = store.forget_callbacks(&retention, at(90 * DAY + 1), 10).await.unwrap();
    let kept = store.find_callback(done).await.unwrap();
    let last = store.forget_callbacks(&retention, at(120 * DAY + 1), 10).await.unwrap();

    assert_eq!((first, kept.is_some(), last), (1, true, 1));
    for gone in [aside, done] {
        assert!(store.find_callback(gone).await.unwrap().is_none());
    }
}
