//! What the tests of users' rights begin with.

use reqwest::Method;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use crate::support::{Answer, TestApp};

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
