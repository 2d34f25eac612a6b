//! What a verification lets go of while the rest of it stays.

use futures_util::FutureExt as _;
use gerbang::{
    domain::{
        Contact, ContactKind, Credential, KeptContact, News, SessionId, Status, Verification,
        VerificationId,
    },
    storage::{Opened, Settled, Store, StoreError},
};
use rusqlite::{Connection, params};

use super::{
    bed::{
        at, attempt_of, credential, email, find, issue, issued, open, partial, policy, record,
        report, started, valid, wanted,
    },
    folder::Folder,
};

const DAY: i64 = 24 * 60;

/// Whether each credential is held, oldest attempt first.
fn held(verification: &Verification) -> Vec<bool> {
    let issued = verification.attempts.iter().filter_map(|it| it.issued.as_ref());
    issued.map(|it| !matches!(it.credential, Credential::Forgotten)).collect()
}

/// One whose life is over.
async fn expired(store: &dyn Store, name: &str) -> (Verification, SessionId) {
    let (verification, session) = issued(store, name).await;
    let recorded = record(store, verification.id, News::TimePassed, DAY).await;
    assert_eq!(recorded.verification.status, Status::Expired);
    (recorded.verification, session)
}

pub(super) async fn credentials_go_one_by_one_and_nobody_is_told(store: &dyn Store) {
    let (first, _) = issued(store, "cust-1").await;
    let renewed = store.renew(first.id, first.user.clone(), true, at(60), policy()).await.unwrap();
    let (_, session) = attempt_of(renewed.unwrap());
    let before = issue(store, &first, &session, 60).await.verification;
    let mut waiter = store.changes().subscribe(first.id);

    let early = store.forget_credentials(at(DAY - 1), 10).await.unwrap();
    let one = store.forget_credentials(at(DAY), 10).await.unwrap();
    let newer_stays = held(&find(store, first.id).await);
    let nothing = store.forget_credentials(at(DAY + 59), 10).await.unwrap();
    let two = store.forget_credentials(at(DAY + 60), 10).await.unwrap();
    let none_left = store.forget_credentials(at(9 * DAY), 10).await.unwrap();

    assert_eq!([early, one, nothing, two, none_left], [0, 1, 0, 1, 0]);
    assert_eq!(newer_stays, [false, true]);
    let after = find(store, first.id).await;
    assert_eq!(held(&after), [false, false]);
    assert_eq!((after.revision, after.updated_at), (before.revision, before.updated_at));
    assert_eq!(after.expires_at(), before.expires_at());
    assert!(waiter.changed().now_or_never().is_none(), "nobody is told");
}

pub(super) async fn a_credential_that_comes_late_is_let_go_of_too(store: &dyn Store) {
    let (verification, session) = issued(store, "cust-1").await;
    store.forget_credentials(at(DAY), 10).await.unwrap();
    let late = credential("canary-late-token", at(2 * DAY));
    let late = record(store, verification.id, News::AttemptIssued(session, late), DAY).await;

    let early = store.forget_credentials(at(2 * DAY - 1), 10).await.unwrap();
    let due = store.forget_credentials(at(2 * DAY), 10).await.unwrap();

    assert_eq!(held(&late.verification), [true]);
    assert_eq!((early, due), (0, 1));
    assert_eq!(held(&find(store, verification.id).await), [false]);
}

pub(super) async fn the_contact_of_a_closed_one_goes_and_of_an_open_one_stays(store: &dyn Store) {
    let (closed, _) = expired(store, "cust-1").await;
    let (open, session) = issued(store, "cust-2").await;
    let said = report("sub-2", "cust-2", Some(&session), partial());
    store.settle(open.id, said, at(1), policy()).await.unwrap();
    let (begun, _) = started(store, "cust-3").await;
    let mut waiter = store.changes().subscribe(closed.id);

    let early = store.forget_contacts(at(DAY - 1), 10).await.unwrap();
    let due = store.forget_contacts(at(DAY), 10).await.unwrap();
    let again = store.forget_contacts(at(400 * DAY), 10).await.unwrap();

    assert_eq!([early, due, again], [0, 1, 0]);
    let after = find(store, closed.id).await;
    assert_eq!(after.contact.contact, KeptContact::Forgotten(ContactKind::Phone));
    assert_eq!(after.contact.reference, closed.contact.reference);
    assert_eq!((after.revision, after.updated_at), (closed.revision, closed.updated_at));
    assert_eq!(after.reference, closed.reference);
    assert!(waiter.changed().now_or_never().is_none(), "nobody is told");
    for id in [open.id, begun.id] {
        assert!(find(store, id).await.contact.contact.held().is_some());
    }
}

pub(super) async fn a_few_at_a_time_until_all_are_done(store: &dyn Store) {
    for name in ["cust-1", "cust-2", "cust-3"] {
        expired(store, name).await;
    }
    let (mut contacts, mut credentials) = (Vec::new(), Vec::new());

    for _ in 0..3 {
        contacts.push(store.forget_contacts(at(2 * DAY), 2).await.unwrap());
        credentials.push(store.forget_credentials(at(2 * DAY), 2).await.unwrap());
    }

    assert_eq!((contacts, credentials), (vec![2, 1, 0], vec![2, 1, 0]));
}

pub(super) async fn a_late_result_finds_the_next_one_without_the_contact(store: &dyn Store) {
    for (name, same) in [("cust-1", true), ("cust-2", false)] {
        let (old, session) = expired(store, name).await;
        store.forget_contacts(at(2 * DAY), 10).await.unwrap();
        let mut wish = wanted(name);
        if !same {
            wish.contact = email("someone@example.com");
        }
        let (next, _) = attempt_of(open(store, wish, 2 * DAY).await);

        let late = report(&format!("sub-of-{name}"), name, Some(&session), valid());
        let settled = store.settle(next.id, late, at(2 * DAY + 1), policy()).await.unwrap();

        match settled.unwrap() {
            Settled::Here(recorded) => {
                assert_eq!((recorded.verification.id, same), (next.id, true));
            }
            Settled::Elsewhere { owner, .. } => {
                assert_eq!((owner.verification.id, same), (old.id, false));
            }
            Settled::Nowhere(_) => panic!("a result of nobody"),
        }
    }
}

pub(super) async fn one_that_opens_again_without_its_contact_is_still_the_users(store: &dyn Store) {
    let (old, session) = expired(store, "cust-1").await;
    store.forget_contacts(at(2 * DAY), 10).await.unwrap();
    let late = report("sub-1", "cust-1", Some(&session), partial());
    store.settle(old.id, late, at(3 * DAY), policy()).await.unwrap();
    let mut other = wanted("cust-1");
    other.contact = email("someone@example.com");

    let same = open(store, wanted("cust-1"), 3 * DAY).await;
    let another = open(store, other, 3 * DAY).await;
    let approved = report("sub-1", "cust-1", Some(&session), valid());
    store.settle(old.id, approved, at(4 * DAY), policy()).await.unwrap();

    // It has a submission: there is nothing to hand out, whichever contact is shown.
    for opened in [same, another] {
        let Opened::Captured(it) = opened else { panic!("{opened:?}") };
        assert_eq!((it.id, it.status), (old.id, Status::PartiallyCompleted));
    }
    let end = find(store, old.id).await;
    assert_eq!(end.status, Status::Approved);
    assert_eq!(end.contact.contact.held().map(Contact::expose), None);
}

#[tokio::test]
async fn a_damaged_one_holds_no_other_up_and_is_looked_at_again() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (damaged, _) = expired(&*store, "cust-1").await;
    let (whole, _) = expired(&*store, "cust-2").await;
    store.close().await;
    let sealed = flip(&folder, damaged.id);
    let store = folder.open().await;

    let credentials = store.forget_credentials(at(DAY), 10).await.unwrap();
    let within_the_hour = store.forget_credentials(at(DAY + 59), 10).await.unwrap();
    let contacts = store.forget_contacts(at(DAY), 10).await.unwrap();
    let again = store.forget_contacts(at(2 * DAY), 10).await.unwrap();

    assert_eq!([credentials, within_the_hour, contacts, again], [2, 0, 2, 0]);
    let one = find(&*store, whole.id).await;
    assert_eq!((held(&one), one.contact.contact.held()), (vec![false], None));
    assert!(matches!(store.find(damaged.id).await, Err(StoreError::Sealed)));
    store.close().await;
    // Nothing was written over what somebody may mend.
    assert_eq!(flip(&folder, damaged.id), flipped(&sealed));
    let store = folder.open().await;
    assert_eq!(store.forget_credentials(at(DAY + 60), 10).await.unwrap(), 1);
    assert_eq!(held(&find(&*store, damaged.id).await), [false]);
    store.close().await;
}

/// Changes the last byte of the sealed identity; once more, and it is mended. Gives it as it was.
fn flip(folder: &Folder, id: VerificationId) -> Vec<u8> {
    let conn = Connection::open(folder.database()).unwrap();
    let sql = "SELECT identity FROM verifications WHERE id = ?1";
    let sealed: Vec<u8> = conn.query_row(sql, [id.as_bytes()], |row| row.get(0)).unwrap();
    let update = "UPDATE verifications SET identity = ?2 WHERE id = ?1";
    assert_eq!(conn.execute(update, params![id.as_bytes(), flipped(&sealed)]).unwrap(), 1);
    sealed
}

fn flipped(sealed: &[u8]) -> Vec<u8> {
    let mut flipped = sealed.to_vec();
    *flipped.last_mut().unwrap() ^= 1;
    flipped
}
