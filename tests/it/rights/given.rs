//! What the tests of users' rights begin with.

use jiff::SignedDuration;
use reqwest::Method;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use crate::support::{Answer, PATIENCE, TestApp};

/// Everything that holds something of somebody.
const TABLES: [&str; 7] = [
    "verifications",
    "sessions",
    "submission_bodies",
    "timeline",
    "callbacks",
    "callback_bodies",
    "returns",
];

pub(super) async fn erase(app: &TestApp, user: &str) -> Answer {
    let path = format!("/v1/backend/users/{user}");
    app.send(app.request(Method::DELETE, &path, &app.service_token("subject:erase"))).await
}

pub(super) async fn export(app: &TestApp, user: &str) -> Answer {
    let path = format!("/v1/backend/users/{user}/export");
    app.send(app.request(Method::GET, &path, &app.service_token("subject:export"))).await
}

/// Looks into the database beside the gateway.
pub(super) fn look(app: &TestApp) -> Connection {
    let path = app.directory.path().join("gerbang.db");
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

pub(super) fn count(app: &TestApp, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    look(app).query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// How much is held of anybody.
pub(super) fn held(app: &TestApp) -> Vec<(&'static str, i64)> {
    let counted = TABLES.map(|table| (table, count(app, table)));
    counted.into_iter().filter(|(_, rows)| *rows > 0).collect()
}

/// A verification of `user` with its verdict, after all callbacks are in.
pub(super) async fn approved(app: &TestApp, user: &str) -> (String, String, String) {
    let token = app.token(user, "01");
    let id = app
        .start_verification(&token, json!({ "channel": "sdk", "reference": "case-canary-5" }))
        .await
        .text("/id");
    let session = app.session(&id).await;
    app.provider.finish_capture(&session).unwrap();
    app.wait_for(&token, &id, &["approved"]).await;
    app.provider.wait_until(|provider| provider.scripts_running() == 0).await;
    app.idle().await;
    (token, id, session)
}

/// Moves the clock, and waits until the job that forgets has had its turn.
pub(super) async fn pass(app: &TestApp, hours: i64) {
    app.idle().await;
    minutely(app).await;
    app.advance(SignedDuration::from_hours(hours)).await;
    minutely(app).await;
}

/// Waits until all jobs of every minute have had their turn and rest: one that is still at it when the
/// clock is moved would do the rest of its turn by the old time, and sleep by the new.
async fn minutely(app: &TestApp) {
    /// Those that forget callers, forget what is held, look after the keys and anchor the audit log.
    const JOBS: usize = 4;
    let minute = app.now() + SignedDuration::from_mins(1);
    let slept = app.clock.wait_for_sleepers_until(minute, JOBS);
    tokio::time::timeout(PATIENCE, slept).await.expect("jobs that have had their turn");
}

/// What `queries` find: pieces of sealed values. They are there by now, or nothing is proven by their
/// going.
pub(super) fn sealed(app: &TestApp, queries: &[&str]) -> Vec<Vec<u8>> {
    let mut sealed: Vec<Vec<u8>> = Vec::new();
    for sql in queries {
        let beside = look(app);
        let mut statement = beside.prepare(sql).unwrap();
        let found = statement.query_map([], |row| row.get(0)).unwrap();
        sealed.extend(found.map(Result::unwrap));
    }
    assert!(sealed.len() >= queries.len());
    assert_eq!(found(app, &sealed), sealed.len(), "they can be found that way");
    sealed
}

/// Waits until the files hold none of `sealed`.
pub(super) async fn gone_soon(app: &TestApp, sealed: &[Vec<u8>]) {
    let gone = async {
        while found(app, sealed) > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("bytes that go soon");
}

/// How many of `sealed` are in the database or its log.
fn found(app: &TestApp, sealed: &[Vec<u8>]) -> usize {
    let path = |name: &str| app.directory.path().join(name);
    let files =
        ["gerbang.db", "gerbang.db-wal"].map(|it| std::fs::read(path(it)).unwrap_or_default());
    let holds = |needle: &[u8]| {
        files.iter().any(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
    };
    sealed.iter().filter(|it| holds(it)).count()
}
