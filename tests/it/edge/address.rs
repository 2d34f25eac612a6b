//! From where callbacks are taken, and whose word about that is believed.

use serde_json::json;

use crate::support::{Answer, CALLBACK_KEY, TestApp};

const PROXY: &str = "trusted_proxies = [\"127.0.0.0/8\", \"10.0.0.0/8\"]";
const NETWORKS: &str = "[callbacks]\nnetworks = [\"192.0.2.0/24\", \"2001:db8:1::/48\"]";

async fn call(app: &TestApp, headers: &[(&str, &str)], key: &str) -> Answer {
    let mut request = app.http.post(format!("{}/callbacks/provider", app.base_url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = json!({ "submissionId": "s", "status": "COMPLETED" });
    app.send(request.header("x-callback-key", key).json(&body)).await
}

#[tokio::test]
async fn callbacks_from_elsewhere_are_403_whatever_they_claim() {
    let app = TestApp::builder().edit("[callbacks]", NETWORKS).start().await;
    for headers in [
        &[][..],
        &[("X-Forwarded-For", "192.0.2.7")],
        &[("Forwarded", "for=192.0.2.7")],
        &[("X-Real-IP", "192.0.2.7")],
        &[("X-Client-IP", "192.0.2.7"), ("True-Client-IP", "192.0.2.7")],
    ] {
        for key in [CALLBACK_KEY, "wrong"] {
            let answer = call(&app, headers, key).await;

            let seen = (answer.status, answer.problem());
            assert_eq!(seen, (403, "callback-forbidden-source".to_owned()), "{headers:?}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_right_most_stranger_counts() {
    let app = TestApp::builder().server(PROXY).edit("[callbacks]", NETWORKS).start().await;
    for (headers, status) in [
        (&[("X-Forwarded-For", "192.0.2.7")][..], 200),
        (&[("X-Forwarded-For", "203.0.113.9, 192.0.2.7")], 200),
        (&[("X-Forwarded-For", "192.0.2.7, 10.1.2.3")], 200),
        (&[("X-Forwarded-For", "2001:db8:1::9")], 200),
        (&[("X-Forwarded-For", "::ffff:192.0.2.7")], 200),
        (&[("Forwarded", "for=\"[2001:db8:1::9]:443\";proto=https")], 200),
        (&[("Forwarded", "for=192.0.2.7"), ("X-Forwarded-For", "192.0.2.7")], 200),
        (&[], 403),
        (&[("X-Forwarded-For", "192.0.2.7, 203.0.113.9")], 403),
        (&[("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-For", "203.0.113.9")], 403),
        (&[("X-Forwarded-For", "192.0.3.7")], 403),
        (&[("X-Forwarded-For", "192.0.2.7, unknown")], 403),
        (&[("X-Forwarded-For", "192.0.2.7,")], 403),
        (&[("X-Forwarded-For", "")], 403),
        (&[("Forwarded", "for=\"192.0.2.7")], 403),
        (&[("Forwarded", "for=192.0.2.7;x=\", for=203.0.113.9")], 403),
        (&[("Forwarded", "for=192.0.2.7, for=_hidden")], 403),
        (&[("Forwarded", "for=192.0.2.7"), ("X-Forwarded-For", "203.0.113.9")], 403),
        (&[("Forwarded", "for=203.0.113.9"), ("X-Forwarded-For", "192.0.2.7")], 403),
    ] {
        let answer = call(&app, headers, CALLBACK_KEY).await;

        assert_eq!(answer.status, status, "{headers:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn the_right_address_is_no_proof_without_the_header() {
    let app = TestApp::builder().server(PROXY).edit("[callbacks]", NETWORKS).start().await;

    let answer = call(&app, &[("X-Forwarded-For", "192.0.2.7")], "wrong").await;

    assert_eq!((answer.status, answer.problem().as_str()), (401, "callback-unauthorized"));
    app.stop().await;
}

#[tokio::test]
async fn without_networks_unclear_addresses_lose_no_callback() {
    let app = TestApp::builder().server(PROXY).start().await;

    let answer = call(&app, &[("X-Forwarded-For", "unknown")], CALLBACK_KEY).await;

    assert_eq!(answer.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn callbacks_from_elsewhere_are_counted_and_not_kept() {
    let app = TestApp::builder().edit("[callbacks]", NETWORKS).start().await;
    call(&app, &[], CALLBACK_KEY).await;

    let metrics = app.http.get(format!("{}/metrics", app.admin_url)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    let database = app.directory.path().join("gerbang.db");
    let count: i64 = rusqlite::Connection::open(database)
        .unwrap()
        .query_row("SELECT count(*) FROM callbacks", [], |row| row.get(0))
        .unwrap();

    assert!(metrics.contains("gerbang_callbacks_total{outcome=\"forbidden\"}"));
    assert_eq!(count, 0);
    app.stop().await;
}
