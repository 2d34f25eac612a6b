//! What the provider says, and whose it is.

use gerbang::{
    domain::{
        CaptureOutcome, News, NoteKind, ReasonCode, SessionId, Status, SubmissionReport,
        VerificationId,
    },
    storage::{Settled, Store},
};

use super::bed::{
    at, attempt_of, details, email, find, invalid, issue, issued, open, partial, policy, record,
    report, started, told, user, valid, wanted,
};

async fn settle(
    store: &dyn Store,
    asked: VerificationId,
    report: SubmissionReport,
    minutes: i64,
) -> Settled {
    store.settle(asked, report, at(minutes), policy()).await.unwrap().unwrap()
}

pub(super) async fn details_settle_the_verification_they_name(store: &dyn Store) {
    let (verification, session) = issued(store, "cust-1").await;
    let waiter = store.changes().subscribe(verification.id);

    let settled =
        settle(store, verification.id, report("sub-1", "cust-1", Some(&session), valid()), 1).await;

    let Settled::Here(recorded) = settled else { panic!("{settled:?}") };
    assert!(recorded.effect.changed);
    let read = find(store, verification.id).await;
    assert_eq!(read.status, Status::Approved);
    assert_eq!(read.submission, recorded.verification.submission);
    assert_eq!(read.submission.unwrap().reason_code.as_deref(), Some("CANARY_REASON"));
    assert_eq!(read.reads.next_at, None);
    told(waiter).await;
}

pub(super) async fn every_verdict_is_read_back(store: &dyn Store) {
    for (name, says, status, reason) in [
        ("cust-1", valid(), Status::Approved, None),
        ("cust-2", partial(), Status::PartiallyCompleted, None),
        ("cust-3", invalid(), Status::Rejected, Some(ReasonCode::NotVerified)),
    ] {
        let (verification, session) = issued(store, name).await;
        let submission = format!("sub-of-{name}");

        settle(store, verification.id, report(&submission, name, Some(&session), says), 1).await;

        let read = find(store, verification.id).await;
        assert_eq!((read.status, read.reason), (status, reason));
    }
}

pub(super) async fn details_of_nobody_of_ours_are_not_readable(store: &dyn Store) {
    let (verification, _) = issued(store, "cust-1").await;
    let foreign = SessionId::parse("not-a-session-of-ours").unwrap();

    for session in [Some(&foreign), None] {
        let settled =
            settle(store, verification.id, report("sub-1", "cust-1", session, valid()), 1).await;

        assert!(matches!(settled, Settled::Nowhere(_)), "{settled:?}");
    }
    let read = find(store, verification.id).await;
    assert_eq!((read.status, read.submission), (Status::Pending, None));
    assert_eq!(read.reads.tries, 2);
}

pub(super) async fn details_of_another_verification_go_to_it(store: &dyn Store) {
    let (old, session) = issued(store, "cust-1").await;
    let mut wish = wanted("cust-1");
    wish.contact = email("someone@example.com");
    let (new, _) = attempt_of(open(store, wish, 1).await);

    let settled =
        settle(store, new.id, report("sub-1", "cust-1", Some(&session), valid()), 2).await;

    // Another contact: the expired one moves to its real end, the new one is not touched.
    let Settled::Elsewhere { asked, owner } = settled else { panic!("{settled:?}") };
    assert_eq!((asked.verification.id, owner.verification.id), (new.id, old.id));
    assert_eq!(find(store, old.id).await.status, Status::Approved);
    assert_eq!(find(store, new.id).await.status, Status::Pending);
}

pub(super) async fn a_result_of_an_expired_one_links_to_the_open_one(store: &dyn Store) {
    let (old, session) = issued(store, "cust-1").await;
    let (new, _) = attempt_of(open(store, wanted("cust-1"), 24 * 60 + 1).await);
    let late = || report("sub-1", "cust-1", Some(&session), partial());

    let settled = settle(store, new.id, late(), 24 * 60 + 2).await;
    let again = settle(store, old.id, late(), 24 * 60 + 3).await;

    assert!(matches!(settled, Settled::Here(_)), "{settled:?}");
    assert!(
        matches!(&again, Settled::Elsewhere { owner, .. } if owner.verification.id == new.id),
        "{again:?}"
    );
    assert_eq!(find(store, new.id).await.status, Status::PartiallyCompleted);
    let old = find(store, old.id).await;
    assert_eq!((old.status, old.submission), (Status::Expired, None));
}

pub(super) async fn a_result_links_to_no_open_one_that_has_a_submission(store: &dyn Store) {
    let (old, old_session) = issued(store, "cust-1").await;
    let (new, session) = attempt_of(open(store, wanted("cust-1"), 24 * 60 + 1).await);
    issue(store, &new, &session, 24 * 60 + 1).await;
    settle(store, new.id, report("sub-2", "cust-1", Some(&session), partial()), 24 * 60 + 2).await;

    let late = report("sub-1", "cust-1", Some(&old_session), partial());
    let settled = settle(store, new.id, late, 24 * 60 + 3).await;

    // It belongs to the expired one, which must not open again beside the newer one.
    assert!(matches!(settled, Settled::Elsewhere { .. }), "{settled:?}");
    let old = find(store, old.id).await;
    assert_eq!(old.status, Status::Expired);
    assert_eq!(old.submission.unwrap().id.as_str(), "sub-1");
    assert_eq!(find(store, new.id).await.submission.unwrap().id.as_str(), "sub-2");
}

pub(super) async fn an_expired_one_opens_again_while_none_is_newer(store: &dyn Store) {
    let (old, session) = issued(store, "cust-1").await;
    record(store, old.id, News::TimePassed, 24 * 60).await;

    settle(store, old.id, report("sub-1", "cust-1", Some(&session), partial()), 24 * 60 + 1).await;

    assert_eq!(find(store, old.id).await.status, Status::PartiallyCompleted);
}

pub(super) async fn details_about_another_user_change_nothing(store: &dyn Store) {
    let (verification, session) = issued(store, "cust-1").await;

    settle(store, verification.id, report("sub-1", "cust-2", Some(&session), valid()), 1).await;

    let read = find(store, verification.id).await;
    assert_eq!((read.status, read.submission), (Status::Pending, None));
    let notes = store.timeline(verification.id).await.unwrap();
    assert_eq!(notes.last().unwrap().detail, Some("user_mismatch"));
}

pub(super) async fn the_timeline_tells_what_happened_in_order(store: &dyn Store) {
    let (verification, session) = issued(store, "cust-1").await;
    record(store, verification.id, News::Captured(CaptureOutcome::Completed), 1).await;
    settle(store, verification.id, report("sub-1", "cust-1", Some(&session), invalid()), 2).await;
    let conflict = report("sub-1", "cust-1", Some(&session), valid());
    settle(store, verification.id, conflict, 3).await;

    let notes = store.timeline(verification.id).await.unwrap();

    let told: Vec<_> = notes.iter().map(|note| (note.kind, note.detail, note.at)).collect();
    assert_eq!(
        told,
        [
            (NoteKind::CaptureReported, Some("completed"), at(1)),
            (NoteKind::StatusChanged, Some("not_verified"), at(2)),
            (NoteKind::Alarmed, Some("conflicting_result"), at(3)),
        ]
    );
    assert_eq!(find(store, verification.id).await.status, Status::Rejected);
}

pub(super) async fn what_is_not_there_is_none(store: &dyn Store) {
    let nobody = VerificationId::new(at(0));

    assert!(store.find(nobody).await.unwrap().is_none());
    assert!(store.record(nobody, News::TimePassed, at(0), policy()).await.unwrap().is_none());
    assert!(
        store
            .settle(nobody, report("sub-1", "cust-1", None, valid()), at(0), policy())
            .await
            .unwrap()
            .is_none()
    );
    assert!(store.renew(nobody, user("cust-1"), true, at(0), policy()).await.unwrap().is_none());
    assert!(
        store.replace_attempt(nobody, SessionId::new(), at(0), policy()).await.unwrap().is_none()
    );
    assert!(store.timeline(nobody).await.unwrap().is_empty());
}

pub(super) async fn pages_go_from_the_newest_to_the_oldest(store: &dyn Store) {
    let mut ids = Vec::new();
    for day in 0..5 {
        let minutes = day * (24 * 60 + 1);
        let (verification, session) = attempt_of(open(store, wanted("cust-1"), minutes).await);
        issue(store, &verification, &session, minutes).await;
        ids.insert(0, verification.id);
    }
    issued(store, "cust-2").await;
    let (_, refused) = started(store, "cust-3").await;
    assert!(!refused.as_str().is_empty());

    let mut pages = Vec::new();
    let mut before = None;
    loop {
        let page = store.list(user("cust-1"), before, 2).await.unwrap();
        pages.push(page.items.iter().map(|item| item.id).collect::<Vec<_>>());
        before = page.next;
        if before.is_none() {
            break;
        }
    }

    assert_eq!(pages, [ids[0..2].to_vec(), ids[2..4].to_vec(), ids[4..5].to_vec()]);
    assert!(store.list(user("cust-3"), None, 10).await.unwrap().items.is_empty());
}

pub(super) async fn one_submission_belongs_to_one_verification(store: &dyn Store) {
    let (first, session) = issued(store, "cust-1").await;
    settle(store, first.id, report("sub-1", "cust-1", Some(&session), valid()), 1).await;
    let (second, session) = attempt_of(open(store, wanted("cust-1"), 2).await);
    issue(store, &second, &session, 2).await;

    // By its submission it is the first one's, whatever session it names now.
    let same = report("sub-1", "cust-1", Some(&session), valid());
    let settled = settle(store, second.id, same.clone(), 3).await;
    // Recorded by force it is refused, and nothing of it stays.
    let forced = store.record(second.id, details(same), at(4), policy()).await;

    assert!(
        matches!(&settled, Settled::Elsewhere { owner, .. } if owner.verification.id == first.id),
        "{settled:?}"
    );
    assert!(forced.is_err());
    assert_eq!(find(store, second.id).await.status, Status::Pending);
}
