//! Initiate flow: every documented cause for its mistake, and the two shapes of success.

use std::time::Duration;

use gerbang::sandbox::Operation;
use serde_json::{Value, json};

use super::house::{House, Seen, headers, sdk_body, str_of, web_body};

async fn with_body(house: &House, change: impl FnOnce(&mut Value)) -> Seen {
    let mut body = sdk_body("00");
    change(&mut body);
    let token = house.token().await;
    house.initiate_with(&headers(&token, "u", "s"), &body).await
}

async fn without_header(house: &House, name: &str) -> Seen {
    let token = house.token().await;
    let mut headers = headers(&token, "u", "s");
    headers.retain(|(known, _)| *known != name);
    house.initiate_with(&headers, &sdk_body("00")).await
}

#[tokio::test]
async fn each_missing_header_has_its_cause() {
    let house = House::start();
    let rows = [
        ("x-esign-onboarding-partner", "1650 ESIGN_ONBOARDING_PARTNER_CAN_NOT_BE_EMPTY"),
        ("x-partner-user-id", "1539 PARTNER_USER_ID_CAN_NOT_BE_EMPTY"),
        ("x-partner-user-id-type", "1539 PARTNER_USER_ID_TYPE_CAN_NOT_BE_EMPTY"),
        ("x-partner-session-id", "1539 PARTNER_SESSION_ID_CANNOT_BE_EMPTY"),
    ];

    for (name, cause) in rows {
        let seen = without_header(&house, name).await;

        assert_eq!((seen.status, seen.causes()), (400, vec![cause.to_owned()]), "{name}");
    }
}

/// A member of the body, what it is made, and the cause.
type Row = (&'static str, Value, &'static str);

fn wrong_bodies() -> Vec<Row> {
    let phone = "/additionalDetails/phoneNumber";
    let proof = "/additionalDetails/dataVerification";
    let phone_proof = "/additionalDetails/dataVerification/phoneNumber";
    vec![
        ("/flow", json!("CERT_REG"), "INVALID_FLOW"),
        ("/source", json!("SMOKE_SIGNAL"), "INVALID_SOURCE"),
        ("/additionalDetails", Value::Null, "ADDITIONAL_DETAILS_IS_NULL"),
        (phone, json!("+6212345678901"), "PHONE_NUMBER_IS_INVALID"),
        (phone, json!("6212345678"), "PHONE_NUMBER_IS_INVALID"),
        (phone, json!("6212345678901234"), "PHONE_NUMBER_IS_INVALID"),
        (phone, json!(62_123_456_789_u64), "PHONE_NUMBER_IS_INVALID"),
        (proof, Value::Null, "DATA_VERIFICATION_IS_EMPTY"),
        (proof, json!({}), "DATA_VERIFICATION_IS_EMPTY"),
        (phone_proof, Value::Null, "PHONE_NUMBER_VERIFICATION_MUST_BE_TRUE"),
        (
            phone_proof,
            json!({ "isVerified": false, "verificationReferenceId": "x" }),
            "PHONE_NUMBER_VERIFICATION_MUST_BE_TRUE",
        ),
        (
            phone_proof,
            json!({ "isVerified": "true", "verificationReferenceId": "x" }),
            "PHONE_NUMBER_VERIFICATION_MUST_BE_TRUE",
        ),
        (
            phone_proof,
            json!({ "isVerified": true }),
            "PHONE_NUMBER_VERIFICATION_REFERENCE_ID_IS_REQUIRED",
        ),
        (
            phone_proof,
            json!({ "isVerified": true, "verificationReferenceId": "" }),
            "PHONE_NUMBER_VERIFICATION_REFERENCE_ID_IS_REQUIRED",
        ),
    ]
}

#[tokio::test]
async fn each_wrong_member_has_its_cause() {
    let house = House::start();

    for (pointer, value, cause) in wrong_bodies() {
        let seen =
            with_body(&house, |body| *body.pointer_mut(pointer).unwrap() = value.clone()).await;

        let expected = vec![format!("1539 {cause}")];
        assert_eq!((seen.status, seen.causes()), (400, expected), "{pointer} {value}");
    }
}

#[tokio::test]
async fn each_wrong_email_has_its_cause() {
    let house = House::start();
    let proof = json!({ "email": { "isVerified": true, "verificationReferenceId": "m" } });
    let unnamed = json!({ "email": { "isVerified": true } });
    let unverified = json!({ "email": { "isVerified": false } });
    let rows = [
        (json!("a@example.com"), proof.clone(), None),
        (Value::Null, proof.clone(), Some("EMAIL_IS_NULL")),
        (json!("not an email"), proof, Some("EMAIL_IS_INVALID")),
        (json!("b@example.com"), unverified, Some("EMAIL_VERIFICATION_IS_REQUIRED")),
        (json!("c@example.com"), unnamed, Some("EMAIL_VERIFICATION_REFERENCE_ID_IS_REQUIRED")),
    ];

    for (email, proof, cause) in rows {
        let details = json!({ "email": email, "dataVerification": proof });
        let seen = with_body(&house, |body| body["additionalDetails"] = details.clone()).await;

        let causes = cause.map(|cause| vec![format!("1539 {cause}")]);
        assert_eq!(causes, (seen.status == 400).then(|| seen.causes()), "{details}");
    }
}

#[tokio::test]
async fn no_contact_at_all_has_its_cause() {
    let house = House::start();
    let details = json!({ "dataVerification": { "phoneNumber": { "isVerified": true } } });

    let seen = with_body(&house, |body| body["additionalDetails"] = details).await;

    assert_eq!(seen.causes(), ["1539 PHONE_NUMBER_OR_EMAIL_IS_REQUIRED"]);
}

#[tokio::test]
async fn several_mistakes_are_named_together() {
    let house = House::start();
    let token = house.token().await;
    let mut body = sdk_body("00");
    body["additionalDetails"]["phoneNumber"] = json!("1");

    let seen = house.initiate_with(&[("x-onekyc-token", &token)], &body).await;

    assert_eq!(
        seen.causes(),
        [
            "1650 ESIGN_ONBOARDING_PARTNER_CAN_NOT_BE_EMPTY",
            "1539 PARTNER_USER_ID_CAN_NOT_BE_EMPTY",
            "1539 PARTNER_USER_ID_TYPE_CAN_NOT_BE_EMPTY",
            "1539 PARTNER_SESSION_ID_CANNOT_BE_EMPTY",
            "1539 PHONE_NUMBER_IS_INVALID",
        ]
    );
}

#[tokio::test]
async fn no_token_is_401_with_entity_and_an_empty_one_is_400() {
    let house = House::start();

    let missing = without_header(&house, "x-onekyc-token").await;
    let empty = house.initiate_with(&headers("", "u", "s"), &sdk_body("00")).await;
    let wrong = house.initiate_with(&headers("a.b.c", "u", "s"), &sdk_body("00")).await;

    let expected = json!({
        "success": false,
        "data": null,
        "errors": [{ "code": "110", "entity": "ESIGN_ADAPTER", "cause": "UNAUTHORIZED" }]
    });
    assert_eq!((missing.status, missing.json()), (401, expected.clone()));
    assert_eq!((wrong.status, wrong.json()), (401, expected));
    assert_eq!(empty.causes(), ["1650 ESIGN_PARTNER_CAN_NOT_BE_EMPTY"]);
}

#[tokio::test]
async fn either_onboarding_header_is_taken_and_its_value_must_fit_the_source() {
    let house = House::start();
    let token = house.token().await;
    let web = "SANDBOX-WEB_SDK-STANDALONE_IDENTITY_VERIFICATION";
    let sdk = "SANDBOX-SDK-STANDALONE_IDENTITY_VERIFICATION";
    let with = |session, name, value| {
        let mut headers = headers(&token, "u", session);
        headers.retain(|(known, _)| *known != "x-esign-onboarding-partner");
        headers.push((name, value));
        headers
    };

    let old_name =
        house.initiate_with(&with("1", "x-onboarding-partner", sdk), &sdk_body("00")).await;
    let fits =
        house.initiate_with(&with("2", "x-esign-onboarding-partner", web), &web_body("00")).await;
    let wrong_source =
        house.initiate_with(&with("3", "x-esign-onboarding-partner", web), &sdk_body("00")).await;
    let foreign =
        house.initiate_with(&with("4", "x-onboarding-partner", "OTHER"), &sdk_body("00")).await;

    assert_eq!((old_name.status, fits.status), (200, 200));
    for refused in [wrong_source, foreign] {
        assert_eq!(refused.status, 403);
        assert_eq!(refused.causes(), ["110 ONBOARDING_PARTNER_DOES_NOT_BELONG_TO_CLIENT"]);
    }
}

#[tokio::test]
async fn a_session_id_works_once_and_a_refused_call_does_not_take_it() {
    let house = House::start();

    let refused = with_body(&house, |body| body["flow"] = json!("NONE")).await;
    let first = house.initiate("u", "s", "00").await;
    let second = house.initiate("other", "s", "00").await;

    assert_eq!((refused.status, first.status, second.status), (400, 200, 400));
    assert_eq!(second.causes(), ["1539 DUPLICATE_PARTNER_SESSION_ID"]);
}

#[tokio::test]
async fn the_label_and_a_named_submission_must_be_the_users() {
    let house = House::start_with(|options| options.user_id_type = Some("AGREED".to_owned()));
    let token = house.token().await;
    let mut named = headers(&token, "u", "s");
    named.retain(|(name, _)| *name != "x-partner-user-id-type");
    named.extend([("x-partner-user-id-type", "AGREED"), ("x-submission-id", "someone-elses")]);

    let label = house.initiate("u", "s", "00").await;
    let submission = house.initiate_with(&named, &sdk_body("00")).await;

    assert_eq!(label.causes(), ["1539 INVALID_PARTNER"]);
    assert_eq!(submission.causes(), ["1653 SUBMISSION_ID_DOES_NOT_BELONG_TO_CURRENT_USER"]);
}

#[tokio::test]
async fn a_body_must_be_json_and_say_so() {
    let house = House::start();
    let token = house.token().await;
    let mut text = headers(&token, "u", "s");
    text.push(("content-type", "text/plain"));

    let named = house.initiate_with(&text, &sdk_body("00")).await;
    let list = house.initiate_with(&headers(&token, "u", "s"), &json!([1])).await;

    assert_eq!(named.causes(), ["1539 INVALID_CONTENT_TYPE"]);
    assert_eq!(list.causes(), ["1539 INVALID_REQUEST_BODY"]);
}

#[tokio::test]
async fn sdk_gets_a_token_of_sixty_days() {
    let house = House::start();

    let data = house.initiate("u", "s", "00").await.data();

    assert_eq!(data["expirySeconds"], json!("5184000"));
    // 2026-07-31T03:00:00Z.
    assert_eq!(data["expiresAt"], json!("1785466800"));
    assert_eq!(str_of(&data, "token").split('.').count(), 3);
    assert_eq!(data["launchUrl"], Value::Null);
}

#[tokio::test]
async fn web_needs_both_redirects_and_gets_a_launch_url() {
    let house = House::start_with(|options| {
        options.public_url = Some("https://web.example.com/".to_owned());
        options.user_token_life = Duration::from_secs(90);
    });
    // The public address is where browsers go; calls go to where it listens.
    let base = format!("http://{}", house.sandbox.addr());
    let token = {
        let headers = [("client-id", "sandbox-client"), ("pass-key", "sandbox-pass-key")];
        let url = format!("{base}/v1/esign/partner/authentication");
        let seen = house.call(reqwest::Method::GET, &url, &headers, None).await;
        str_of(&seen.data(), "token")
    };
    let mut headers = headers(&token, "u", "s");
    headers.retain(|(name, _)| *name != "x-esign-onboarding-partner");
    let value = "SANDBOX-WEB_SDK-STANDALONE_IDENTITY_VERIFICATION";
    headers.push(("x-esign-onboarding-partner", value));
    let url = format!("{base}/esign-partner/v1/initiate-flow");
    let mut unreturning = web_body("00");
    unreturning["successRedirectionUrl"] = Value::Null;
    unreturning["failureRedirectionUrl"] = json!("");

    let refused = house.call(reqwest::Method::POST, &url, &headers, Some(&unreturning)).await;
    let seen = house.call(reqwest::Method::POST, &url, &headers, Some(&web_body("00"))).await;

    assert_eq!(
        refused.causes(),
        ["1539 SUCCESS_REDIRECTION_URL_IS_REQUIRED", "1539 FAILURE_REDIRECTION_URL_IS_REQUIRED"]
    );
    let launch_url = str_of(&seen.data(), "launchUrl");
    assert!(
        launch_url.starts_with("https://web.example.com/kyc/v2/index.html#/launch-v1?token="),
        "{launch_url}"
    );
    assert_eq!(seen.data()["expirySeconds"], json!("90"));
    assert_eq!(seen.data()["token"], Value::Null);
}

#[tokio::test]
async fn what_arrived_is_recorded_without_secrets() {
    let house = House::start();

    house.initiate("u", "s", "00").await;

    let requests = house.control().requests_of(Operation::Initiate);
    let request = requests.first().unwrap();
    assert_eq!(request.session_id(), Some("s"));
    assert_eq!(request.token_generation, Some(1));
    assert_eq!(request.header("x-onekyc-token"), Some("[hidden]"));
    assert_eq!(request.body, Some(sdk_body("00")));
    let token_call = house.control().requests_of(Operation::Token);
    assert_eq!(token_call.first().unwrap().header("pass-key"), Some("[hidden]"));
}
