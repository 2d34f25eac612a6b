//! What the tests of streams begin with.

use serde_json::json;

use crate::support::TestApp;

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
