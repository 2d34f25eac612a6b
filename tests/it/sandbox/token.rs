//! Get partner token: both shapes, its errors, and how long a token is good.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::house::{House, headers, sdk_body};

const PATH: &str = "/v1/esign/partner/authentication";

#[tokio::test]
async fn token_says_its_life_in_strings() {
    let house = House::start();

    let data = house.token_call().await.data();

    assert_eq!(data["expiry_seconds"], json!("1800"));
    // 2026-06-01T03:30:00Z.
    assert_eq!(data["expires_at"], json!("1780284600"));
    assert_eq!(data["token"].as_str().unwrap().split('.').count(), 3);
}

#[tokio::test]
async fn token_of_the_older_generation_has_no_expiry_time() {
    let house = House::start_with(|options| options.token_without_expires_at = true);

    let seen = house.token_call().await;
    let refused = house.get(PATH).await;

    assert_eq!(seen.data()["expires_at"], Value::Null);
    assert_eq!(seen.data()["expiry_seconds"], json!("1800"));
    assert_eq!(refused.causes(), ["1539 MISSING_CLIENT_ID", "1539 MISSING_PASS_KEY"]);
}

#[tokio::test]
async fn times_are_numbers_when_asked() {
    let house = House::start_with(|options| options.times_as_numbers = true);

    let data = house.token_call().await.data();
    let initiated = house.initiate("u", "s", "00").await.data();

    assert_eq!(data["expiry_seconds"], json!(1800));
    assert_eq!(data["expires_at"], json!(1_780_284_600));
    assert_eq!(initiated["expirySeconds"], json!(5_184_000));
}

#[tokio::test]
async fn missing_and_wrong_credentials_are_refused() {
    let house = House::start();
    let wrong = [("client-id", "sandbox-client"), ("pass-key", "wrong")];

    let missing = house.get(PATH).await;
    let half = house.call(Method::GET, PATH, &[("client-id", "sandbox-client")], None).await;
    let unknown = house.call(Method::GET, PATH, &wrong, None).await;

    assert_eq!(missing.status, 400);
    assert_eq!(missing.causes(), ["1650 MISSING_CLIENT_ID", "1650 MISSING_PASS_KEY"]);
    assert_eq!(half.causes(), ["1650 MISSING_PASS_KEY"]);
    assert_eq!(unknown.status, 401);
    assert_eq!(
        unknown.json(),
        json!({ "success": false, "errors": [{ "code": "110", "cause": "UNAUTHORIZED" }] })
    );
}

#[tokio::test]
async fn token_is_good_until_its_last_second() {
    let house = House::start();
    let token = house.token().await;

    house.clock.advance(Duration::from_secs(1_799));
    let good = house.initiate_with(&headers(&token, "u", "one"), &sdk_body("00")).await;
    house.clock.advance(Duration::from_secs(1));
    let expired = house.initiate_with(&headers(&token, "u", "two"), &sdk_body("00")).await;

    assert_eq!(good.status, 200);
    assert_eq!(expired.status, 401);
}

#[tokio::test]
async fn revoked_tokens_are_refused_and_new_ones_are_good() {
    let house = House::start();
    let token = house.token().await;

    house.control().revoke_partner_tokens();
    let refused = house.initiate_with(&headers(&token, "u", "one"), &sdk_body("00")).await;
    let good = house.initiate("u", "two", "00").await;

    assert_eq!(refused.status, 401);
    assert_eq!(good.status, 200);
}
