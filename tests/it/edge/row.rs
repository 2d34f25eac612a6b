//! One bad request and the answer it has to get.

use std::fmt::Write as _;

use gerbang::sandbox::Operation;
use serde_json::json;

use crate::support::{Answer, CALLBACK_KEY, TestApp};

/// What nobody may hear back or find in a problem.
pub(super) const CANARY: &str = "canary-4711";

/// A row of a table: what it is, the request as bytes, the status, and the slug of the problem
/// (empty where the HTTP parser answers by itself, without a body).
pub(super) struct Row {
    pub(super) what: String,
    pub(super) request: Vec<u8>,
    pub(super) status: u16,
    pub(super) problem: &'static str,
}

pub(super) fn row(
    what: impl Into<String>,
    request: Vec<u8>,
    (status, problem): (u16, &'static str),
) -> Row {
    Row { what: what.into(), request, status, problem }
}

/// A request with the headers that `head` holds, one a line, and a body of announced length.
pub(super) fn request(line: &str, head: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut text = format!("{line} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n");
    for header in head {
        write!(text, "{header}\r\n").unwrap();
    }
    if !body.is_empty() {
        write!(text, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    [text.as_bytes(), b"\r\n", body].concat()
}

/// A start with a good token and a body that is called JSON.
pub(super) fn start(token: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let bearer = format!("Authorization: Bearer {token}");
    request("POST /v1/verifications", &[&bearer, "Content-Type: application/json"], body)
}

/// A callback with the agreed header.
pub(super) fn callback(body: impl AsRef<[u8]>) -> Vec<u8> {
    let key = format!("X-Callback-Key: {CALLBACK_KEY}");
    request("POST /callbacks/provider", &[&key, "Content-Type: application/json"], body)
}

/// A gateway with a verification of `cust-1`, the token of that user, and its id.
pub(super) async fn opened() -> (TestApp, String, String) {
    let app = TestApp::builder().without_callbacks().start().await;
    let token = app.token("cust-1", "00");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    (app, token, id)
}

/// Sends every row; all that were answered otherwise come in one list. None of them may reach the
/// provider, and no answer may repeat what the caller wrote.
pub(super) async fn refuse(app: &TestApp, rows: Vec<Row>) {
    let before = app.provider.calls(Operation::Initiate);
    let mut wrong = Vec::new();
    for row in rows {
        let answer = app.send_raw(&row.request).await;
        let seen = (answer.status, problem(&answer));
        if seen != (row.status, row.problem.to_owned()) {
            wrong.push(format!("{}: {seen:?}, not {:?}", row.what, (row.status, row.problem)));
        }
        if String::from_utf8_lossy(&answer.body).contains(CANARY) {
            wrong.push(format!("{}: the caller's words come back", row.what));
        }
    }
    assert_eq!(wrong, [""; 0], "{wrong:#?}");
    assert_eq!(app.provider.calls(Operation::Initiate), before, "the provider was asked");
}

/// The slug of a problem; empty for any other answer.
fn problem(answer: &Answer) -> String {
    let is_problem = answer.header("content-type") == "application/problem+json";
    if is_problem { answer.problem() } else { String::new() }
}
