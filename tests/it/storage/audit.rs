//! The audit log: what was written stays as it was, and whoever changes it is found out.

use std::sync::Arc;

use gerbang::{
    domain::{AppId, AuditAction, AuditActor, AuditDamage, AuditEntry, AuditHead},
    storage::{AuditFilter, Store, StoreError},
};
use rusqlite::Connection;

use super::{
    bed::{at, issued, user},
    folder::Folder,
};

/// Everything that guards against our own mistakes, which a thief would take away first.
const UNGUARDED: &str =
    "DROP TRIGGER IF EXISTS audit_follows; DROP TRIGGER IF EXISTS audit_stays_as_it_is;
     DROP TRIGGER IF EXISTS audit_stays; DROP TRIGGER IF EXISTS audit_checkpoint_advances;
     DROP TRIGGER IF EXISTS audit_checkpoint_stays;";

fn entry(name: &str) -> AuditEntry {
    let actor = AuditActor::Backend(AppId::parse("ledger").unwrap());
    AuditEntry::new(AuditAction::DocumentDataRead, actor).of_user(user(name)).detail("ktp")
}

/// Writes `count` entries, a minute apart; gives the place of each.
async fn written(store: &dyn Store, count: i64) -> Vec<AuditHead> {
    let mut heads = Vec::new();
    for minute in 0..count {
        heads.push(store.append_audit(entry("cust-1"), at(minute)).await.unwrap());
    }
    heads
}

/// Lets `sql` loose on the database, as somebody would who has the file and not the keys.
async fn tampered(folder: &Folder, store: Arc<dyn Store>, sql: &str) -> Arc<dyn Store> {
    store.close().await;
    let conn = Connection::open(folder.database()).unwrap();
    conn.execute_batch(&format!("{UNGUARDED} {sql}")).unwrap();
    drop(conn);
    folder.open().await
}

#[tokio::test]
async fn entries_follow_one_another_and_nothing_personal_is_in_them() {
    let folder = Folder::new();
    let store = folder.open().await;
    let verification = issued(&*store, "cust-canary-1").await.0.id;

    let entries = (0..20)
        .map(|minute| store.append_audit(entry("cust-canary-1").about(verification), at(minute)));
    let heads = futures_util::future::join_all(entries).await;

    let report = store.verify_audit(None).await.unwrap();
    assert_eq!((report.entries, report.damage), (20, None));
    assert_eq!(report.span, Some((at(0), at(19))));
    assert_eq!(report.head, *heads.last().unwrap().as_ref().unwrap());
    assert_eq!(store.audit_head().await.unwrap(), report.head);
    let filter = AuditFilter { user: Some(user("cust-canary-1")), ..AuditFilter::default() };
    let page = store.audit_page(filter.clone(), None, 3).await.unwrap();
    let numbers: Vec<_> = page.items.iter().map(|item| item.sequence).collect();
    assert_eq!((numbers, page.next), (vec![20, 19, 18], Some(18)));
    let rest = store.audit_page(filter, page.next, 100).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (17, None));
    let nobody = AuditFilter { user: Some(user("cust-2")), ..AuditFilter::default() };
    assert_eq!(store.audit_page(nobody, None, 9).await.unwrap().items.len(), 0);
    let other = AuditFilter { action: Some(AuditAction::ImageRead), ..AuditFilter::default() };
    assert_eq!(store.audit_page(other, None, 9).await.unwrap().items.len(), 0);
    store.close().await;
    let conn = Connection::open(folder.database()).unwrap();
    let named: i64 = conn
        .query_row(
            "SELECT count(*) FROM audit WHERE CAST(user_hash AS TEXT) LIKE '%canary%'
                 OR actor LIKE '%canary%' OR detail LIKE '%canary%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(named, 0);
}

#[tokio::test]
async fn each_tampering_is_found_at_its_place() {
    use AuditDamage::{Changed, Checkpoint, Missing};
    for (sql, sequence, damage) in [
        ("UPDATE audit SET at = at + 1 WHERE sequence = 3", 3, Changed),
        ("UPDATE audit SET actor = 'backend:other' WHERE sequence = 3", 3, Changed),
        ("UPDATE audit SET action = 'image_read' WHERE sequence = 1", 1, Changed),
        ("UPDATE audit SET detail = NULL WHERE sequence = 6", 6, Changed),
        ("UPDATE audit SET detail = 'ktpx' WHERE sequence = 6", 6, Changed),
        ("UPDATE audit SET user_hash = NULL WHERE sequence = 4", 4, Changed),
        ("UPDATE audit SET user_hash = zeroblob(16) WHERE sequence = 4", 4, Changed),
        ("UPDATE audit SET verification = zeroblob(16) WHERE sequence = 4", 4, Changed),
        ("UPDATE audit SET hash = zeroblob(32) WHERE sequence = 2", 2, Changed),
        ("DELETE FROM audit WHERE sequence = 3", 3, Missing),
        ("DELETE FROM audit WHERE sequence <= 2", 1, Missing),
        (
            "DELETE FROM audit WHERE sequence = 3;
             UPDATE audit SET sequence = sequence - 1 WHERE sequence > 3",
            3,
            Changed,
        ),
        (
            "UPDATE audit SET sequence = 99 WHERE sequence = 2;
             UPDATE audit SET sequence = 2 WHERE sequence = 3;
             UPDATE audit SET sequence = 3 WHERE sequence = 99",
            2,
            Changed,
        ),
        (
            "INSERT INTO audit SELECT 7, at, action, actor, verification, user_hash, detail, hash
             FROM audit WHERE sequence = 6",
            7,
            Changed,
        ),
        (
            "DELETE FROM audit WHERE sequence <= 2;
             INSERT INTO audit_checkpoint (id, sequence, hash, proof)
             SELECT 1, 2, zeroblob(32), hash FROM audit WHERE sequence = 3",
            2,
            Checkpoint,
        ),
    ] {
        let folder = Folder::new();
        let store = folder.open().await;
        written(&*store, 6).await;
        let store = tampered(&folder, store, sql).await;

        let report = store.verify_audit(None).await.unwrap();

        assert_eq!(report.damage, Some((sequence, damage)), "{sql}");
    }
}

#[tokio::test]
async fn what_is_cut_off_or_written_anew_shows_against_a_head_noted_elsewhere() {
    let folder = Folder::new();
    let store = folder.open().await;
    let heads = written(&*store, 6).await;
    for head in &heads {
        assert_eq!(store.verify_audit(Some(*head)).await.unwrap().damage, None);
    }
    let noted = *heads.last().unwrap();
    let other = AuditHead { hash: [7; 32], ..noted };
    let differs = store.verify_audit(Some(other)).await.unwrap().damage;
    assert_eq!(differs, Some((6, AuditDamage::Rewritten)));

    let store = tampered(&folder, store, "DELETE FROM audit WHERE sequence > 4").await;

    assert_eq!(store.verify_audit(None).await.unwrap().damage, None, "nothing else shows it");
    let cut = store.verify_audit(Some(noted)).await.unwrap().damage;
    assert_eq!(cut, Some((5, AuditDamage::Truncated)));
    let store = tampered(&folder, store, "DELETE FROM audit").await;
    let all = store.verify_audit(Some(noted)).await.unwrap().damage;
    assert_eq!(all, Some((1, AuditDamage::Truncated)));
}

#[tokio::test]
async fn the_database_itself_refuses_what_would_break_the_chain() {
    let folder = Folder::new();
    let store = folder.open().await;
    written(&*store, 3).await;
    store.close().await;
    let conn = Connection::open(folder.database()).unwrap();

    for sql in [
        "UPDATE audit SET detail = 'x' WHERE sequence = 2",
        "DELETE FROM audit WHERE sequence = 3",
        "DELETE FROM audit",
        "INSERT INTO audit SELECT 9, at, action, actor, verification, user_hash, detail, hash
         FROM audit WHERE sequence = 1",
        "REPLACE INTO audit SELECT 2, at, action, actor, verification, user_hash, detail, hash
         FROM audit WHERE sequence = 1",
    ] {
        assert!(conn.execute_batch(sql).is_err(), "{sql}");
    }
}

#[tokio::test]
async fn pruning_leaves_a_checkpoint_from_which_the_chain_goes_on() {
    let folder = Folder::new();
    let store = folder.open().await;
    let heads = written(&*store, 6).await;

    let first = store.prune_audit(at(4), 3, at(60)).await.unwrap();
    let second = store.prune_audit(at(4), 3, at(61)).await.unwrap();
    let third = store.prune_audit(at(4), 3, at(62)).await.unwrap();

    assert_eq!((first, second, third), (3, 1, 0));
    let report = store.verify_audit(Some(heads[4])).await.unwrap();
    assert_eq!((report.pruned_through, report.entries, report.damage), (4, 4, None));
    assert_eq!(report.head.sequence, 8, "pruning is written down as well");
    let edge = store.verify_audit(Some(heads[3])).await.unwrap();
    assert_eq!(edge.damage, None, "the checkpoint carries this hash");
    let gone = store.verify_audit(Some(heads[0])).await.unwrap();
    assert_eq!(gone.damage, Some((4, AuditDamage::AnchorPruned)));
    let page = store.audit_page(AuditFilter::default(), None, 9).await.unwrap();
    assert_eq!(page.items[0].action, AuditAction::AuditPruned);
    assert_eq!(page.items[0].detail.as_deref(), Some("1"));
    let sql = "UPDATE audit_checkpoint SET sequence = 3";
    let store = tampered(&folder, store, sql).await;
    let report = store.verify_audit(None).await.unwrap();
    assert_eq!(report.damage, Some((3, AuditDamage::Checkpoint)));
}

#[tokio::test]
async fn damaged_entries_are_evidence_and_are_not_pruned() {
    let folder = Folder::new();
    let store = folder.open().await;
    written(&*store, 3).await;
    let store = tampered(&folder, store, "UPDATE audit SET at = 0 WHERE sequence = 2").await;

    let refused = store.prune_audit(at(99), 10, at(100)).await.unwrap_err();

    assert!(matches!(refused, StoreError::Corrupt("audit")), "{refused:?}");
    assert_eq!(store.verify_audit(None).await.unwrap().damage, Some((2, AuditDamage::Changed)));
}
