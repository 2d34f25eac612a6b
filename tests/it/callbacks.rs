//! Callbacks at the door: what proves the provider, and that what it sends is kept. What becomes of
//! them stands in `verdicts.rs`.

use reqwest::Method;
use serde_json::json;

use crate::support::{CALLBACK_KEY, TestApp};

#[tokio::test]
async fn callbacks_without_the_agreed_header_are_refused() {
    let app = TestApp::start().await;
    let body = json!({ "submissionId": "s", "status": "COMPLETED", "result": "VALID" });
    let url = format!("{}/callbacks/provider", app.base_url);
    let wrong =
        [CALLBACK_KEY.to_uppercase(), format!("{CALLBACK_KEY} "), String::from("x"), String::new()];
    for key in wrong.iter().filter(|key| key.trim() != CALLBACK_KEY) {
        let answer = app.send(app.http.post(&url).header("x-callback-key", key).json(&body)).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "callback-unauthorized"));
    }
    let none = app.send(app.http.post(&url).json(&body)).await;
    let twice = app
        .http
        .post(&url)
        .header("x-callback-key", CALLBACK_KEY)
        .header("x-callback-key", "x")
        .json(&body);
    let twice = app.send(twice).await;

    assert_eq!((none.status, twice.status), (401, 401));
    app.stop().await;
}

#[tokio::test]
async fn callbacks_that_cannot_be_read_are_kept_and_said_so() {
    let app = TestApp::start().await;
    let url = format!("{}/callbacks/provider", app.base_url);
    for body in [
        "",
        "{",
        "[]",
        "{}",
        r#"{"submissionId":"s"}"#,
        r#"{"submissionId":7,"status":{}}"#,
        "\u{feff}{}",
    ] {
        let request = app
            .http
            .post(&url)
            .header("x-callback-key", CALLBACK_KEY)
            .header("content-type", "application/json")
            .body(body);

        let answer = app.send(request).await;

        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (400, "malformed-request"),
            "{body}"
        );
    }
    let large = app.call_back(json!({ "x": "x".repeat(300_000) })).await;
    assert_eq!(large.status, 413);
    app.stop().await;
}

#[tokio::test]
async fn callbacks_are_kept_by_any_method_and_whatever_their_body_is_called() {
    let app = TestApp::start().await;
    let url = format!("{}/callbacks/provider", app.base_url);
    for (method, media_type) in [
        (Method::POST, None),
        (Method::POST, Some("text/json")),
        (Method::POST, Some("application/x-www-form-urlencoded")),
        (Method::PUT, Some("application/json")),
        (Method::PATCH, Some("application/json")),
    ] {
        let request = app
            .http
            .request(method.clone(), &url)
            .header("x-callback-key", CALLBACK_KEY)
            .body(r#"{"submissionId":"s","status":"COMPLETED"}"#);
        let request = match media_type {
            Some(text) => request.header("content-type", text),
            None => request,
        };

        let answer = app.send(request).await;

        assert_eq!(answer.status, 200, "{method} {media_type:?}");
    }
    app.stop().await;
}
