//! What a killed gateway left in its file.

use rusqlite::Connection;
use tempfile::TempDir;

/// What was left for the next gateway to do.
#[derive(Debug)]
pub(super) struct Left {
    /// Callbacks that were acknowledged and not applied.
    pub(super) callbacks: i64,
    /// Calls to the provider, or reads of details, that were under way.
    pub(super) under_way: i64,
    /// Requests that held their idempotency key.
    pub(super) keys: i64,
}

/// Looks at a copy, since opening the file itself would mend it before the gateway does.
pub(super) fn look(directory: &TempDir) -> Left {
    let copy = tempfile::tempdir().unwrap();
    for name in ["gerbang.db", "gerbang.db-wal"] {
        let from = directory.path().join(name);
        if from.exists() {
            std::fs::copy(from, copy.path().join(name)).unwrap();
        }
    }
    let conn = Connection::open(copy.path().join("gerbang.db")).unwrap();
    let number =
        |sql: &str| -> i64 { conn.query_row(sql, [], |row| row.get(0)).expect("a readable file") };

    let integrity: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    let foreign: Option<String> =
        conn.query_row("PRAGMA foreign_key_check", [], |row| row.get(0)).ok();
    let twice = number(
        "SELECT count(*) FROM (SELECT 1 FROM verifications WHERE closed = 0
         GROUP BY user_hash HAVING count(*) > 1)",
    );

    assert_eq!((integrity.as_str(), foreign, twice), ("ok", None, 0));
    Left {
        callbacks: number("SELECT count(*) FROM callbacks WHERE state = 'pending'"),
        under_way: number("SELECT count(*) FROM verifications WHERE under_way > 0"),
        keys: number("SELECT count(*) FROM idempotency WHERE answer IS NULL"),
    }
}
