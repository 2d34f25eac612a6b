//! Erasing, where the store alone can be made to stand so.

use gerbang::{
    domain::{AuditActor, DataClass, ErasureOrder, Hold},
    storage::{CallbackOutcome, rotate_key_ring},
};
use jiff::SignedDuration;
use rusqlite::Connection;

use super::{
    bed::{
        at, callback, details, issued, open, policy, record, report, started, user, valid, wanted,
    },
    folder::Folder,
    rotation::{drop_retired, rewrap},
};

fn order(name: &str) -> ErasureOrder {
    ErasureOrder {
        user: user(name),
        actor: AuditActor::Operator,
        hold: Hold::default(),
        remembered: SignedDuration::from_hours(90 * 24),
    }
}

fn count(folder: &Folder, table: &str) -> i64 {
    let conn = Connection::open(folder.database()).unwrap();
    conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn what_is_damaged_keeps_nobody_from_being_handed_out_and_erased() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (verification, session) = issued(&*store, "cust-1").await;
    let said = report("sub-1", "cust-1", Some(&session), valid());
    record(&*store, verification.id, details(said), 1).await;
    store.close().await;
    let conn = Connection::open(folder.database()).unwrap();
    let damage =
        "UPDATE submission_bodies SET body = zeroblob(60); UPDATE timeline SET kind = 'odd'";
    conn.execute_batch(damage).unwrap();
    let store = folder.open().await;

    let dossier = store.dossier(verification.id, user("cust-1")).await.unwrap().unwrap();
    store.close().await;
    conn.execute("UPDATE verifications SET status = 'odd'", []).unwrap();
    drop(conn);
    let store = folder.open().await;
    let hold = Hold {
        classes: [DataClass::Submission, DataClass::Verdict].into(),
        lasts: SignedDuration::from_hours(24),
    };
    let receipt = store.erase(ErasureOrder { hold, ..order("cust-1") }, at(2)).await.unwrap();

    assert!(dossier.verification.is_some() && dossier.submission.is_none());
    assert!(dossier.timeline.is_empty());
    assert_eq!(receipt.destroyed.verifications, 1);
    assert_eq!(count(&folder, "verifications"), 0);
}

#[tokio::test]
async fn a_callback_that_names_two_users_goes_with_either() {
    for name in ["cust-1", "cust-2"] {
        let folder = Folder::new();
        let store = folder.open().await;
        let (_, session) = issued(&*store, "cust-1").await;
        let (other, _) = issued(&*store, "cust-2").await;
        // The session of one and the name of another.
        let said = report("sub-1", "cust-2", Some(&session), valid());
        let id = store.keep_callback(callback(&said, 1)).await.unwrap();
        let applied = store.apply_callback(id, said, at(2), policy()).await.unwrap();
        assert!(matches!(applied, CallbackOutcome::Applied(_)));

        let receipt = store.erase(order(name), at(3)).await.unwrap();

        assert_eq!(
            (receipt.destroyed.callbacks, receipt.destroyed.verifications),
            (1, 1),
            "{name}"
        );
        let stays = store.find(other.id).await.unwrap().is_some();
        assert_eq!(stays, name == "cust-1");
        store.close().await;
        assert_eq!(count(&folder, "callbacks"), 0, "{name}");
        assert_eq!(count(&folder, "sessions"), 1, "{name}");
    }
}

#[tokio::test]
async fn one_that_cannot_be_read_any_more_is_erased_too() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (verification, _) = issued(&*store, "cust-1").await;
    store.close().await;
    let conn = Connection::open(folder.database()).unwrap();
    conn.execute("UPDATE verifications SET attempts = zeroblob(40)", []).unwrap();
    drop(conn);
    let store = folder.open().await;

    let receipt = store.erase(order("cust-1"), at(3)).await.unwrap();

    assert_eq!(receipt.destroyed.verifications, 1);
    assert!(store.find(verification.id).await.unwrap().is_none());
    store.close().await;
    assert_eq!((count(&folder, "sessions"), count(&folder, "tombstones")), (0, 2));
}

#[tokio::test]
async fn an_attempt_being_made_is_not_remembered_beside_the_file() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (verification, session) = started(&*store, "cust-1").await;

    store.erase(order("cust-1"), at(0)).await.unwrap();
    let late = super::bed::credential("canary-sdk-token", at(60));
    let news = gerbang::domain::News::AttemptIssued(session, late);
    let recorded = store.record(verification.id, news, at(1), policy()).await.unwrap();

    assert!(recorded.is_none());
    store.close().await;
    assert_eq!(count(&folder, "verifications"), 0);
}

#[tokio::test]
async fn a_callback_for_the_new_life_of_an_erased_user_is_kept() {
    let folder = Folder::new();
    let store = folder.open().await;
    issued(&*store, "cust-1").await;
    store.erase(order("cust-1"), at(1)).await.unwrap();
    let (_, session) = super::bed::attempt_of(open(&*store, wanted("cust-1"), 2).await);

    let said = report("sub-new", "cust-1", Some(&session), valid());
    let id = store.keep_callback(callback(&said, 3)).await.unwrap();
    let applied = store.apply_callback(id, said, at(4), policy()).await.unwrap();

    assert!(matches!(applied, CallbackOutcome::Applied(_)), "{applied:?}");
    store.close().await;
    assert_eq!((count(&folder, "callbacks"), count(&folder, "late_callbacks")), (1, 0));
}

#[tokio::test]
async fn a_submission_that_only_a_callback_named_stays_erased() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (_, session) = issued(&*store, "cust-1").await;
    let said = report("sub-1", "cust-1", Some(&session), valid());
    let id = store.keep_callback(callback(&said, 1)).await.unwrap();
    store.apply_callback(id, said, at(2), policy()).await.unwrap();
    store.erase(order("cust-1"), at(3)).await.unwrap();
    let (_, session) = super::bed::attempt_of(open(&*store, wanted("cust-1"), 4).await);

    let late = report("sub-1", "cust-1", Some(&session), valid());
    store.keep_callback(callback(&late, 5)).await.unwrap();

    assert!(store.due_callbacks(at(5), 10).await.unwrap().is_empty());
    store.close().await;
    assert_eq!((count(&folder, "callbacks"), count(&folder, "late_callbacks")), (0, 1));
}

#[tokio::test]
async fn a_credential_that_went_before_is_not_counted_as_destroyed() {
    let folder = Folder::new();
    let store = folder.open().await;
    issued(&*store, "cust-1").await;
    store.forget_credentials(at(2 * 24 * 60), 10).await.unwrap();

    let receipt = store.erase(order("cust-1"), at(2 * 24 * 60)).await.unwrap();

    assert_eq!((receipt.destroyed.verifications, receipt.destroyed.credentials), (1, 0));
    store.close().await;
}

#[tokio::test]
async fn a_row_that_is_given_again_leads_no_old_session_to_it() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (_, old) = issued(&*store, "cust-1").await;
    store.erase(order("cust-1"), at(1)).await.unwrap();
    let (newer, _) = issued(&*store, "cust-2").await;

    let said = report("sub-old", "cust-1", Some(&old), valid());
    let settled = store.settle(newer.id, said, at(4), policy()).await.unwrap().unwrap();

    assert!(matches!(settled, gerbang::storage::Settled::Nowhere(_)), "{settled:?}");
}

#[tokio::test]
async fn marks_of_erasures_are_forgotten_when_their_time_is_over() {
    let folder = Folder::new();
    let store = folder.open().await;
    issued(&*store, "cust-1").await;
    store.erase(order("cust-1"), at(0)).await.unwrap();
    let day = 24 * 60;

    let early = store.forget_erased(at(90 * day - 1), 10).await.unwrap();
    let due = store.forget_erased(at(90 * day), 10).await.unwrap();

    assert_eq!((early, due), (0, 2));
}

#[tokio::test]
async fn pages_that_get_free_go_back_to_the_disk() {
    let folder = Folder::new();
    let store = folder.open().await;
    for number in 0..200 {
        issued(&*store, &format!("cust-{number}")).await;
    }
    assert!(store.fold_log().await.unwrap());
    let full = std::fs::metadata(folder.database()).unwrap().len();

    for number in 0..200 {
        store.erase(order(&format!("cust-{number}")), at(1)).await.unwrap();
    }
    assert!(store.fold_log().await.unwrap());

    let left = std::fs::metadata(folder.database()).unwrap().len();
    assert!(left < full * 2 / 3, "{full} bytes became {left}");
}

#[tokio::test]
async fn what_a_law_keeps_of_the_erased_comes_under_the_new_key_too() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (verification, _) = issued(&*store, "cust-1").await;
    let lasts = SignedDuration::from_hours(5 * 8766);
    let hold = Hold { classes: [DataClass::Contact].into(), lasts };
    store.erase(ErasureOrder { hold, ..order("cust-1") }, at(1)).await.unwrap();
    rotate_key_ring(&folder.keys()).unwrap();
    store.reload_keys(at(2)).await.unwrap();

    assert_eq!(rewrap(&*store).await, (1, 0));
    store.close().await;
    drop_retired(&folder);

    let store = folder.open().await;
    let export = store.begin_export(user("cust-1"), AuditActor::Operator, at(3)).await.unwrap();
    let kept: Vec<_> = export.held.iter().map(|it| it.verification).collect();
    assert_eq!(kept, [verification.id]);
    store.close().await;
}
