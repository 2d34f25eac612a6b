//! What the tests of streams begin with.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::support::{PATIENCE, TestApp};

/// A verification of `cust-1` with the outcome `outcome`, and the token it was started with.
pub(super) async fn started(app: &TestApp, outcome: &str) -> (String, String) {
    let token = app.token("cust-1", outcome);
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    (token, id)
}

/// Makes a change that callers can see.
pub(super) async fn change(app: &TestApp, token: &str, id: &str) {
    let report = json!({ "outcome": "completed" });
    assert_eq!(app.report_capture(token, id, report).await.status, 200);
}

/// Waits until `count` listeners have nothing to do before `until`.
pub(super) async fn at_rest(app: &TestApp, until: Timestamp, count: usize) {
    let asleep = app.clock.wait_for_sleepers_until(until, count);
    tokio::time::timeout(PATIENCE, asleep).await.expect("listeners that sleep until then");
}

/// Moves the clock to the next heartbeat of `count` listeners.
pub(super) async fn beat(app: &TestApp, count: usize) {
    let pause = SignedDuration::from_secs(15);
    at_rest(app, app.now() + pause, count).await;
    app.advance(pause).await;
}
