//! The way back from the provider's page, straight to the app or through the gateway.

use gerbang::sandbox::Operation;
use jiff::SignedDuration;
use reqwest::{Method, redirect::Policy};
use serde_json::{Value, json};

use crate::support::{Answer, PATIENCE, TestApp};

/// A gateway that browsers come back through, and an HTTP client that goes nowhere by itself.
async fn gateway() -> TestApp {
    let mut app =
        TestApp::builder().without_callbacks().redirects("mode = \"gateway\"").start().await;
    let client = reqwest::Client::builder().no_proxy().redirect(Policy::none());
    app.http = client.timeout(PATIENCE).build().unwrap();
    app
}

fn wish(success: &str, failure: &str) -> Value {
    json!({ "channel": "web", "redirectUrls": { "success": success, "failure": failure } })
}

fn usual_wish() -> Value {
    wish("https://app.partner.example/kyc/done?x=1", "partnerapp://kyc/failed")
}

/// Plays the user at the provider's page to the end; says where the page sends the browser.
async fn capture(app: &TestApp, started: &Answer, ending: Value) -> String {
    let launch_url = started.text("/launchUrl");
    let (page, token) = launch_url.split_once("#/launch-v1?token=").unwrap();
    let host = page.split("/kyc/").next().unwrap();
    let url = format!("{host}/sandbox/session/capture");
    let request = app.http.post(url).header("x-user-token", token).json(&ending);
    let ended: Value = request.send().await.unwrap().json().await.unwrap();
    ended["redirectUrl"].as_str().unwrap().to_owned()
}

/// The browser opens an address below the public one.
async fn open(app: &TestApp, url: &str) -> Answer {
    let path = url.strip_prefix("http://127.0.0.1:8080").unwrap();
    app.send(app.http.get(format!("{}{path}", app.base_url))).await
}

/// The address the provider was given.
fn given(app: &TestApp, outcome: &str) -> String {
    let sent = app.provider.requests_of(Operation::Initiate).pop().unwrap().body.unwrap();
    sent[format!("{outcome}RedirectionUrl")].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_finished_capture_comes_back_to_the_app_and_counts_as_a_hint() {
    let app = gateway().await;
    let token = app.token("cust-1", "00");
    let started = app.start_verification(&token, usual_wish()).await;
    let id = started.text("/id");

    let url = capture(&app, &started, json!({})).await;
    let sent_on = open(&app, &url).await;

    assert!(url.starts_with("http://127.0.0.1:8080/return/") && url.contains("/success?ctx="));
    assert_eq!(sent_on.status, 303);
    let expected = format!("https://app.partner.example/kyc/done?x=1&verificationId={id}");
    assert_eq!(sent_on.header("location"), expected);
    assert_eq!(sent_on.header("cache-control"), "no-store");
    assert_eq!(sent_on.header("referrer-policy"), "no-referrer");
    assert!(sent_on.body.is_empty());
    let seen = app.get_verification(&token, &id).await;
    assert_eq!(
        (seen.text("/status").as_str(), seen.text("/nextAction").as_str()),
        ("pending", "wait")
    );
    app.provider.wait_until(|provider| provider.scripts_running() == 0).await;
    app.advance(SignedDuration::from_secs(18)).await;
    app.wait_for(&token, &id, &["approved"]).await;
    app.stop().await;
}

#[tokio::test]
async fn coming_back_by_failure_leaves_the_door_open() {
    let app = gateway().await;
    let token = app.token("cust-1", "00");
    let started = app.start_verification(&token, usual_wish()).await;
    let id = started.text("/id");

    let url = capture(&app, &started, json!({ "left": true })).await;
    let sent_on = open(&app, &url).await;

    assert!(url.contains("/failure?ctx="));
    let expected = format!("partnerapp://kyc/failed?verificationId={id}");
    assert_eq!((sent_on.status, sent_on.header("location")), (303, expected.as_str()));
    let seen = app.get_verification(&token, &id).await;
    assert_eq!(seen.text("/nextAction"), "open_web");
    assert_eq!(seen.json()["revision"], started.json()["revision"], "nothing visible changed");
    // Only the next look at the provider comes earlier: 15 seconds after a hint, give or take three.
    app.advance(SignedDuration::from_secs(18)).await;
    let asked = app.provider.wait_for_calls(Operation::Details, 1);
    tokio::time::timeout(PATIENCE, asked).await.unwrap();
    app.stop().await;
}

#[tokio::test]
async fn apps_see_their_own_urls_and_the_provider_sees_ours() {
    let app = gateway().await;
    let token = app.token("cust-1", "00");

    let started = app.start_verification(&token, usual_wish()).await;
    let first = given(&app, "success");
    let resumed = app.start_verification(&token, usual_wish()).await;
    let renewed = app.renew(&token, &started.text("/id")).await;

    for answer in [&started, &resumed, &renewed] {
        assert_eq!(answer.json()["redirectUrls"], usual_wish()["redirectUrls"]);
    }
    assert_eq!(resumed.text("/launchUrl"), started.text("/launchUrl"));
    let (success, failure) = (given(&app, "success"), given(&app, "failure"));
    assert_eq!(success.strip_suffix("success"), failure.strip_suffix("failure"));
    assert_ne!(success, first, "each attempt has a way back of its own");
    let way = success.split('/').nth_back(1).unwrap();
    assert!(way.len() == 64 && !started.body.windows(64).any(|it| it == way.as_bytes()));
    // The older one leads home all the same.
    assert_eq!(open(&app, &first).await.status, 303);
    app.stop().await;
}

#[tokio::test]
async fn what_the_browser_brings_is_not_believed_and_not_passed_on() {
    let app = gateway().await;
    let token = app.token("cust-1", "00");
    let started = app.start_verification(&token, usual_wish()).await;
    let url = given(&app, "failure");
    let expected = format!("partnerapp://kyc/failed?verificationId={}", started.text("/id"));

    for query in ["", "?", "?verificationId=ver_x&status=approved", "?url=https://evil.example/"] {
        let sent_on = open(&app, &format!("{url}{query}")).await;

        assert_eq!((sent_on.status, sent_on.header("location")), (303, expected.as_str()));
    }
    app.stop().await;
}

#[tokio::test]
async fn fetching_ahead_and_asking_for_heads_change_nothing_and_coming_twice_is_coming_once() {
    let app = gateway().await;
    let token = app.token("cust-1", "00");
    let started = app.start_verification(&token, usual_wish()).await;
    let (id, url) = (started.text("/id"), given(&app, "success"));
    let address = url.replace("http://127.0.0.1:8080", &app.base_url);

    let ahead = app.http.get(&address).header("Sec-Purpose", "prefetch;prerender");
    let ahead = app.send(ahead).await;
    let older = app.send(app.http.get(&address).header("Purpose", "prefetch")).await;
    let head = app.http.head(&address).send().await.unwrap();
    let untouched = app.get_verification(&token, &id).await;
    open(&app, &url).await;
    let once = app.get_verification(&token, &id).await;
    let again = open(&app, &url).await;
    let twice = app.get_verification(&token, &id).await;

    assert_eq!((ahead.status, older.status, head.status().as_u16()), (303, 303, 405));
    assert_eq!(untouched.text("/nextAction"), "open_web");
    assert_eq!((once.text("/nextAction"), again.status), ("wait".to_owned(), 303));
    assert_eq!(once.body, twice.body);
    app.stop().await;
}

#[tokio::test]
async fn unknown_and_expired_addresses_are_404() {
    let app = gateway().await;
    app.start_verification(&app.token("cust-1", "00"), usual_wish()).await;
    let url = given(&app, "success");
    let way = url.split('/').nth_back(1).unwrap().to_owned();
    let other = format!("{}{}", &way[1..], &way[..1]);
    for path in [
        format!("/return/{other}/success"),
        format!("/return/{way}/approved"),
        format!("/return/{way}/Success"),
        format!("/return/{}/success", way.to_uppercase()),
        format!("/return/{}/success", &way[1..]),
        "/return/x/success".to_owned(),
        format!("/return/{way}"),
        format!("/return/{way}/success/"),
    ] {
        let answer = app.send(app.request(Method::GET, &path, "")).await;

        assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"), "{path}");
    }
    app.advance(SignedDuration::from_hours(25) - SignedDuration::from_secs(1)).await;
    let in_grace = open(&app, &url).await;
    app.advance(SignedDuration::from_secs(1)).await;
    let over = open(&app, &url).await;

    assert_eq!(in_grace.status, 303);
    assert_eq!((over.status, over.problem().as_str()), (404, "not-found"));
    app.stop().await;
}

#[tokio::test]
async fn ways_back_survive_a_restart() {
    let app = gateway().await;
    let token = app.token("cust-1", "00");
    app.start_verification(&token, usual_wish()).await;
    let url = given(&app, "success");

    let app = app.restart().await;

    assert_eq!(open(&app, &url).await.status, 303);
    app.stop().await;
}

#[tokio::test]
async fn without_the_gateways_mode_the_provider_gets_the_apps_urls() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let started = app.start_verification(&token, usual_wish()).await;

    let url = capture(&app, &started, json!({})).await;

    assert_eq!(given(&app, "success"), "https://app.partner.example/kyc/done?x=1");
    assert!(url.starts_with("https://app.partner.example/kyc/done?x=1&ctx="), "{url}");
    app.stop().await;
}
