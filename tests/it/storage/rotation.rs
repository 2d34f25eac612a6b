//! Rotations: a new key while the store is open, everything under it step by step, and the old one
//! gone without harm.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    sync::Arc,
};

use futures_util::future::join_all;
use gerbang::{
    domain::{AuditAction, AuditActor, Verification, VerificationId},
    storage::{
        AuditFilter, KeyRingError, KeySource, OpenError, Options, Store, StoreError,
        generate_key_ring, open as open_store, rotate_key_ring,
    },
};
use rusqlite::Connection;
use serde_json::Value;

use super::{
    bed::{at, callback, find, issued, report, valid},
    folder::{Folder, bytes},
};

/// Rows that make several steps of [`STEP`].
const ROWS: usize = 20;
const STEP: usize = 8;

fn ring(folder: &Folder) -> Value {
    serde_json::from_slice(&bytes(&folder.keys())).unwrap()
}

/// Takes the retired keys out of the ring's file.
pub(super) fn drop_retired(folder: &Folder) {
    let mut ring = ring(folder);
    ring["keys"].as_array_mut().unwrap().retain(|key| key["state"] == "active");
    fs::write(folder.keys(), serde_json::to_vec(&ring).unwrap()).unwrap();
}

/// Verifications, and a callback about each.
async fn filled(store: &Arc<dyn Store>) -> Vec<Verification> {
    let one = |number| {
        let store = Arc::clone(store);
        async move {
            let name = format!("cust-{number}");
            let (verification, session) = issued(&*store, &name).await;
            let said = report(&format!("sub-{number}"), &name, Some(&session), valid());
            store.keep_callback(callback(&said, 1)).await.unwrap();
            verification
        }
    };
    join_all((0..ROWS).map(one)).await
}

/// Wraps anew until there is nothing left; says how many were moved and how many cannot be.
pub(super) async fn rewrap(store: &dyn Store) -> (usize, usize) {
    let Some(begun) = store.begin_rewrap().await.unwrap() else { return (0, 0) };
    let (mut place, mut moved, mut damaged) = (Some(begun.clone()), 0, 0);
    while let Some(here) = place {
        let step = store.rewrap(here, STEP).await.unwrap();
        assert!(step.moved + step.damaged <= STEP);
        moved += step.moved;
        damaged += step.damaged;
        place = step.next;
    }
    if damaged == 0 {
        store.release_keys(begun, at(3)).await.unwrap();
    }
    (moved, damaged)
}

async fn all_are_there(store: &dyn Store, verifications: &[Verification]) {
    for verification in verifications {
        assert_eq!(find(store, verification.id).await.contact, verification.contact);
    }
    assert_eq!(store.due_callbacks(at(1), 100).await.unwrap().len(), verifications.len());
}

async fn standing(store: &dyn Store) -> Vec<String> {
    let report = store.key_report().await.unwrap();
    assert_eq!(report.lost, 0, "{report}");
    report.keys.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_rotated_ring_is_taken_up_and_everything_comes_under_its_key() {
    let folder = Folder::new();
    let store = folder.open().await;
    let before = filled(&store).await;

    let rotation = rotate_key_ring(&folder.keys()).unwrap();
    let waiting = store.key_report().await.unwrap();
    let taken_up = store.reload_keys(at(2)).await.unwrap();
    let again = store.reload_keys(at(2)).await.unwrap();
    let (new, _) = issued(&*store, "cust-new").await;
    let half_way = standing(&*store).await;
    all_are_there(&*store, &before).await;
    let (moved, damaged) = rewrap(&*store).await;

    assert!(waiting.trouble.unwrap().contains(&rotation.active));
    assert_eq!((taken_up, again), (true, false));
    assert_eq!((moved, damaged), (2 * ROWS, 0));
    let (active, retired) = (&rotation.active, &rotation.retired);
    let key = |id, state, rows: [usize; 2], removable| {
        let [verifications, callbacks] = rows;
        format!(
            "{id} use=wrap state={state} verifications={verifications} callbacks={callbacks} \
             removable={removable}"
        )
    };
    assert_eq!(half_way[0], key(active, "active", [1, 0], "no"));
    assert_eq!(half_way[1], key(retired, "retired", [ROWS, ROWS], "no"));
    let done = standing(&*store).await;
    assert_eq!(done[0], key(active, "active", [ROWS + 1, ROWS], "no"));
    assert_eq!(done[1], key(retired, "retired", [0, 0], "yes"));
    assert!(done[2].ends_with("use=index state=active removable=no"), "{done:?}");
    assert!(store.begin_rewrap().await.unwrap().is_none());
    all_are_there(&*store, &before).await;
    drop(store);
    drop_retired(&folder);
    let store = folder.open().await;
    all_are_there(&*store, &before).await;
    find(&*store, new.id).await;
}

#[tokio::test]
async fn a_retired_key_is_needed_until_the_last_row_has_moved() {
    let folder = Folder::new();
    let store = folder.open().await;
    let before = filled(&store).await;
    let rotation = rotate_key_ring(&folder.keys()).unwrap();
    store.reload_keys(at(2)).await.unwrap();
    let begun = store.begin_rewrap().await.unwrap().unwrap();
    let step = store.rewrap(begun, STEP).await.unwrap();
    store.close().await;
    drop(store);
    let whole = bytes(&folder.keys());
    let database = bytes(&folder.database());

    drop_retired(&folder);
    let refused = folder.refused().await;

    assert_eq!(step.moved, STEP);
    assert!(matches!(&refused, KeyRingError::Absent(id) if *id == rotation.retired), "{refused:?}");
    assert_eq!(bytes(&folder.database()), database);
    fs::write(folder.keys(), whole).unwrap();
    let store = folder.open().await;
    assert_eq!(rewrap(&*store).await, (2 * ROWS - STEP, 0));
    drop_retired(&folder);
    store.reload_keys(at(2)).await.unwrap();
    all_are_there(&*store, &before).await;
}

#[tokio::test]
async fn a_key_is_not_let_go_by_a_pass_that_began_under_another() {
    let folder = Folder::new();
    let store = folder.open().await;
    let before = filled(&store).await;
    rotate_key_ring(&folder.keys()).unwrap();
    store.reload_keys(at(2)).await.unwrap();
    let begun = store.begin_rewrap().await.unwrap().unwrap();

    rotate_key_ring(&folder.keys()).unwrap();
    store.reload_keys(at(2)).await.unwrap();

    assert_eq!(store.release_keys(begun, at(3)).await.unwrap(), 0);
    assert_eq!(rewrap(&*store).await, (2 * ROWS, 0));
    all_are_there(&*store, &before).await;
}

#[tokio::test]
async fn a_ring_that_does_not_fit_is_not_taken_up() {
    let folder = Folder::new();
    let store = folder.open().await;
    let before = filled(&store).await;
    let own = bytes(&folder.keys());
    let strange = Folder::new();
    generate_key_ring(&strange.0.path().join("ring.json")).unwrap();
    let strange = bytes(&strange.0.path().join("ring.json"));
    let mut other_index: Value = serde_json::from_slice(&own).unwrap();
    for key in other_index["keys"].as_array_mut().unwrap() {
        if key["use"] == "index" {
            key["id"] = "index-2".into();
        }
    }
    let cases = [strange, serde_json::to_vec(&other_index).unwrap(), own[..own.len() / 2].to_vec()];

    for (text, user) in cases.into_iter().zip(["cust-x", "cust-y", "cust-z"]) {
        fs::write(folder.keys(), text).unwrap();
        let refused = store.reload_keys(at(2)).await.unwrap_err();
        let report = store.key_report().await.unwrap();
        assert!(matches!(refused, StoreError::Keys(_)), "{refused:?}");
        assert!(report.trouble.unwrap().contains("cannot be used"));
        issued(&*store, user).await;
    }
    fs::set_permissions(folder.keys(), fs::Permissions::from_mode(0o640)).unwrap();
    let exposed = store.reload_keys(at(2)).await.unwrap_err();
    fs::remove_file(folder.keys()).unwrap();
    let gone = store.reload_keys(at(2)).await.unwrap_err();

    assert!(matches!(exposed, StoreError::Keys(KeyRingError::Exposed(0o640))), "{exposed:?}");
    assert!(matches!(gone, StoreError::Keys(KeyRingError::Missing)), "{gone:?}");
    all_are_there(&*store, &before).await;
}

#[tokio::test]
async fn a_data_key_that_cannot_be_opened_holds_no_other_up_and_keeps_its_key() {
    let folder = Folder::new();
    let store = folder.open().await;
    let before = filled(&store).await;
    let damage = |id: &VerificationId| {
        let conn = Connection::open(folder.database()).unwrap();
        let sql = "UPDATE verifications SET data_key = zeroblob(61) WHERE id = ?1";
        assert_eq!(conn.execute(sql, [id.as_bytes()]).unwrap(), 1);
    };
    damage(&before[3].id);
    let rotation = rotate_key_ring(&folder.keys()).unwrap();
    store.reload_keys(at(2)).await.unwrap();

    let outcome = rewrap(&*store).await;

    assert_eq!(outcome, (2 * ROWS - 1, 1));
    let retired = format!(
        "{} use=wrap state=retired verifications=1 callbacks=0 removable=no",
        rotation.retired
    );
    assert_eq!(standing(&*store).await[1], retired);
    find(&*store, before[4].id).await;
}

#[test]
fn a_rotation_loses_no_key_and_keeps_link_and_mode() {
    let folder = Folder::new();
    fs::create_dir_all(folder.keys().parent().unwrap()).unwrap();
    let file = folder.0.path().join("elsewhere.json");
    generate_key_ring(&file).unwrap();
    symlink(&file, folder.keys()).unwrap();
    let before = ring(&folder);
    // What a rotation leaves that is killed before its end.
    fs::write(file.with_file_name("elsewhere.json.new"), "half a ri").unwrap();

    let first = rotate_key_ring(&folder.keys()).unwrap();
    let second = rotate_key_ring(&folder.keys()).unwrap();

    assert_eq!(first.active, second.retired);
    let after = ring(&folder);
    let keys = after["keys"].as_array().unwrap();
    let state = |id: &Value| {
        let found = keys.iter().find(|key| key["id"] == *id).unwrap();
        (found["state"].as_str().unwrap(), found["key"].as_str().unwrap())
    };
    assert_eq!(keys.len(), 4);
    assert_eq!(state(&Value::from(second.active)).0, "active");
    assert_eq!(state(&Value::from(first.active)).0, "retired");
    for key in before["keys"].as_array().unwrap() {
        let kept = if key["use"] == "index" { "active" } else { "retired" };
        assert_eq!(state(&key["id"]), (kept, key["key"].as_str().unwrap()));
    }
    assert!(fs::symlink_metadata(folder.keys()).unwrap().is_symlink());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);
    let names = fs::read_dir(folder.0.path()).unwrap().count();
    assert_eq!(names, 2, "the link's folder and the ring");
}

#[test]
fn a_rotation_that_fails_changes_nothing() {
    let folder = Folder::new();
    let file = folder.0.path().join("ring.json");
    let refused = |what: &str| {
        let before = bytes(&file);
        let error = rotate_key_ring(&file).unwrap_err();
        assert_eq!(bytes(&file), before, "{what}");
        error
    };

    let missing = refused("no ring");
    generate_key_ring(&file).unwrap();
    let held = fs::File::open(folder.0.path()).unwrap();
    held.lock().unwrap();
    let busy = refused("another rotation");
    drop(held);
    fs::create_dir(folder.0.path().join("ring.json.new")).unwrap();
    let unwritable = refused("no place to write to");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let exposed = refused("a ring that others may read");

    assert!(matches!(missing, KeyRingError::Missing), "{missing:?}");
    assert!(matches!(busy, KeyRingError::Busy), "{busy:?}");
    assert!(matches!(unwritable, KeyRingError::File(_)), "{unwritable:?}");
    assert!(matches!(exposed, KeyRingError::Exposed(0o644)), "{exposed:?}");
}

#[tokio::test]
async fn a_ring_cut_short_anywhere_is_refused_and_left_as_it_is() {
    let folder = Folder::new();
    drop(folder.open().await);
    let whole = bytes(&folder.keys());

    // Without the line break at the end it is still whole.
    for length in (0..whole.len() - 1).step_by(7) {
        fs::write(folder.keys(), &whole[..length]).unwrap();
        let refused = folder.refused().await;
        assert!(matches!(refused, KeyRingError::Syntax { .. }), "{length}: {refused:?}");
        assert_eq!(bytes(&folder.keys()), whole[..length]);
    }
}

#[tokio::test]
async fn a_ring_from_the_settings_opens_what_its_file_sealed() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (verification, _) = issued(&*store, "cust-1").await;
    store.close().await;
    drop(store);
    let given = |text: &[u8]| {
        let text = String::from_utf8(text.to_vec()).unwrap();
        Options::new(folder.database(), KeySource::Given(text.into()))
    };
    let text = bytes(&folder.keys());
    fs::remove_file(folder.keys()).unwrap();

    let opened = open_store(given(&text)).await.unwrap();
    find(&*opened.store, verification.id).await;
    let same = opened.store.reload_keys(at(2)).await.unwrap();
    opened.store.close().await;
    drop(opened);
    let error = open_store(given(b"{\"version\":1,\"keys\":\"canary\"}")).await.unwrap_err();

    assert!(!same);
    let told = format!("{error}");
    assert!(matches!(error, OpenError::Keys { .. }) && !format!("{error:?}").contains("canary"));
    assert!(told.contains("storage.encryption_keys"), "{told}");
    assert!(!format!("{:?}", given(&text)).contains(std::str::from_utf8(&text).unwrap()));
}

/// What the audit log says, oldest first.
async fn logged(store: &dyn Store) -> Vec<(AuditAction, AuditActor, Option<String>)> {
    let page = store.audit_page(AuditFilter::default(), None, 100).await.unwrap();
    page.items.into_iter().rev().map(|it| (it.action, it.actor, it.detail)).collect()
}

#[tokio::test]
async fn a_change_of_keys_is_in_the_audit_log_once_however_it_came_about() {
    let folder = Folder::new();
    let store = folder.open().await;
    filled(&store).await;
    store.reload_keys(at(1)).await.unwrap();
    let before = logged(&*store).await;

    let first = rotate_key_ring(&folder.keys()).unwrap().active;
    store.reload_keys(at(2)).await.unwrap();
    store.reload_keys(at(3)).await.unwrap();
    rewrap(&*store).await;
    store.close().await;
    drop(store);
    let second = rotate_key_ring(&folder.keys()).unwrap().active;
    let store = folder.open().await;
    store.reload_keys(at(4)).await.unwrap();
    store.reload_keys(at(5)).await.unwrap();

    assert_eq!(before, []);
    let entry = |action, actor, key: &str| (action, actor, Some(key.to_owned()));
    assert_eq!(
        logged(&*store).await,
        [
            entry(AuditAction::KeysRotated, AuditActor::Operator, &first),
            entry(AuditAction::KeysRewrapped, AuditActor::Gateway, &first),
            entry(AuditAction::KeysRotated, AuditActor::Operator, &second),
        ]
    );
    assert_eq!(store.verify_audit(None).await.unwrap().damage, None);
}
