//! Databases of older versions: brought up to date with what is in them.

use std::fs;

use rusqlite::{Connection, params};

use super::{
    bed::{at, find, issued, started},
    folder::Folder,
};

/// The schema before users' rights.
const OLD: [&str; 8] = [
    include_str!("../../../src/storage/sqlite/migrations/0001-verifications-and-callbacks.sql"),
    include_str!("../../../src/storage/sqlite/migrations/0002-idempotency.sql"),
    include_str!("../../../src/storage/sqlite/migrations/0003-contact-proofs.sql"),
    include_str!("../../../src/storage/sqlite/migrations/0004-returns.sql"),
    include_str!("../../../src/storage/sqlite/migrations/0005-webhooks.sql"),
    include_str!("../../../src/storage/sqlite/migrations/0006-recovery.sql"),
    include_str!("../../../src/storage/sqlite/migrations/0007-keys.sql"),
    include_str!("../../../src/storage/sqlite/migrations/0008-audit.sql"),
];

/// A database as an older version left it; without free pages that go back, as the first ones were.
fn old(folder: &Folder) -> Connection {
    fs::create_dir_all(folder.database().parent().unwrap()).unwrap();
    let conn = Connection::open(folder.database()).unwrap();
    for migration in OLD {
        conn.execute_batch(migration).unwrap();
    }
    conn.pragma_update(None, "user_version", 8).unwrap();
    conn
}

/// One verification: its name, whose, its submission, how many credentials it has.
fn verification(conn: &Connection, number: u8, user: u8, submission: Option<u8>, issued: u8) {
    conn.execute(
        "INSERT INTO verifications (number, id, user_hash, contact_hash, closed, created_at,
             deadline, status, revision, issued, under_way, captured, credential_failed,
             settled_unconfirmed, updated_at, read_tries, submission_hash, key_id, data_key,
             identity, attempts)
         VALUES (?1, ?2, ?3, zeroblob(16), ?1, 1000 + ?1, 2000, 'expired', 1, ?5, 0, 0, 0, 0, 1000,
             0, ?4, 'w', zeroblob(60), zeroblob(300), zeroblob(800))",
        params![number, [number; 16], [user; 16], submission.map(|it| [it; 16]), issued],
    )
    .unwrap();
}

/// One callback: its name, its state, and the session, submission and user in it.
fn callback(conn: &Connection, number: u8, state: &str, names: [Option<u8>; 3]) {
    let [session, submission, user] = names.map(|name| name.map(|it| [it; 16]));
    conn.execute(
        "INSERT INTO callbacks (number, id, body_hash, session_hash, submission_hash, user_hash,
             key_id, data_key, state, tries, deliveries, received_at, last_at)
         VALUES (?1, ?2, ?2, ?3, ?4, ?5, 'w', zeroblob(60), ?6, 1, 1, 1000, 1000)",
        params![number, [number; 16], session, submission, user, state],
    )
    .unwrap();
}

fn pragma(folder: &Folder, sql: &str) -> i64 {
    let conn = Connection::open(folder.database()).unwrap();
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn callbacks_are_tied_to_the_verifications_that_took_them_in() {
    const USERS: [u8; 2] = [101, 102];
    const SUBMISSION: u8 = 111;
    const SESSION: u8 = 121;
    let folder = Folder::new();
    let conn = old(&folder);
    verification(&conn, 1, USERS[0], Some(SUBMISSION), 1);
    verification(&conn, 2, USERS[1], None, 0);
    conn.execute("INSERT INTO sessions VALUES (?1, 2)", [[SESSION; 16]]).unwrap();
    // By submission, by session, by submission before session; by another's name, and by none.
    callback(&conn, 1, "done", [None, Some(SUBMISSION), Some(USERS[0])]);
    callback(&conn, 2, "done", [Some(SESSION), Some(112), Some(USERS[1])]);
    callback(&conn, 3, "done", [Some(SESSION), Some(SUBMISSION), Some(USERS[0])]);
    callback(&conn, 4, "done", [None, Some(SUBMISSION), Some(USERS[1])]);
    callback(&conn, 5, "done", [Some(SESSION), Some(112), None]);
    // Of nobody, and not taken in yet.
    callback(&conn, 6, "done", [Some(122), Some(112), Some(USERS[0])]);
    callback(&conn, 7, "pending", [Some(SESSION), Some(SUBMISSION), Some(USERS[0])]);
    drop(conn);

    folder.open().await.close().await;

    let conn = Connection::open(folder.database()).unwrap();
    let sql = "SELECT number, verification FROM callbacks ORDER BY number";
    let mut statement = conn.prepare(sql).unwrap();
    let tied = statement
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, Option<[u8; 16]>>(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .map(|(number, id)| (number, id.map(|id| id[0])))
        .collect::<Vec<(i64, _)>>();
    let expected =
        [(1, Some(1)), (2, Some(2)), (3, Some(1)), (4, None), (5, Some(2)), (6, None), (7, None)];
    assert_eq!(tied, expected);
    let sql = "SELECT credentials_end, contact_gone FROM verifications ORDER BY number";
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    // All are due to be looked at once, and have their contacts until then.
    let ageing = rows.map(Result::unwrap).collect::<Vec<(Option<i64>, i64)>>();
    assert_eq!(ageing, [(Some(0), 0), (Some(0), 0)]);
}

#[tokio::test]
async fn what_was_under_way_is_found_at_the_first_start() {
    let folder = Folder::new();
    let conn = old(&folder);
    for number in 1..=3 {
        verification(&conn, number, 100 + number, None, 0);
    }
    // Never due; due; and one that nobody is at.
    let sql = "UPDATE verifications SET under_way = number <= 2,
                   due_at = CASE number WHEN 2 THEN 5 END";
    conn.execute(sql, []).unwrap();
    drop(conn);

    folder.open().await.close().await;

    let conn = Connection::open(folder.database()).unwrap();
    let sql = "SELECT number FROM verifications INDEXED BY verifications_due
                   WHERE due_at IS NOT NULL AND under_way > 0 ORDER BY number";
    let mut statement = conn.prepare(sql).unwrap();
    let found = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap);
    assert_eq!(found.collect::<Vec<i64>>(), [1, 2]);
}

#[tokio::test]
async fn a_small_database_learns_to_give_room_back() {
    let folder = Folder::new();
    let conn = old(&folder);
    verification(&conn, 1, 101, None, 1);
    drop(conn);
    assert_eq!(pragma(&folder, "PRAGMA auto_vacuum"), 0);

    let store = folder.open().await;
    let (begun, _) = issued(&*store, "cust-1").await;
    store.close().await;

    assert_eq!(pragma(&folder, "PRAGMA auto_vacuum"), 2, "incremental");
    assert_eq!(pragma(&folder, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    assert_eq!(pragma(&folder, "SELECT count(*) FROM verifications"), 2);
    find(&*folder.open().await, begun.id).await;
}

#[tokio::test]
async fn a_large_database_stays_as_it_is_until_its_operator_changes_it() {
    let folder = Folder::new();
    let conn = old(&folder);
    callback(&conn, 1, "aside", [None; 3]);
    let body = "INSERT INTO callback_bodies VALUES (1, zeroblob(?1))";
    conn.execute(body, [64 << 20]).unwrap();
    drop(conn);

    folder.open().await.close().await;
    let rigid = pragma(&folder, "PRAGMA auto_vacuum");
    // What operations.md says.
    let conn = Connection::open(folder.database()).unwrap();
    conn.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM").unwrap();
    drop(conn);
    folder.open().await.close().await;

    assert_eq!((rigid, pragma(&folder, "PRAGMA auto_vacuum")), (0, 2));
    assert_eq!(pragma(&folder, "SELECT count(*) FROM callback_bodies"), 1);
}

#[tokio::test]
async fn credentials_of_before_are_found_when_they_end() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (ended, _) = issued(&*store, "cust-1").await;
    let (never, _) = started(&*store, "cust-2").await;
    store.close().await;
    // As the migration leaves those that were there before it.
    let conn = Connection::open(folder.database()).unwrap();
    conn.execute("UPDATE verifications SET credentials_end = 0", []).unwrap();
    drop(conn);
    let store = folder.open().await;
    let day = 24 * 60;

    let looked = store.forget_credentials(at(1), 10).await.unwrap();
    let held = find(&*store, ended.id).await.first_credential_end();
    let early = store.forget_credentials(at(day - 1), 10).await.unwrap();
    let due = store.forget_credentials(at(day), 10).await.unwrap();

    assert_eq!((looked, held), (2, Some(at(day))));
    assert_eq!((early, due), (0, 1));
    assert_eq!(find(&*store, ended.id).await.first_credential_end(), None);
    assert_eq!(find(&*store, never.id).await.attempts.len(), 1);
    store.close().await;
}
