//! What every answer tells browsers and caches.

use serde_json::json;

use crate::support::{Answer, TestApp};

async fn answers(app: &TestApp) -> Vec<Answer> {
    let token = app.token("cust-1", "00");
    let started = app.start_verification(&token, json!({ "channel": "sdk" })).await;
    let id = started.text("/id");
    vec![
        started,
        app.get_verification(&token, &id).await,
        app.send(
            app.request(reqwest::Method::GET, &format!("/v1/verifications/{id}"), &token)
                .header("If-None-Match", "\"2-id\""),
        )
        .await,
        app.list(&token, "").await,
        app.get_verification("x", &id).await,
        app.get_verification(&token, "x").await,
        app.inspect(&app.service_token("verification:read"), &id).await,
        app.call_back(json!({ "submissionId": "s", "status": "COMPLETED" })).await,
        app.call_back(json!({})).await,
        app.send(app.http.get(format!("{}/openapi.yaml", app.base_url))).await,
        app.send(app.http.get(format!("{}/nowhere", app.base_url))).await,
        app.send(app.http.delete(format!("{}/openapi.yaml", app.base_url))).await,
        app.send(app.http.get(&app.base_url).header("x-filler", "x".repeat(17_000))).await,
    ]
}

#[tokio::test]
async fn every_answer_keeps_browsers_from_making_something_of_it() {
    let app = TestApp::start().await;

    for answer in answers(&app).await {
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer:?}");
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'none'; frame-ancestors 'none'"
        );
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(answer.header("cache-control").contains("no-store"), "{answer:?}");
        assert_eq!(answer.header("strict-transport-security"), "", "not over http");
        assert_eq!(answer.header("server"), "", "what we run on is nobody's business");
    }
    app.stop().await;
}

#[tokio::test]
async fn browsers_are_told_to_stay_with_https_where_there_is_https() {
    let app = TestApp::builder()
        .edit("http://127.0.0.1:8080", "https://kyc.partner.example")
        .start()
        .await;

    for answer in answers(&app).await {
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{answer:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn what_depends_on_language_or_page_says_so_to_caches() {
    let app = TestApp::builder()
        .settings("[[apps]]\nid = \"test-app\"\norigins = [\"https://app.partner.example\"]")
        .start()
        .await;
    let token = app.token("cust-1", "00");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    let path = format!("/v1/verifications/{id}");
    let known =
        app.request(reqwest::Method::GET, &path, &token).header("If-None-Match", "\"2-id\"");

    let answers = [
        app.get_verification(&token, &id).await,
        app.send(known).await,
        app.list(&token, "").await,
        app.inspect(&app.service_token("verification:read"), &id).await,
        app.report_capture(&token, &id, json!({ "outcome": "completed" })).await,
    ];

    assert_eq!(answers.each_ref().map(|answer| answer.status), [200, 304, 200, 200, 200]);
    for answer in answers {
        let vary: Vec<_> = answer.headers.get_all("vary").iter().collect();
        assert_eq!(vary, ["Accept-Language", "Origin"], "{answer:?}");
        assert_eq!(answer.header("cache-control"), "private, no-store", "{answer:?}");
    }
    app.stop().await;
}
