//! What callers write into heads: how far it gets, and what it steers.

use gerbang::sandbox::Operation;
use serde_json::json;

use super::row::{CANARY, request, start};
use crate::support::{Answer, TestApp};

const CONTEXT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A start of a user of its own with one more header, and what the provider was sent for it.
async fn start_with(app: &TestApp, user: usize, lines: &[&str]) -> (Answer, Option<String>) {
    let token = app.token(&format!("cust-{user}"), "00");
    let bearer = format!("Authorization: Bearer {token}");
    let head = [&[bearer.as_str(), "Content-Type: application/json"], lines].concat();
    let answer =
        app.send_raw(&request("POST /v1/verifications", &head, r#"{"channel":"sdk"}"#)).await;
    let sent = app.provider.requests_of(Operation::Initiate).pop().unwrap();
    (answer, sent.header("traceparent").map(ToOwned::to_owned))
}

#[tokio::test]
async fn a_trace_context_is_passed_on_without_what_stands_behind_it() {
    let app = TestApp::start().await;
    let good = format!("traceparent: {CONTEXT}");
    let later = format!("traceparent: cc{}-${{jndi:ldap://x/{CANARY}}}", &CONTEXT[2..]);
    let longer = format!("{good}-{CANARY}");
    let nothing = "traceparent: 00-00000000000000000000000000000000-00f067aa0ba902b7-01";
    for (user, (lines, passed_on)) in [
        (&[good.as_str()][..], Some(CONTEXT)),
        (&[&later], Some(CONTEXT)),
        (&[&longer], None),
        (&[nothing], None),
        (&[&good, &good], None),
        (&["traceparent: x"], None),
    ]
    .into_iter()
    .enumerate()
    {
        let (answer, sent) = start_with(&app, user, lines).await;

        assert_eq!(answer.status, 201, "{lines:?}");
        assert_eq!(sent.as_deref(), passed_on, "{lines:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_request_is_not_named_by_what_could_be_something_else() {
    let app = TestApp::start().await;
    let long = "x".repeat(65);
    for name in
        ["", "a b", "a\tb", "<script>", "a\"b", "a/b", "${x}", "%0d%0aSet-Cookie:%20a", "é", &long]
    {
        let line = format!("X-Request-Id: {name}");

        let answer = app.send_raw(&request("GET /nowhere", &[&line], "")).await;

        let given = answer.header("x-request-id");
        assert_eq!(given.len(), 32, "{name:?}: {given}");
        assert_eq!(answer.text("/instance"), given, "{name:?}");
        assert_eq!(answer.header("set-cookie"), "", "{name:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn no_header_says_where_the_gateway_is() {
    let app = TestApp::builder().redirects("mode = \"gateway\"").start().await;
    let token = app.token("cust-1", "00");
    let wish = json!({ "channel": "web", "redirectUrls": {
        "success": "partnerapp://kyc/a", "failure": "partnerapp://kyc/b",
    }});
    let steered = String::from_utf8(start(&token, wish.to_string())).unwrap().replace(
        "Host: gateway\r\n",
        "Host: evil.example\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: http\r\n\
         X-Original-URL: /openapi.yaml\r\nForwarded: host=evil.example;proto=http\r\n",
    );

    let answer = app.send_raw(steered.as_bytes()).await;

    let sent = app.provider.requests_of(Operation::Initiate).pop().unwrap().body.unwrap();
    assert_eq!(answer.status, 201);
    assert!(answer.header("location").starts_with("/v1/verifications/ver_"));
    assert!(!sent.to_string().contains("evil.example"), "{sent}");
    assert!(!String::from_utf8_lossy(&answer.body).contains("evil.example"));
    app.stop().await;
}
