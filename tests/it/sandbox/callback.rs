//! Callbacks: header and method as agreed, tried again, never redirected, sometimes too early.

use std::time::Duration;

use gerbang::sandbox::{CallbackAnswer, CallbackMethod, CallbackTarget, Outcome};
use secrecy::SecretString;
use serde_json::json;

use super::house::{House, str_of};
use super::partner::Partner;

#[tokio::test]
async fn a_callback_has_the_agreed_method_and_header_and_no_envelope() {
    for (method, name) in [
        (CallbackMethod::Post, "post"),
        (CallbackMethod::Put, "put"),
        (CallbackMethod::Patch, "patch"),
    ] {
        let house = House::start();
        let partner = Partner::open().await;
        house.control().set_callback_target(Some(partner.target(method)));

        let captured = house.captured("u", "s", "01").await;
        house.until_quiet().await;

        let [call] = partner.arrived().try_into().unwrap();
        assert_eq!(call.method, name);
        assert!(call.head.contains("x-callback-key: agreed-value"));
        assert!(call.head.contains("content-type: application/json"));
        assert_eq!(call.body["submissionId"], json!(captured.submission_id));
        assert!(call.body.get("flow").is_none() && call.body.get("processedAt").is_none());
        let certificate = &call.body["submissionDetails"]["certificateRegistration"];
        assert!(certificate.is_object() && certificate.get("registrationId").is_none());
    }
}

#[tokio::test]
async fn a_callback_is_tried_again_with_a_doubling_wait() {
    let house = House::start();
    let partner = Partner::open().await;
    partner.answer_with(&[500, 302]);
    house.control().set_callback_target(Some(partner.target(CallbackMethod::Post)));

    house.captured("u", "s", "01").await;
    house.clock.slept(1).await;
    house.clock.advance(Duration::from_secs(1));
    house.clock.slept(2).await;
    house.clock.advance(Duration::from_secs(1));
    let after_two = partner.arrived().len();
    house.clock.advance(Duration::from_secs(1));
    house.until_quiet().await;

    assert_eq!((after_two, partner.arrived().len()), (2, 3));
    let tries: Vec<_> = house
        .control()
        .callbacks()
        .into_iter()
        .map(|attempt| (attempt.attempt, attempt.answer))
        .collect();
    let answered = |status| CallbackAnswer::Answered { status };
    assert_eq!(tries, [(1, answered(500)), (2, answered(302)), (3, answered(200))]);
    assert_eq!(house.control().callbacks_delivered(), 1);
}

#[tokio::test]
async fn a_callback_is_given_up_after_its_tries() {
    let house = House::start_with(|options| {
        options.callback_attempts = 2;
        options.callback_backoff = Duration::ZERO;
    });
    let header = ("x-callback-key".to_owned(), SecretString::from("agreed-value"));
    // Port 1 of loopback has no listener.
    let url = "http://127.0.0.1:1/secret-path".to_owned();
    let target = CallbackTarget { url, method: CallbackMethod::Post, header };
    house.control().set_callback_target(Some(target));

    house.captured("u", "s", "01").await;
    house.until_quiet().await;

    let attempts = house.control().callbacks();
    assert_eq!(attempts.len(), 2);
    let shown = format!("{attempts:?}");
    assert!(!shown.contains("secret-path") && !shown.contains("agreed-value"), "{shown}");
}

#[tokio::test]
async fn without_a_target_the_callback_is_only_recorded() {
    let house = House::start();

    house.captured("u", "s", "01").await;
    house.until_quiet().await;

    let [attempt] = house.control().callbacks().try_into().unwrap();
    assert_eq!(attempt.answer, CallbackAnswer::NoTarget);
}

#[tokio::test]
async fn a_callback_waits_for_its_delay_and_details_do_not() {
    let house = House::start_with(|options| options.callback_delay = Duration::from_secs(5));
    let partner = Partner::open().await;
    house.control().set_callback_target(Some(partner.target(CallbackMethod::Post)));

    house.captured("u", "s", "01").await;
    house.clock.slept(1).await;
    house.until_status("COMPLETED").await;
    let before = partner.arrived().len();
    house.clock.advance(Duration::from_secs(5));
    house.until_quiet().await;

    assert_eq!((before, partner.arrived().len()), (0, 1));
}

#[tokio::test]
async fn the_first_callback_may_come_before_initiate_is_answered() {
    let house = House::start_with(|options| options.outcome_delay = Duration::from_secs(5));
    let partner = Partner::open().await;
    house.control().set_callback_target(Some(partner.target(CallbackMethod::Post)));

    let seen = house.initiate("u", "s", "81").await;

    assert_eq!(seen.status, 200);
    let [call] = partner.arrived().try_into().unwrap();
    assert_eq!(call.words(), "PARTIALLY_COMPLETED VALID -");
    assert_eq!(str_of(&call.body, "partnerSessionId"), "s");
}

#[tokio::test]
async fn any_body_can_be_sent() {
    let house = House::start();
    let partner = Partner::open().await;
    partner.answer_with(&[401]);
    house.control().set_callback_target(Some(partner.target(CallbackMethod::Post)));

    let answer = house.control().send_callback(&json!({ "submissionId": "forged" })).await;

    assert_eq!(answer, CallbackAnswer::Answered { status: 401 });
    assert_eq!(str_of(&partner.arrived().first().unwrap().body, "submissionId"), "forged");
}

#[tokio::test]
async fn forced_outcomes_come_before_the_digits_and_the_page_before_both() {
    let house = House::start();
    house.control().force_person("u", Outcome::ErrorSystem);
    house.control().force_session("two", Outcome::RejectedFraud);

    house.captured("u", "one", "00").await;
    house.captured("u", "two", "00").await;
    house.captured_as("u", "three", Outcome::PartialStays).await;
    house.control().clear_forced();
    house.captured("u", "four", "14").await;

    let outcomes: Vec<_> =
        house.control().submissions().iter().map(|submission| submission.outcome).collect();
    assert_eq!(
        outcomes,
        [
            Outcome::ErrorSystem,
            Outcome::RejectedFraud,
            Outcome::PartialStays,
            Outcome::RejectedLiveness
        ]
    );
}
