//! Proofs of contact that count once: for what, and for how long that is remembered.

use gerbang::{
    domain::{CaptureOutcome, News, Policy, SingleUse, VerificationReference, Wanted},
    storage::{Opened, Store},
};

use super::bed::{
    at, attempt_of, details, email, issue, open, policy, record, report, started, valid, wanted,
};

/// A wish with a proof of this name, which may be believed until `until`.
fn proven(user: &str, name: &str, until: i64) -> Wanted {
    let reference = VerificationReference::parse(name).unwrap();
    let once = SingleUse { issuer: "otp".to_owned(), reference, until: at(until) };
    Wanted { once: Some(once), ..wanted(user) }
}

pub(super) async fn a_proof_is_good_for_the_verification_it_opened(store: &dyn Store) {
    let (verification, session) = attempt_of(open(store, proven("cust-1", "otp-1", 11), 0).await);
    let underway = open(store, proven("cust-1", "otp-1", 11), 0).await;
    issue(store, &verification, &session, 0).await;

    let again = open(store, proven("cust-1", "otp-1", 11), 1).await;

    assert!(matches!(underway, Opened::Underway(_)), "{underway:?}");
    let Opened::Resumed(same, _) = again else { panic!("{again:?}") };
    assert_eq!(same.id, verification.id);
}

pub(super) async fn a_used_proof_opens_nothing_else(store: &dyn Store) {
    let (verification, session) = attempt_of(open(store, proven("cust-1", "otp-1", 11), 0).await);
    issue(store, &verification, &session, 0).await;
    let mut other_contact = proven("cust-1", "otp-1", 11);
    other_contact.contact = email("someone@example.com");
    let mut other_issuer = proven("cust-2", "otp-1", 11);
    "otp2".clone_into(&mut other_issuer.once.as_mut().unwrap().issuer);

    let other_user = open(store, proven("cust-2", "otp-1", 11), 1).await;
    let other_contact = open(store, other_contact, 1).await;
    let other_issuer = open(store, other_issuer, 1).await;
    let said = report("sub-1", "cust-1", Some(&session), valid());
    record(store, verification.id, details(said), 2).await;
    let after_the_end = open(store, proven("cust-1", "otp-1", 11), 3).await;

    assert!(matches!(other_user, Opened::ProofUsed), "{other_user:?}");
    assert!(matches!(other_contact, Opened::ProofUsed), "{other_contact:?}");
    assert!(matches!(other_issuer, Opened::Attempt(..)), "{other_issuer:?}");
    assert!(matches!(after_the_end, Opened::ProofUsed), "{after_the_end:?}");
}

pub(super) async fn a_used_proof_does_not_resume_a_later_verification(store: &dyn Store) {
    let (first, session) = attempt_of(open(store, proven("cust-1", "otp-1", 11), 0).await);
    issue(store, &first, &session, 0).await;
    let said = report("sub-1", "cust-1", Some(&session), valid());
    record(store, first.id, details(said), 1).await;
    let (second, session) = attempt_of(open(store, proven("cust-1", "otp-2", 11), 2).await);
    issue(store, &second, &session, 2).await;

    let old = open(store, proven("cust-1", "otp-1", 11), 3).await;
    let own = open(store, proven("cust-1", "otp-2", 11), 3).await;

    assert!(matches!(old, Opened::ProofUsed), "{old:?}");
    assert!(matches!(own, Opened::Resumed(same, _) if same.id == second.id));
}

pub(super) async fn a_proof_that_resumes_is_used_too(store: &dyn Store) {
    let (verification, session) = started(store, "cust-1").await;
    issue(store, &verification, &session, 0).await;

    let resumed = open(store, proven("cust-1", "otp-1", 11), 1).await;
    let elsewhere = open(store, proven("cust-2", "otp-1", 11), 1).await;

    assert!(matches!(resumed, Opened::Resumed(..)), "{resumed:?}");
    assert!(matches!(elsewhere, Opened::ProofUsed), "{elsewhere:?}");
}

pub(super) async fn a_start_that_hands_nothing_out_leaves_the_proof_good(store: &dyn Store) {
    let none_left = Policy { attempts_per_day: 0, ..policy() };
    let (verification, session) = started(store, "cust-1").await;
    issue(store, &verification, &session, 0).await;
    record(store, verification.id, News::Captured(CaptureOutcome::Failed), 1).await;

    let exhausted = store.open(proven("cust-2", "otp-2", 11), false, at(1), none_left).await;
    let ask_first = open(store, proven("cust-1", "otp-1", 11), 2).await;

    assert!(matches!(exhausted.unwrap(), Opened::Exhausted(_)));
    assert!(matches!(ask_first, Opened::AskFirst(_)), "{ask_first:?}");
    for name in ["otp-1", "otp-2"] {
        let opened = open(store, proven(&format!("cust-of-{name}"), name, 11), 3).await;
        assert!(matches!(opened, Opened::Attempt(..)), "{name}: {opened:?}");
    }
}

pub(super) async fn used_proofs_are_forgotten_when_nobody_would_believe_them(store: &dyn Store) {
    attempt_of(open(store, proven("cust-1", "otp-1", 11), 0).await);
    attempt_of(open(store, proven("cust-2", "otp-2", 30), 11).await);

    let in_time = open(store, proven("cust-3", "otp-1", 11), 11).await;
    attempt_of(open(store, proven("cust-4", "otp-4", 30), 12).await);
    let too_late = open(store, proven("cust-3", "otp-1", 11), 12).await;

    assert!(matches!(in_time, Opened::ProofUsed), "{in_time:?}");
    assert!(matches!(too_late, Opened::Attempt(..)), "{too_late:?}");
}
