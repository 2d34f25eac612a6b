//! One damaged row: it is passed over and kept, and holds nothing else up.

use std::sync::Arc;

use gerbang::{
    domain::{
        AsideReason, AttemptState, CallbackId, CallbackState, Status, Verification, VerificationId,
    },
    storage::{Recorded, Search, Store, StoreError},
};
use rusqlite::{Connection, params};

use super::{
    bed::{at, callback, find, issued, policy, report, started, states, user, valid},
    folder::Folder,
};

const NAMES: [&str; 3] = ["cust-1", "cust-2", "cust-3"];

/// Changes the last byte of a verification's identity; once more, and it is mended.
async fn flip(folder: &Folder, store: Arc<dyn Store>, id: VerificationId) -> Arc<dyn Store> {
    store.close().await;
    let conn = Connection::open(folder.database()).unwrap();
    let sealed: Vec<u8> = conn
        .query_row("SELECT identity FROM verifications WHERE id = ?1", [id.as_bytes()], |row| {
            row.get(0)
        })
        .unwrap();
    let update = "UPDATE verifications SET identity = ?2 WHERE id = ?1";
    assert_eq!(conn.execute(update, params![id.as_bytes(), flipped(sealed)]).unwrap(), 1);
    drop(conn);
    folder.open().await
}

fn flipped(mut sealed: Vec<u8>) -> Vec<u8> {
    *sealed.last_mut().unwrap() ^= 1;
    sealed
}

async fn three_issued(store: &dyn Store) -> Vec<VerificationId> {
    let mut ids = Vec::new();
    for name in NAMES {
        ids.push(issued(store, name).await.0.id);
    }
    ids
}

/// In no order: they are due at the same time, or nearly.
fn sorted(ids: impl IntoIterator<Item = VerificationId>) -> Vec<VerificationId> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort();
    ids
}

fn claimed(verifications: Vec<Verification>) -> Vec<VerificationId> {
    sorted(verifications.into_iter().map(|verification| verification.id))
}

fn expired(recorded: Vec<Recorded>) -> Vec<VerificationId> {
    sorted(recorded.into_iter().map(|recorded| recorded.verification.id))
}

#[tokio::test]
async fn a_damaged_callback_is_set_aside_and_the_others_are_due() {
    let folder = Folder::new();
    let store = folder.open().await;
    let mut ids = Vec::new();
    for (minute, name) in (0..).zip(NAMES) {
        let said = report(&format!("sub-of-{name}"), name, None, valid());
        ids.push(store.keep_callback(callback(&said, minute)).await.unwrap());
    }
    store.close().await;
    let conn = Connection::open(folder.database()).unwrap();
    let sealed: Vec<u8> = conn
        .query_row("SELECT body FROM callback_bodies ORDER BY callback LIMIT 1", [], |row| {
            row.get(0)
        })
        .unwrap();
    conn.execute(
        "UPDATE callback_bodies SET body = ?1
         WHERE callback = (SELECT min(callback) FROM callback_bodies)",
        [flipped(sealed)],
    )
    .unwrap();
    drop(conn);
    let store = folder.open().await;
    let due = async |limit| -> Vec<CallbackId> {
        let due = store.due_callbacks(at(5), limit).await.unwrap();
        due.into_iter().map(|callback| callback.id).collect()
    };

    let first = due(2).await;
    let second = due(2).await;

    assert_eq!(first, ids[1..2], "the damaged one was the oldest");
    assert_eq!(second, ids[1..], "and takes nobody's place again");
    assert_eq!(store.pending_callbacks().await.unwrap(), 2);
    store.close().await;
    let conn = Connection::open(folder.database()).unwrap();
    let kept: i64 = conn
        .query_row("SELECT count(*) FROM callbacks WHERE state = 'aside'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn a_callback_whose_body_is_gone_is_set_aside_too() {
    let folder = Folder::new();
    let store = folder.open().await;
    let said = |name: &str| report(&format!("sub-of-{name}"), name, None, valid());
    let gone = store.keep_callback(callback(&said("cust-1"), 0)).await.unwrap();
    let whole = store.keep_callback(callback(&said("cust-2"), 1)).await.unwrap();
    store.close().await;
    let conn = Connection::open(folder.database()).unwrap();
    conn.execute(
        "DELETE FROM callback_bodies WHERE callback = (SELECT number FROM callbacks WHERE id = ?1)",
        [gone.as_bytes()],
    )
    .unwrap();
    drop(conn);
    let store = folder.open().await;

    let due = store.due_callbacks(at(1), 10).await.unwrap();

    let seen = store.find_callback(gone).await.unwrap().unwrap();
    assert_eq!((due.len(), due[0].id), (1, whole));
    assert_eq!((seen.state, seen.reason), (CallbackState::Aside, Some(AsideReason::Damaged)));
}

#[tokio::test]
async fn a_damaged_verification_does_not_keep_others_from_being_read() {
    let folder = Folder::new();
    let store = folder.open().await;
    let ids = three_issued(&*store).await;
    let store = flip(&folder, store, ids[0]).await;

    let others = store.claim_due_reads(at(60), 10).await.unwrap();
    let mended = flip(&folder, store, ids[0]).await;
    let within_the_hour = mended.claim_due_reads(at(60 + 59), 10).await.unwrap();
    let after_it = mended.claim_due_reads(at(60 + 60), 10).await.unwrap();

    assert_eq!(claimed(others), sorted(ids[1..].to_vec()));
    assert_eq!(claimed(within_the_hour), sorted(ids[1..].to_vec()));
    assert_eq!(claimed(after_it), sorted(ids));
}

#[tokio::test]
async fn a_damaged_verification_takes_no_place_among_those_that_are_due() {
    let folder = Folder::new();
    let store = folder.open().await;
    let ids = three_issued(&*store).await;
    let store = flip(&folder, store, ids[0]).await;

    let mut all = Vec::new();
    for _ in 0..3 {
        all.extend(store.claim_due_reads(at(60), 1).await.unwrap());
    }

    assert_eq!(claimed(all), sorted(ids[1..].to_vec()));
}

#[tokio::test]
async fn a_damaged_verification_does_not_keep_others_from_expiring() {
    let folder = Folder::new();
    let store = folder.open().await;
    let ids = three_issued(&*store).await;
    let store = flip(&folder, store, ids[0]).await;
    let day = 24 * 60;

    let others = store.expire_due(at(day), 10, policy()).await.unwrap();
    let mended = flip(&folder, store, ids[0]).await;
    let within_the_hour = mended.expire_due(at(day + 59), 10, policy()).await.unwrap();
    let after_it = mended.expire_due(at(day + 60), 10, policy()).await.unwrap();

    assert_eq!(expired(others), sorted(ids[1..].to_vec()));
    assert!(within_the_hour.is_empty());
    assert_eq!(expired(after_it), [ids[0]]);
    assert_eq!(find(&*mended, ids[0]).await.status, Status::Expired);
}

#[tokio::test]
async fn a_damaged_verification_does_not_keep_the_gateway_from_starting() {
    let folder = Folder::new();
    let store = folder.open().await;
    let mut ids = Vec::new();
    for name in NAMES {
        ids.push(started(&*store, name).await.0.id);
    }
    let store = flip(&folder, store, ids[0]).await;

    let lost = store.recover(at(1), policy()).await.unwrap();

    assert_eq!(lost, 2);
    for id in &ids[1..] {
        assert_eq!(states(&find(&*store, *id).await), [AttemptState::Unknown]);
    }
    assert!(matches!(store.find(ids[0]).await, Err(StoreError::Sealed)));
    let mended = flip(&folder, store, ids[0]).await;
    assert_eq!(mended.recover(at(2), policy()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_damaged_row_shows_to_its_owner_and_to_nobody_else() {
    let folder = Folder::new();
    let store = folder.open().await;
    let id = issued(&*store, "cust-1").await.0.id;
    let store = flip(&folder, store, id).await;

    let owners = store.find_of(id, user("cust-1")).await;
    let anothers = store.find_of(id, user("cust-2")).await;
    let renewal = store.renew(id, user("cust-2"), false, at(1), policy()).await;

    // Nothing of it is unsealed for another: the damage would show.
    assert!(matches!(owners, Err(StoreError::Sealed)), "{owners:?}");
    assert!(matches!(anothers, Ok(None)), "{anothers:?}");
    assert!(matches!(renewal, Ok(None)), "{renewal:?}");
}

#[tokio::test]
async fn a_search_passes_over_a_damaged_verification_and_goes_on_behind_it() {
    let folder = Folder::new();
    let store = folder.open().await;
    let newest = {
        let mut ids = sorted(three_issued(&*store).await);
        ids.reverse();
        ids
    };
    let store = flip(&folder, store, newest[0]).await;

    let first = store.search(Search::default(), None, 1).await.unwrap();
    let rest = store.search(Search::default(), first.next, 5).await.unwrap();

    assert!(first.items.is_empty());
    let found: Vec<_> = rest.items.iter().map(|it| it.id).collect();
    assert_eq!((found.as_slice(), rest.next), (&newest[1..], None));
    store.close().await;
}
