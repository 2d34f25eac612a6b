//! `gerbang audit verify`, beside a gateway that serves and with none.

use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

use super::bed::{READER, approved, verify};
use crate::support::{Issuer, Process, TestApp, write_settings};

/// Changes the database as somebody does who has the file and not the keys.
fn tamper(directory: &Path, sql: &str) {
    let conn = Connection::open(directory.join("gerbang.db")).unwrap();
    let guards: Vec<String> = conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'audit%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for guard in guards {
        conn.execute_batch(&format!("DROP TRIGGER {guard}")).unwrap();
    }
    conn.execute_batch(sql).unwrap();
}

/// The head that the command printed.
fn head(said: &str) -> &str {
    said.lines().find_map(|line| line.strip_prefix("head: ")).unwrap()
}

#[tokio::test]
async fn a_whole_log_is_told_beside_a_gateway_that_serves() {
    let app = TestApp::start().await;
    let id = approved(&app, "cust-1").await;
    for _ in 0..3 {
        app.inspect(&app.service_token(READER), &id).await;
    }

    let (code, said) = verify(app.directory.path(), None);
    let (anchored, with_head) = verify(app.directory.path(), Some(head(&said)));

    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("whole: 4 entries, 1 to 4, from 2027-01-15T08:00:00Z"), "{said}");
    assert!(said.contains("give --head"), "{said}");
    assert!(anchored == Some(0) && with_head.contains("is in it: 4"), "{with_head}");
    let inspected = app.inspect(&app.service_token(READER), &id).await;
    assert_eq!(inspected.status, 200, "the gateway is not disturbed");
    app.stop().await;
}

#[tokio::test]
async fn each_tampering_ends_in_a_failure_that_names_the_entry() {
    let again =
        "INSERT INTO audit SELECT 7, at, action, actor, verification, user_hash, detail, hash
                 FROM audit WHERE sequence = 6";
    let swapped = "UPDATE audit SET sequence = 99 WHERE sequence = 2;
                   UPDATE audit SET sequence = 2 WHERE sequence = 3;
                   UPDATE audit SET sequence = 3 WHERE sequence = 99";
    for (sql, place) in [
        ("UPDATE audit SET actor = 'backend:other' WHERE sequence = 3", "entry 3:"),
        ("DELETE FROM audit WHERE sequence = 3", "entry 3:"),
        ("DELETE FROM audit WHERE sequence > 4", "entry 5:"),
        (swapped, "entry 2:"),
        (again, "entry 7:"),
    ] {
        let app = TestApp::start().await;
        let id = approved(&app, "cust-1").await;
        for _ in 0..5 {
            app.inspect(&app.service_token(READER), &id).await;
        }
        let (_, said) = verify(app.directory.path(), None);
        let noted = head(&said).to_owned();
        tamper(app.directory.path(), sql);

        let (code, said) = verify(app.directory.path(), Some(&noted));

        assert_eq!(code, Some(1), "{sql}: {said}");
        assert!(said.contains(place), "{sql}: {said}");
        app.stop().await;
    }
}

#[test]
fn the_head_is_told_in_the_log_while_it_serves_and_when_it_stops() {
    let directory = TempDir::new().unwrap();
    write_settings(&directory, "http://127.0.0.1:9", &Issuer::new("apps"), "");
    let process = Process::start(&directory);
    let (status, log) = process.terminate();
    assert!(status.success(), "{log:#?}");

    let mut told = log.iter().filter_map(|line| line["fields"]["audit.head"].as_str());
    let told = told.next_back().unwrap_or_else(|| panic!("{log:#?}"));

    let (code, said) = verify(directory.path(), Some(told));
    assert_eq!((code, head(&said)), (Some(0), told), "{said}");
    let (code, said) = verify(directory.path(), Some("x"));
    assert!(code == Some(2) && said.contains("SEQUENCE:HASH"), "{said}");
    tamper(directory.path(), "DELETE FROM audit");
    let (code, said) = verify(directory.path(), Some(told));
    assert!(code == Some(1) && said.contains("entry 1:") && said.contains("cut off"), "{said}");
}

#[tokio::test]
async fn with_another_key_ring_nothing_is_said_about_the_log() {
    let app = TestApp::start().await;
    let ring = app.directory.path().join("keys.json");
    let kept = std::fs::read(&ring).unwrap();
    let other = TempDir::new().unwrap();
    gerbang::storage::generate_key_ring(&other.path().join("keys.json")).unwrap();
    std::fs::write(&ring, std::fs::read(other.path().join("keys.json")).unwrap()).unwrap();

    let (code, said) = verify(app.directory.path(), None);

    assert!(code == Some(1) && !said.contains("whole"), "{said}");
    std::fs::write(&ring, kept).unwrap();
    app.stop().await;
}
