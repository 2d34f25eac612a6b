//! Bytes and backups: what was erased is in neither.

use std::{fs, path::Path, process::Command};

use serde_json::Value;

use super::given::{approved, count, erase, held, look};
use crate::support::{PATIENCE, TestApp};

fn copy(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
}

fn holds(path: &Path, needle: &[u8]) -> bool {
    let bytes = fs::read(path).unwrap_or_default();
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn the_keys_and_what_they_sealed_are_in_no_byte_of_the_files() {
    let app = TestApp::start().await;
    let (_, _, _) = approved(&app, "cust-1").await;
    let mut sealed: Vec<Vec<u8>> = Vec::new();
    for sql in [
        "SELECT data_key FROM verifications",
        "SELECT substr(identity, -40) FROM verifications",
        "SELECT substr(attempts, -40) FROM verifications",
        "SELECT substr(body, -40) FROM submission_bodies",
        "SELECT data_key FROM callbacks",
        "SELECT substr(body, -40) FROM callback_bodies",
    ] {
        let beside = look(&app);
        let mut statement = beside.prepare(sql).unwrap();
        let found = statement.query_map([], |row| row.get(0)).unwrap();
        sealed.extend(found.map(Result::unwrap));
    }
    assert!(sealed.len() >= 6);
    let file = app.directory.path().join("gerbang.db");
    let log = app.directory.path().join("gerbang.db-wal");
    let before = sealed.iter().filter(|it| holds(&file, it) || holds(&log, it)).count();
    assert_eq!(before, sealed.len(), "they can be found that way");

    erase(&app, "cust-1").await;

    let gone = async {
        while sealed.iter().any(|it| holds(&file, it) || holds(&log, it)) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("bytes that go soon");
    app.stop().await;
}

#[tokio::test]
async fn a_restored_backup_is_erased_again_at_the_start() {
    let app = TestApp::start().await;
    let (token, id, _) = approved(&app, "cust-1").await;
    let (other, others, _) = approved(&app, "cust-2").await;
    let file = app.directory.path().join("gerbang.db");
    let backup = app.directory.path().join("backup");
    let app = app.restart_after(async || copy(&file, &backup)).await;
    erase(&app, "cust-1").await;
    let (again, new, _) = {
        app.clock.advance(jiff::SignedDuration::from_secs(60));
        approved(&app, "cust-1").await
    };
    let lines = fs::read_to_string(app.directory.path().join("erasures.log")).unwrap();

    let app = app.restart_after(async || copy(&backup, &file)).await;

    assert_eq!(lines.lines().count(), 1);
    assert!(!lines.contains("cust-1"), "{lines}");
    assert_eq!(app.get_verification(&token, &id).await.status, 404);
    assert_eq!(app.get_verification(&again, &new).await.status, 404, "not in the backup");
    assert_eq!(app.get_verification(&other, &others).await.status, 200);
    assert_eq!(count(&app, "verifications"), 1);
    app.stop().await;
}

#[tokio::test]
async fn what_began_after_an_erasure_survives_a_restart() {
    let app = TestApp::start().await;
    approved(&app, "cust-1").await;
    erase(&app, "cust-1").await;
    app.clock.advance(jiff::SignedDuration::from_secs(60));
    let (token, id, _) = approved(&app, "cust-1").await;

    let app = app.restart().await;

    assert_eq!(app.get_verification(&token, &id).await.text("/status"), "approved");
    app.stop().await;
}

#[tokio::test]
async fn a_damaged_log_of_erasures_ends_the_start() {
    let app = TestApp::start().await;
    let file = app.directory.path().join("gerbang.db");
    let keys = app.directory.path().join("keys.json");
    fs::write(app.directory.path().join("erasures.log"), "no erasure\n").unwrap();
    let directory = std::sync::Arc::clone(&app.directory);
    app.stop().await;

    let keys = gerbang::storage::KeySource::File(keys);
    let opened = gerbang::storage::open(gerbang::storage::Options::new(file, keys)).await;

    let refused = opened.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(refused.contains("erasures.log"), "{refused}");
    drop(directory);
}

#[tokio::test]
async fn the_command_line_exports_and_erases_while_no_gateway_runs() {
    use std::os::unix::fs::PermissionsExt as _;

    let app = TestApp::start().await;
    approved(&app, "cust-1").await;
    let directory = std::sync::Arc::clone(&app.directory);
    let out = directory.path().join("export.json");
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_gerbang"))
            .arg("--config")
            .arg(directory.path().join("gerbang.toml"))
            .arg("subject")
            .args(arguments)
            .output()
            .unwrap()
    };
    let beside = run(&["erase", "--user", "cust-1"]);
    assert!(!beside.status.success(), "the store belongs to the gateway");
    assert_ne!(held(&app), []);
    app.stop().await;

    let path = out.to_str().unwrap();
    let exported = run(&["export", "--user", "cust-1", "--out", path]);
    let twice = run(&["export", "--user", "cust-1", "--out", path]);
    let erased = run(&["erase", "--user", "cust-1"]);

    assert!(exported.status.success(), "{exported:?}");
    assert!(!twice.status.success(), "nothing is overwritten");
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let document: Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
    assert_eq!(document["verifications"].as_array().unwrap().len(), 1);
    let receipt: Value = serde_json::from_slice(&erased.stdout).unwrap();
    assert_eq!(receipt["destroyed"]["verifications"], 1);
}
