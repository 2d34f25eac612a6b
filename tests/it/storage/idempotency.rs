//! Requests that carry a key: held by one go at a time, answered once.

use gerbang::{
    domain::{
        AppId, CaptureOutcome, IdempotencyKey, IssuedCredential, KeyOwner, News, Pii, RequestClaim,
        Verification,
    },
    storage::{Claimed, KeptAnswer, Store},
};
use jiff::Timestamp;

use super::bed::{
    at, attempt_of, credential, email, issued, open, policy, record, started, user, wanted,
};

/// A go at the request that everybody here means, unless it is another's.
fn go(name: &str) -> RequestClaim {
    let owner = KeyOwner::App(user(name), AppId::parse("mobile-canary-app").unwrap());
    let key = IdempotencyKey::parse("canary-idempotency-key").unwrap();
    RequestClaim::new(&owner, "start", "/v1/verifications", &key)
}

async fn claim(store: &dyn Store, claim: &RequestClaim, body: &str, minutes: i64) -> Claimed {
    let body = Pii::new(body.as_bytes().to_vec());
    store.claim_request(claim.clone(), body, at(minutes), at(minutes + 1)).await.unwrap()
}

async fn keep(
    store: &dyn Store,
    claim: &RequestClaim,
    verification: &Verification,
    credential: Option<IssuedCredential>,
    until: Timestamp,
) -> bool {
    let answer = Pii::new(b"canary answer".to_vec());
    let kept = KeptAnswer { verification: verification.id, credential, answer };
    store.keep_answer(claim.clone(), kept, until).await.unwrap()
}

/// Answers the request of `cust-1` with the credential it was given.
async fn answered(store: &dyn Store) -> Verification {
    let (verification, _) = issued(store, "cust-1").await;
    let go = go("cust-1");
    assert!(matches!(claim(store, &go, "body", 0).await, Claimed::Held));
    let given = verification.newest_attempt().unwrap().issued.clone();
    assert!(keep(store, &go, &verification, given, at(24 * 60)).await);
    verification
}

pub(super) async fn a_request_is_held_by_one_go_until_its_lease_ends(store: &dyn Store) {
    let first = claim(store, &go("cust-1"), "body", 0).await;
    let second = claim(store, &go("cust-1"), "body", 0).await;
    let other_body = claim(store, &go("cust-1"), "body ", 0).await;
    let another_users = claim(store, &go("cust-2"), "another body", 0).await;
    let after_its_lease = claim(store, &go("cust-1"), "another body", 1).await;

    assert!(matches!(first, Claimed::Held), "{first:?}");
    assert!(matches!(second, Claimed::Underway), "{second:?}");
    assert!(matches!(other_body, Claimed::OtherBody), "{other_body:?}");
    assert!(matches!(another_users, Claimed::Held), "{another_users:?}");
    assert!(matches!(after_its_lease, Claimed::Held), "{after_its_lease:?}");
}

pub(super) async fn a_released_request_is_free_at_once(store: &dyn Store) {
    let (first, second) = (go("cust-1"), go("cust-1"));
    claim(store, &first, "body", 0).await;

    store.release_request(second.clone()).await.unwrap();
    let still_held = claim(store, &second, "body", 0).await;
    store.release_request(first).await.unwrap();
    let free = claim(store, &second, "other body", 0).await;

    assert!(matches!(still_held, Claimed::Underway), "{still_held:?}");
    assert!(matches!(free, Claimed::Held), "{free:?}");
}

pub(super) async fn an_answer_is_given_again_until_its_end(store: &dyn Store) {
    let (verification, _) = started(store, "cust-1").await;
    let holder = go("cust-1");
    claim(store, &holder, "body", 0).await;
    assert!(keep(store, &holder, &verification, None, at(60)).await);
    store.release_request(holder).await.unwrap();

    let again = claim(store, &go("cust-1"), "body", 59).await;
    let other_body = claim(store, &go("cust-1"), "", 59).await;
    let after_its_end = claim(store, &go("cust-1"), "", 60).await;

    let Claimed::Answered(about, bytes) = again else { panic!("{again:?}") };
    assert_eq!((about, bytes.expose().as_slice()), (verification.id, &b"canary answer"[..]));
    assert!(matches!(other_body, Claimed::OtherBody), "{other_body:?}");
    assert!(matches!(after_its_end, Claimed::Held), "{after_its_end:?}");
}

pub(super) async fn only_the_holder_keeps_an_answer_and_only_one(store: &dyn Store) {
    let (verification, _) = started(store, "cust-1").await;
    let (late, holder) = (go("cust-1"), go("cust-1"));
    let unclaimed = keep(store, &holder, &verification, None, at(60)).await;
    claim(store, &late, "body", 0).await;
    claim(store, &holder, "body", 1).await;

    let too_late = keep(store, &late, &verification, None, at(60)).await;
    let kept = keep(store, &holder, &verification, None, at(60)).await;
    let twice = keep(store, &holder, &verification, None, at(60)).await;

    assert_eq!((unclaimed, too_late, kept, twice), (false, false, true, false));
}

pub(super) async fn a_credential_of_another_verification_is_not_kept(store: &dyn Store) {
    let (verification, _) = issued(store, "cust-1").await;
    let holder = go("cust-1");
    claim(store, &holder, "body", 0).await;

    let foreign = Some(credential("other-token", at(24 * 60)));

    assert!(!keep(store, &holder, &verification, foreign, at(60)).await);
}

pub(super) async fn an_answer_is_spent_once_its_credential_was_replaced(store: &dyn Store) {
    let verification = answered(store).await;
    let before = claim(store, &go("cust-1"), "body", 1).await;
    let renewed = store.renew(verification.id, user("cust-1"), true, at(1), policy()).await;
    attempt_of(renewed.unwrap().unwrap());

    let after = claim(store, &go("cust-1"), "body", 1).await;

    assert!(matches!(before, Claimed::Answered(..)), "{before:?}");
    assert!(matches!(after, Claimed::Spent), "{after:?}");
}

pub(super) async fn an_answer_is_spent_at_the_end_of_its_verification(store: &dyn Store) {
    answered(store).await;
    let in_time = claim(store, &go("cust-1"), "body", 24 * 60 - 1).await;
    open(store, gerbang::domain::Wanted { contact: email("a@example.com"), ..wanted("cust-1") }, 1)
        .await;

    let superseded = claim(store, &go("cust-1"), "body", 2).await;

    assert!(matches!(in_time, Claimed::Answered(..)), "{in_time:?}");
    assert!(matches!(superseded, Claimed::Spent), "{superseded:?}");
}

pub(super) async fn an_answer_is_spent_at_the_end_of_its_credential(store: &dyn Store) {
    let (verification, session) = started(store, "cust-1").await;
    let given = credential("canary-sdk-token", at(30));
    record(store, verification.id, News::AttemptIssued(session, given.clone()), 0).await;
    let holder = go("cust-1");
    claim(store, &holder, "body", 0).await;
    assert!(keep(store, &holder, &verification, Some(given), at(24 * 60)).await);

    let in_time = claim(store, &go("cust-1"), "body", 29).await;
    let over = claim(store, &go("cust-1"), "body", 30).await;

    assert!(matches!(in_time, Claimed::Answered(..)), "{in_time:?}");
    assert!(matches!(over, Claimed::Spent), "{over:?}");
}

pub(super) async fn an_answer_without_a_credential_outlives_the_capture(store: &dyn Store) {
    let (verification, _) = issued(store, "cust-1").await;
    let holder = go("cust-1");
    record(store, verification.id, News::Captured(CaptureOutcome::Completed), 1).await;
    claim(store, &holder, "body", 1).await;
    assert!(keep(store, &holder, &verification, None, at(48 * 60)).await);

    let after_its_end = claim(store, &go("cust-1"), "body", 25 * 60).await;

    assert!(matches!(after_its_end, Claimed::Answered(..)), "{after_its_end:?}");
}

pub(super) async fn what_is_over_is_forgotten_in_batches(store: &dyn Store) {
    for name in ["cust-1", "cust-2", "cust-3"] {
        claim(store, &go(name), "body", 0).await;
    }
    claim(store, &go("cust-4"), "body", 1).await;

    let early = store.forget_requests(at(0), 10).await.unwrap();
    let counts = [
        store.forget_requests(at(1), 2).await.unwrap(),
        store.forget_requests(at(1), 2).await.unwrap(),
        store.forget_requests(at(1), 2).await.unwrap(),
    ];

    assert_eq!((early, counts), (0, [2, 1, 0]));
    let kept = claim(store, &go("cust-4"), "body", 1).await;
    assert!(matches!(kept, Claimed::Underway), "{kept:?}");
}
