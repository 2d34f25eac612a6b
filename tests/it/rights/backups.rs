//! Bytes and backups: what was erased is in neither.

use std::{
    fs::{self, OpenOptions},
    path::Path,
    process::Command,
};

use serde_json::Value;

use super::given::{approved, count, erase, gone_soon, held, sealed};
use crate::support::TestApp;

fn copy(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
}

#[tokio::test]
async fn the_keys_and_what_they_sealed_are_in_no_byte_of_the_files() {
    let app = TestApp::start().await;
    let (_, _, _) = approved(&app, "cust-1").await;
    let sealed = sealed(
        &app,
        &[
            "SELECT data_key FROM verifications",
            "SELECT substr(identity, -40) FROM verifications",
            "SELECT substr(attempts, -40) FROM verifications",
            "SELECT substr(body, -40) FROM submission_bodies",
            "SELECT data_key FROM callbacks",
            "SELECT substr(body, -40) FROM callback_bodies",
        ],
    );

    erase(&app, "cust-1").await;

    gone_soon(&app, &sealed).await;
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
        app.advance(jiff::SignedDuration::from_secs(60)).await;
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
    app.advance(jiff::SignedDuration::from_secs(60)).await;
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

/// The largest size that a file may have here; no block is used by it.
fn fill(file: &fs::File) -> u64 {
    let (mut takes, mut refuses) = (0_u64, i64::MAX.unsigned_abs());
    if file.set_len(refuses).is_ok() {
        return refuses;
    }
    while takes + 1 < refuses {
        let middle = takes + (refuses - takes) / 2;
        if file.set_len(middle).is_ok() { takes = middle } else { refuses = middle }
    }
    file.set_len(takes).unwrap();
    takes
}

#[tokio::test]
async fn an_erasure_that_cannot_be_written_down_does_not_happen() {
    let app = TestApp::start().await;
    let (token, id, _) = approved(&app, "cust-1").await;
    let before = (held(&app), count(&app, "audit"));
    // A file that is as large as the file system allows takes no line more.
    let log = OpenOptions::new().write(true).open(app.directory.path().join("erasures.log"));
    let log = log.unwrap();
    fill(&log);

    let refused = erase(&app, "cust-1").await;
    let seen = app.get_verification(&token, &id).await.text("/status");
    let after = (held(&app), count(&app, "audit"));
    log.set_len(0).unwrap();
    let receipt = erase(&app, "cust-1").await;

    assert_eq!((refused.status, seen.as_str()), (503, "approved"));
    assert_eq!(after, before);
    assert_eq!(receipt.json()["destroyed"]["verifications"], 1);
    assert_eq!(held(&app), []);
    let lines = fs::read_to_string(app.directory.path().join("erasures.log")).unwrap();
    assert_eq!(lines.lines().count(), 1);
    app.stop().await;
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
