//! The capture page: self-contained, its token in a header, its end at the partner's URLs.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::house::{House, Seen, headers, str_of, web_body};

const API: &str = "/sandbox/session";

/// The token that a web initiate puts into the launch URL.
async fn launched(house: &House, session: &str, digits: &str) -> String {
    let token = house.token().await;
    let mut headers = headers(&token, "u", session);
    headers.retain(|(name, _)| *name != "x-esign-onboarding-partner");
    let value = "SANDBOX-WEB_SDK-STANDALONE_IDENTITY_VERIFICATION";
    headers.push(("x-onboarding-partner", value));
    let seen = house.initiate_with(&headers, &web_body(digits)).await;
    str_of(&seen.data(), "launchUrl").rsplit("token=").next().unwrap().to_owned()
}

async fn ask(house: &House, token: &str) -> Seen {
    house.call(Method::GET, API, &[("x-user-token", token)], None).await
}

async fn end(house: &House, token: &str, body: Value) -> Seen {
    let path = "/sandbox/session/capture";
    house.call(Method::POST, path, &[("x-user-token", token)], Some(&body)).await
}

#[tokio::test]
async fn the_page_asks_no_other_host_for_anything() {
    let house = House::start();

    for path in ["/kyc/v2/index.html", "/sandbox/sdk"] {
        let page = house.get(path).await;

        assert_eq!(page.content_type, "text/html; charset=utf-8");
        // A drawing may point into itself.
        let text = page.text.replace("url(#", "");
        for word in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!text.contains(word), "{path} {word}");
        }
    }
}

#[tokio::test]
async fn the_page_is_told_its_session_and_the_outcome_the_contact_selects() {
    let house = House::start();
    let token = launched(&house, "s", "14").await;

    let session = ask(&house, &token).await.json();

    assert_eq!(session["source"], json!("WEB_SDK"));
    assert_eq!(session["locale"], json!("id_ID"));
    assert_eq!(session["outcome"], json!("rejected_liveness"));
    assert_eq!(session["captured"], json!(false));
}

#[tokio::test]
async fn a_finished_capture_goes_to_the_success_url_with_opaque_additions() {
    let house = House::start();
    let token = launched(&house, "s", "00").await;

    let ended = end(&house, &token, json!({ "outcome": "rejected_fraud" })).await.json();
    let again = end(&house, &token, json!({})).await;

    assert_eq!(ended["status"], json!("COMPLETED"));
    let url = str_of(&ended, "redirectUrl");
    assert!(url.starts_with("https://app.example.com/ok?keep=1&ctx="), "{url}");
    assert!(url.ends_with("#there"), "{url}");
    assert_eq!(again.status, 409);
    house.until_status("COMPLETED").await;
    assert_eq!(house.details("u").await.data()["reasonCode"], json!("FRAUD_REJECT"));
}

#[tokio::test]
async fn leaving_goes_to_the_failure_url_and_captures_nothing() {
    let house = House::start();
    let token = launched(&house, "s", "00").await;
    let never = launched(&house, "t", "51").await;

    let left = end(&house, &token, json!({ "left": true })).await.json();
    let never = end(&house, &never, json!({})).await.json();

    for ended in [left, never] {
        assert_eq!(ended["status"], json!("NOT_COMPLETED"));
        assert_eq!(ended["submissionId"], Value::Null);
        assert!(str_of(&ended, "redirectUrl").starts_with("https://app.example.com/failed?ctx="));
    }
    assert!(house.control().submissions().is_empty());
}

#[tokio::test]
async fn an_sdk_session_is_not_redirected() {
    let house = House::start();
    let data = house.initiate("u", "s", "00").await.data();

    let ended = end(&house, &str_of(&data, "token"), json!({})).await.json();

    assert_eq!(ended["status"], json!("COMPLETED"));
    assert_eq!(ended["redirectUrl"], Value::Null);
}

#[tokio::test]
async fn unknown_and_expired_tokens_are_refused() {
    let house = House::start_with(|options| options.user_token_life = Duration::from_mins(1));
    let token = launched(&house, "s", "00").await;
    house.clock.advance(Duration::from_mins(1));

    let unknown = ask(&house, "a.b.c").await;
    let none = house.get(API).await;
    let expired = ask(&house, &token).await;
    let ended = end(&house, &token, json!({})).await;

    assert_eq!((unknown.status, none.status), (401, 401));
    assert_eq!((expired.status, ended.status), (410, 410));
}
