//! From capture to verdict: by callback, by polling, in whatever order.

use gerbang::sandbox::{Fault, FaultRule, OUTCOMES, Operation, Outcome};
use jiff::SignedDuration;
use serde_json::json;

use crate::support::TestApp;

/// What each outcome of the sandbox becomes for the app: status and reason. Outcomes that need the
/// clock to be moved have tests of their own below.
fn expected(outcome: Outcome) -> Option<(&'static str, &'static str)> {
    Some(match outcome {
        Outcome::Approved
        | Outcome::ApprovedAtOnce
        | Outcome::CallbackDuplicated
        | Outcome::CallbackReordered
        | Outcome::ExtraFields => ("approved", ""),
        Outcome::RejectedFraud
        | Outcome::RejectedNewReason
        | Outcome::RejectedWithoutReason
        | Outcome::CallbackContradicted => ("rejected", "not_verified"),
        Outcome::RejectedNotEktp | Outcome::ResultRejected => ("rejected", "document_not_accepted"),
        Outcome::RejectedDukcapil | Outcome::PartialThenInvalid => ("rejected", "data_mismatch"),
        Outcome::RejectedAether | Outcome::RejectedLiveness => ("rejected", "face_not_verified"),
        Outcome::RejectedEmailUsed | Outcome::RejectedPhoneUsed => ("rejected", "contact_in_use"),
        Outcome::RejectedSystemError
        | Outcome::RejectedDukcapilIrretrievable
        | Outcome::RejectedDukcapilSystem => ("rejected", "system_error"),
        Outcome::PartialStays => ("partially_completed", ""),
        Outcome::PartialThenError
        | Outcome::ErrorSystem
        | Outcome::ErrorDukcapil
        | Outcome::ErrorWithoutReason => ("failed", "system_error"),
        Outcome::UnknownStatus | Outcome::UnknownResult => ("processing", ""),
        Outcome::ValidWithFail => ("failed", "result_unconfirmed"),
        Outcome::NeverFinishes
        | Outcome::NeverCaptured
        | Outcome::CallbackMissing
        | Outcome::CallbackLate
        | Outcome::DetailsLate
        | Outcome::OlderSession
        | Outcome::CallbackFirst => return None,
    })
}

#[tokio::test]
async fn every_outcome_reaches_its_end_by_callback() {
    let app = TestApp::start().await;
    for row in OUTCOMES {
        let Some((status, reason)) = expected(row.outcome) else { continue };
        let token = app.token(&format!("cust-{}", row.digits), row.digits);
        let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
        app.provider.finish_capture(&app.session(&id).await).unwrap();

        let seen = app.wait_for(&token, &id, &[status]).await;

        assert_eq!(seen.text("/reason/code"), reason, "{}", row.name);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_missing_callback_is_made_up_for_by_polling() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "60");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    app.provider.finish_capture(&app.session(&id).await).unwrap();
    app.provider.wait_until(|provider| provider.scripts_running() == 0).await;
    app.report_capture(&token, &id, json!({ "outcome": "completed" })).await;
    let before = app.get_verification(&token, &id).await;

    app.advance(SignedDuration::from_secs(20)).await;
    let seen = app.wait_for(&app.token("cust-1", "60"), &id, &["approved"]).await;

    assert_eq!(
        (before.text("/status"), before.text("/nextAction")),
        ("pending".into(), "wait".into())
    );
    assert_eq!(seen.text("/nextAction"), "none");
    app.stop().await;
}

#[tokio::test]
async fn nobody_says_anything_and_the_result_is_found_all_the_same() {
    let app = TestApp::builder().without_callbacks().start().await;
    let token = app.token("cust-1", "01");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    app.provider.finish_capture(&app.session(&id).await).unwrap();
    app.provider.wait_until(|provider| provider.scripts_running() == 0).await;

    app.advance(SignedDuration::from_mins(13)).await;
    app.wait_for(&app.token("cust-1", "01"), &id, &["approved"]).await;

    app.stop().await;
}

#[tokio::test]
async fn a_callback_before_readable_details_is_confirmed_later() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "65");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    app.provider.finish_capture(&app.session(&id).await).unwrap();
    app.wait_for(&token, &id, &["processing"]).await;

    // The details become readable after an hour; reads are then an hour and a fifth apart at most.
    app.advance(SignedDuration::from_hours(1)).await;
    app.provider.wait_until(|provider| provider.scripts_running() == 0).await;
    app.advance(SignedDuration::from_hours(2)).await;
    app.wait_for(&app.token("cust-1", "65"), &id, &["approved"]).await;

    app.stop().await;
}

#[tokio::test]
async fn a_forged_callback_approves_nothing() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "50");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    let session = app.session(&id).await;
    app.provider.finish_capture(&session).unwrap();
    let reads = app.provider.calls(Operation::Details);

    let answer = app
        .call_back(json!({
            "submissionId": "forged", "userId": "cust-1", "userIdType": "EXAMPLE_APP_USER_ID",
            "partnerSessionId": session, "status": "COMPLETED", "result": "VALID",
        }))
        .await;
    app.provider.wait_for_calls(Operation::Details, reads + 1).await;

    assert_eq!(answer.status, 200);
    let seen = app.wait_for(&token, &id, &["processing"]).await;
    assert_eq!(seen.text("/nextAction"), "wait");
    app.stop().await;
}

#[tokio::test]
async fn a_callback_about_another_user_changes_nothing() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    let session = app.session(&id).await;

    let answer = app
        .call_back(json!({
            "submissionId": "s-1", "userId": "cust-2", "userIdType": "EXAMPLE_APP_USER_ID",
            "partnerSessionId": session, "status": "COMPLETED", "result": "INVALID",
        }))
        .await;
    let reader = app.service_token("verification:read");
    let alarmed = async {
        loop {
            let timeline = app.inspect(&reader, &id).await.json()["timeline"].clone();
            if timeline.as_array().unwrap().iter().any(|step| step["detail"] == "user_mismatch") {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, alarmed).await.unwrap();

    assert_eq!(answer.status, 200);
    assert_eq!(app.get_verification(&token, &id).await.text("/status"), "pending");
    app.stop().await;
}

#[tokio::test]
async fn an_unfinished_verification_expires_and_a_late_result_moves_it() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "01");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    let session = app.session(&id).await;
    app.advance(SignedDuration::from_hours(25)).await;
    let expired = app.wait_for(&app.token("cust-1", "01"), &id, &["expired"]).await;

    app.provider.finish_capture(&session).unwrap();
    let token = app.token("cust-1", "01");
    let reader = app.service_token("verification:read");
    let moved = async {
        while app.inspect(&reader, &id).await.text("/status") != "approved" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, moved).await.unwrap();

    assert_eq!(expired.text("/reason/code"), "timed_out");
    assert_eq!(app.get_verification(&token, &id).await.text("/status"), "approved");
    app.stop().await;
}

#[tokio::test]
async fn an_approved_verification_stays_approved() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "01");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    let session = app.session(&id).await;
    app.provider.finish_capture(&session).unwrap();
    app.wait_for(&token, &id, &["approved"]).await;
    let submission = app.provider.submissions().pop().unwrap().submission_id;

    app.call_back(json!({
        "submissionId": submission, "userId": "cust-1", "userIdType": "EXAMPLE_APP_USER_ID",
        "partnerSessionId": session, "status": "COMPLETED", "result": "INVALID",
    }))
    .await;
    let reader = app.service_token("verification:read");
    let alarmed = async {
        loop {
            let seen = app.inspect(&reader, &id).await.json();
            let steps = seen["timeline"].as_array().unwrap().clone();
            if steps.iter().any(|step| step["detail"] == "conflicting_result") {
                return seen["status"].clone();
            }
            tokio::task::yield_now().await;
        }
    };
    let status = tokio::time::timeout(crate::support::PATIENCE, alarmed).await.unwrap();

    assert_eq!(status, "approved");
    app.stop().await;
}

#[tokio::test]
async fn an_early_callback_waits_for_its_verification() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "81");

    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    app.advance(SignedDuration::from_secs(20)).await;

    app.wait_for(&app.token("cust-1", "81"), &id, &["approved", "partially_completed"]).await;
    app.stop().await;
}

#[tokio::test]
async fn a_provider_that_hangs_for_one_user_keeps_no_other_waiting() {
    let app = TestApp::builder()
        .edit("[provider]\n", "[provider]\ndetails_timeout = \"60s\"\n")
        .start()
        .await;
    let mut ids = Vec::new();
    for user in ["cust-1", "cust-2"] {
        let token = app.token(user, "01");
        ids.push(app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id"));
    }
    app.provider.push_fault(FaultRule::once(Operation::Details, Fault::Hang));
    app.provider.finish_capture(&app.session(&ids[0]).await).unwrap();
    app.provider.wait_for_calls(Operation::Details, 1).await;

    app.provider.finish_capture(&app.session(&ids[1]).await).unwrap();
    app.wait_for(&app.token("cust-2", "01"), &ids[1], &["approved"]).await;

    let first = app.get_verification(&app.token("cust-1", "01"), &ids[0]).await;
    assert_eq!(first.text("/status"), "processing");
    app.provider.clear_faults();
    app.wait_for(&app.token("cust-1", "01"), &ids[0], &["approved"]).await;
    app.stop().await;
}

#[tokio::test]
async fn a_new_start_after_a_verdict_makes_a_new_verification() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "11");
    let first = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    app.provider.finish_capture(&app.session(&first).await).unwrap();
    let rejected = app.wait_for(&token, &first, &["rejected"]).await;

    let second = app.start_verification(&token, json!({ "channel": "sdk" })).await;

    assert_eq!(rejected.text("/nextAction"), "retry");
    assert_eq!(second.status, 201);
    assert_ne!(second.text("/id"), first);
    app.stop().await;
}
