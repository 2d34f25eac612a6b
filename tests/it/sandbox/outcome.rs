//! Every row of the outcome table: what is called back, in order, and what details say at the end.

use std::time::Duration;

use gerbang::sandbox::{CallbackMethod, OUTCOMES};
use serde_json::{Value, json};

use super::house::{House, str_of};
use super::partner::{Arrived, Partner, words};

const PARTIAL: &str = "PARTIALLY_COMPLETED VALID -";
const VALID: &str = "COMPLETED VALID -";
const DUPLICATED: &[&str] =
    &[PARTIAL, PARTIAL, PARTIAL, PARTIAL, PARTIAL, VALID, VALID, VALID, VALID, VALID];

/// The callbacks and the last details of one outcome.
fn expected(name: &str) -> (Vec<&'static str>, &'static str) {
    let invalid = |words| (vec![words], words);
    match name {
        "approved" | "callback_first" => (vec![PARTIAL, VALID], VALID),
        "approved_at_once" | "callback_late" | "extra_fields" | "valid_with_fail"
        | "older_session" | "details_late" => (vec![VALID], VALID),
        "rejected_fraud" => invalid("COMPLETED INVALID FRAUD_REJECT"),
        "rejected_not_ektp" => invalid("COMPLETED INVALID NOT_EKTP"),
        "rejected_dukcapil" => invalid("COMPLETED INVALID DUKCAPIL_REJECTED"),
        "rejected_aether" => invalid("COMPLETED INVALID AETHER_VERIFICATION_FAILED"),
        "rejected_liveness" => invalid("COMPLETED INVALID LIVENESS_CHECK_FAILED"),
        "rejected_email_used" => invalid("COMPLETED INVALID EMAIL_HAS_BEEN_USED"),
        "rejected_phone_used" => invalid("COMPLETED INVALID PHONE_HAS_BEEN_USED"),
        "rejected_system_error" => invalid("COMPLETED INVALID SYSTEM_ERROR"),
        "rejected_dukcapil_irretrievable" => {
            invalid("COMPLETED INVALID DUKCAPIL_IRRETRIEVABLE_ERROR")
        }
        "rejected_dukcapil_system" => invalid("COMPLETED INVALID DUKCAPIL_SYSTEM_ERROR"),
        "rejected_without_reason" => invalid("COMPLETED INVALID -"),
        "result_rejected" => invalid("COMPLETED REJECTED NOT_EKTP"),
        "rejected_new_reason" => invalid("COMPLETED INVALID REASON_OF_TOMORROW"),
        "partial_stays" => (vec![PARTIAL], PARTIAL),
        "partial_then_invalid" => (
            vec![PARTIAL, "COMPLETED INVALID DUKCAPIL_REJECTED"],
            "COMPLETED INVALID DUKCAPIL_REJECTED",
        ),
        "partial_then_error" => (vec![PARTIAL, "ERROR - SYSTEM_ERROR"], "ERROR - SYSTEM_ERROR"),
        "error_system" => invalid("ERROR - SYSTEM_ERROR"),
        "error_dukcapil" => invalid("ERROR - DUKCAPIL_IRRETRIEVABLE_ERROR"),
        "error_without_reason" => invalid("ERROR - -"),
        "never_finishes" => (vec![], "IN_PROGRESS - -"),
        "never_captured" => (vec![], "404"),
        "callback_missing" => (vec![], VALID),
        "callback_duplicated" => (DUPLICATED.to_vec(), VALID),
        "callback_reordered" => (vec![VALID, PARTIAL], VALID),
        "callback_contradicted" => (vec![VALID], "COMPLETED INVALID FRAUD_REJECT"),
        "unknown_status" => invalid("STATUS_OF_TOMORROW VALID -"),
        "unknown_result" => invalid("COMPLETED RESULT_OF_TOMORROW -"),
        other => (vec![], if other.is_empty() { "" } else { "this test does not know it" }),
    }
}

#[tokio::test]
async fn every_outcome_is_told_as_its_row_says() {
    for row in OUTCOMES {
        let house = House::start();
        let partner = Partner::open().await;
        house.control().set_callback_target(Some(partner.target(CallbackMethod::Post)));
        let (callbacks, details) = expected(row.name);

        assert_eq!(house.initiate("u", "s", row.digits).await.status, 200);
        // The outcome that overtakes initiate has captured already.
        let captured = house.control().finish_capture("s");
        assert_eq!(captured.is_err(), row.name == "callback_first", "{}", row.name);
        if has_long_delay(row.name) {
            house.clock.slept(1).await;
            house.clock.advance(Duration::from_mins(1));
        }
        house.until_quiet().await;

        let told: Vec<String> = partner.arrived().iter().map(Arrived::words).collect();
        assert_eq!(told, callbacks, "{}", row.name);
        let seen = house.details("u").await;
        let said = if seen.status == 404 { "404".to_owned() } else { words(&seen.data()) };
        assert_eq!(said, details, "{}", row.name);
        house.sandbox.stop().await;
    }
}

fn has_long_delay(name: &str) -> bool {
    ["callback_late", "details_late"].contains(&name)
}

#[tokio::test]
async fn the_late_ones_are_late_by_the_clock() {
    let house = House::start();
    let partner = Partner::open().await;
    house.control().set_callback_target(Some(partner.target(CallbackMethod::Post)));

    house.captured("late-callback", "one", "62").await;
    house.captured("late-details", "two", "65").await;
    house.clock.slept(2).await;
    house.until(|control| control.callbacks_delivered() == 1).await;

    let told = partner.arrived();
    assert_eq!(str_of(&told.first().unwrap().body, "userId"), "late-details");
    assert_eq!(words(&house.details("late-callback").await.data()), VALID);
    assert_eq!(words(&house.details("late-details").await.data()), "IN_PROGRESS - -");
}

#[tokio::test]
async fn the_odd_ones_are_odd_in_callback_and_details_alike() {
    let house = House::start();
    let partner = Partner::open().await;
    house.control().set_callback_target(Some(partner.target(CallbackMethod::Post)));

    house.captured("failed-check", "one", "73").await;
    house.until_quiet().await;
    house.captured("no-reason", "two", "20").await;
    house.until_quiet().await;
    house.captured("extra", "three", "72").await;
    house.until_quiet().await;

    let [failed, no_reason, extra] = partner.arrived().try_into().unwrap();
    let checks = |body: &Value| body["submissionDetails"]["verificationResult"].clone();
    assert_eq!(checks(&failed.body)["nik"], json!("FAIL"));
    assert_eq!(checks(&house.details("failed-check").await.data())["nik"], json!("FAIL"));
    assert_eq!(checks(&no_reason.body)["selfie"], json!("FAIL"));
    assert!(extra.body["memberOfTomorrow"].is_object());
    assert!(extra.body["submissionDetails"]["partOfTomorrow"].is_object());
}

#[tokio::test]
async fn a_result_may_name_the_session_before() {
    let house = House::start();
    house.initiate("u", "older", "80").await;

    house.captured("u", "newer", "80").await;

    assert_eq!(str_of(&house.details("u").await.data(), "partnerSessionId"), "older");
}
