//! Submission details and the pictures behind their links.

use std::time::Duration;

use gerbang::sandbox::{Operation, Outcome};
use reqwest::Method;
use serde_json::{Value, json};

use super::house::{House, headers, str_of};
use super::partner::words;

const PATH: &str = "/esign-partner/v1/submissions";

#[tokio::test]
async fn nothing_is_there_before_the_first_capture() {
    let house = House::start();

    let stranger = house.details("u").await;
    house.initiate("u", "s", "00").await;
    let initiated = house.details("u").await;

    assert_eq!((stranger.status, initiated.status), (404, 404));
    assert_eq!(stranger.causes(), ["1518 USER_NOT_FOUND"]);
    assert_eq!(stranger.json()["data"], json!({}));
    assert_eq!(
        initiated.causes(),
        ["1514 USER_NOT_FOUND_FOR_PARTNER_AND_PARTNER_USER_ID_AND_PARTNER_USER_ID_TYPE"]
    );
}

#[tokio::test]
async fn headers_are_required() {
    let house = House::start();
    let token = house.token().await;
    let only_token = [("x-onekyc-token", token.as_str())];
    let mut named = headers(&token, "u", "s");
    named.push(("x-submission-id", "someone-elses"));

    let missing = house.call(Method::GET, PATH, &only_token, None).await;
    let foreign = house.call(Method::GET, PATH, &named, None).await;
    let nobody = house.get(PATH).await;

    assert_eq!(
        missing.causes(),
        [
            "1539 PARTNER_USER_ID_CAN_NOT_BE_EMPTY",
            "1539 PARTNER_USER_ID_TYPE_CAN_NOT_BE_EMPTY",
            "1539 PARTNER_SESSION_ID_CANNOT_BE_EMPTY"
        ]
    );
    assert_eq!(foreign.causes(), ["1653 SUBMISSION_ID_DOES_NOT_BELONG_TO_CURRENT_USER"]);
    assert_eq!(nobody.status, 401);
}

#[tokio::test]
async fn a_valid_submission_has_every_part() {
    let house = House::start();
    let captured = house.captured("u", "s", "01").await;
    house.until_status("COMPLETED").await;

    let data = house.details("u").await.data();

    assert_eq!(data["submissionId"], json!(captured.submission_id));
    assert_eq!(data["userId"], json!("u"));
    assert_eq!(data["userIdType"], json!("EXAMPLE_USER"));
    assert_eq!(data["partnerSessionId"], json!("s"));
    assert_eq!(data["flow"], json!("STANDALONE_IDENTITY_VERIFICATION"));
    assert_eq!(data["processedAt"], json!("2026-06-01T03:00:00Z"));
    let details = &data["submissionDetails"];
    assert_eq!(details["verificationResult"]["selfie"], json!("PASS"));
    assert_eq!(details["ktpData"].as_object().unwrap().len(), 19);
    assert!(str_of(&details["ktpData"], "nik").starts_with("99"));
    assert!(details["certificateRegistration"]["registrationId"].is_string());
    assert_eq!(details["imageUrls"].as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn a_rejected_submission_tells_why_in_two_languages_and_no_card() {
    let house = House::start();
    house.captured("u", "s", "11").await;
    house.until_status("COMPLETED").await;

    let data = house.details("u").await.data();

    assert_eq!(data["reasonCode"], json!("NOT_EKTP"));
    let details = &data["submissionDetails"];
    for language in ["en_ID", "id_ID"] {
        let translation = &details["rejectionReasonTranslations"][language];
        assert!(translation["title"].is_string() && translation["message"].is_string());
    }
    assert_eq!(details["ktpData"], Value::Null);
    assert_eq!(details["verificationResult"], Value::Null);
}

#[tokio::test]
async fn the_newest_capture_is_the_current_submission() {
    let house = House::start();
    house.captured("u", "one", "11").await;
    let second = house.captured("u", "two", "50").await;

    let data = house.details("u").await.data();
    let other_label = {
        let token = house.token().await;
        let mut headers = headers(&token, "u", "s");
        headers.retain(|(name, _)| *name != "x-partner-user-id-type");
        headers.push(("x-partner-user-id-type", "OTHER"));
        house.call(Method::GET, PATH, &headers, None).await
    };

    assert_eq!(data["submissionId"], json!(second.submission_id));
    assert_eq!(words(&data), "IN_PROGRESS - -");
    assert_eq!(data["partnerSessionId"], json!("two"));
    assert_eq!(other_label.status, 404);
}

#[tokio::test]
async fn a_result_takes_the_usual_delay() {
    let house = House::start_with(|options| options.outcome_delay = Duration::from_secs(10));
    house.captured("u", "s", "00").await;

    let before = house.details("u").await.data();
    house.clock.advance(Duration::from_secs(10));
    house.until_status("PARTIALLY_COMPLETED").await;
    let between = house.details("u").await.data();

    assert_eq!(words(&before), "IN_PROGRESS - -");
    assert_eq!(words(&between), "PARTIALLY_COMPLETED VALID -");
}

#[tokio::test]
async fn picture_links_open_small_pngs_until_they_expire() {
    let house = House::start();
    house.captured_as("u", "s", Outcome::ApprovedAtOnce).await;
    house.until_status("COMPLETED").await;
    let data = house.details("u").await.data();
    let link = str_of(&data["submissionDetails"]["imageUrls"], "KTP");

    let good = house.get(&link).await;
    let altered = house.get(&link.replace("_KTP", "_SELFIE")).await;
    house.clock.advance(Duration::from_hours(5 * 24));
    let expired = house.get(&link).await;

    assert!(link.contains("X-Amz-Date=20260601T030000Z") && link.contains("X-Amz-Expires=432000"));
    assert_eq!((good.status, good.content_type.as_str()), (200, "image/png"));
    assert!(altered.status == 403 && altered.text.contains("SignatureDoesNotMatch"));
    assert!(expired.status == 403 && expired.text.contains("expired"));
    assert_eq!(house.control().calls(Operation::Image), 3);
}
