//! A provider in trouble: it is not hammered, nobody waits for nothing, and whatever does not need it
//! goes on as ever.

use gerbang::sandbox::{Fault, FaultBody, FaultRule, Operation};
use jiff::SignedDuration;
use serde_json::json;

use crate::support::TestApp;

fn unavailable(operation: Operation) -> FaultRule {
    let fault = Fault::Status { status: 503, body: FaultBody::Json, retry_after: None };
    FaultRule::always(operation, fault)
}

#[tokio::test]
async fn starts_against_a_failing_provider_soon_leave_it_alone() {
    const STARTS: usize = 100;
    let app = TestApp::start().await;
    app.provider.push_fault(unavailable(Operation::Initiate));

    for number in 0..STARTS {
        let token = app.token(&format!("cust-{number}"), "00");
        let answer = app.start_verification(&token, json!({ "channel": "sdk" })).await;
        assert_eq!(answer.status, 503, "{number}");
        assert!(answer.headers.contains_key("retry-after"), "{number}");
    }

    // Ten failures in a row, half of them repetitions under a new session id.
    assert_eq!(app.provider.calls(Operation::Initiate), 10);
    app.stop().await;
}

#[tokio::test]
async fn one_start_goes_ahead_after_the_pause_and_opens_the_way_for_all() {
    let app = TestApp::start().await;
    app.provider.push_fault(unavailable(Operation::Initiate));
    let start = async |user: &str| {
        let wish = json!({ "channel": "sdk" });
        app.start_verification(&app.token(user, "00"), wish).await.status
    };
    for number in 0..6 {
        assert_eq!(start(&format!("cust-{number}")).await, 503);
    }

    app.advance(SignedDuration::from_secs(1)).await;
    assert_eq!(start("cust-1").await, 503);
    assert_eq!(app.provider.calls(Operation::Initiate), 11, "one looked whether it is well again");
    app.provider.clear_faults();
    assert_eq!(start("cust-1").await, 503);
    app.advance(SignedDuration::from_secs(2)).await;

    for number in 0..6 {
        // The verification is there since the first try.
        assert_eq!(start(&format!("cust-{number}")).await, 200, "{number}");
    }
    app.stop().await;
}

#[tokio::test]
async fn what_fails_in_turns_is_repeated_only_as_often_as_the_budget_has_it() {
    const STARTS: u64 = 120;
    let builder = TestApp::builder().edit("pass_key = ", "max_concurrent = 4\npass_key = ");
    let app = builder.start().await;
    // An answer between the failures, so that the provider is not left alone.
    for number in 0..STARTS {
        app.provider.clear_faults();
        app.provider.push_fault(unavailable(Operation::Initiate));
        let token = app.token(&format!("cust-{number}"), "00");
        app.start_verification(&token, json!({ "channel": "sdk" })).await;
        app.provider.clear_faults();
        let token = app.token(&format!("other-{number}"), "00");
        app.start_verification(&token, json!({ "channel": "sdk" })).await;
    }

    let calls = app.provider.calls(Operation::Initiate);
    let most = 2 * STARTS + 4 + 2 * STARTS / 10;
    assert!((2 * STARTS..=most + 1).contains(&calls), "{calls} calls");
    assert!(calls > 2 * STARTS + 4, "some are repeated: {calls} calls");
    app.stop().await;
}

#[tokio::test]
async fn a_provider_that_hangs_keeps_nobody_from_reading_or_calling_back() {
    let builder = TestApp::builder().edit("pass_key = ", "max_concurrent = 2\npass_key = ");
    let app = builder.without_callbacks().start().await;
    let token = app.token("cust-1", "01");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    app.provider.finish_capture(&app.session(&id).await).unwrap();
    app.provider.wait_until(|provider| provider.scripts_running() == 0).await;
    app.provider.push_fault(FaultRule::always(Operation::Initiate, Fault::Hang));
    let hung = ["cust-2", "cust-3"].map(|user| app.token(user, "00"));
    let hanging = futures_util::future::join_all(
        hung.iter().map(|token| app.start_verification(token, json!({ "channel": "sdk" }))),
    );
    let meanwhile = async {
        app.provider.wait_for_calls(Operation::Initiate, 3).await;
        let late = app.token("cust-4", "00");
        let refused = app.start_verification(&late, json!({ "channel": "sdk" })).await;
        let submission = app.provider.submissions().pop().unwrap();
        let called = app
            .call_back(json!({
                "submissionId": submission.submission_id, "userId": "cust-1",
                "partnerSessionId": submission.session_id, "userIdType": "EXAMPLE_APP_USER_ID", "status": "COMPLETED", "result": "VALID",
            }))
            .await;
        let approved = app.wait_for(&token, &id, &["approved"]).await;
        app.provider.clear_faults();
        (refused, called, approved)
    };

    let (answers, (refused, called, approved)) = tokio::join!(hanging, meanwhile);

    assert_eq!((refused.status, called.status, approved.status), (503, 200, 200));
    assert!(refused.headers.contains_key("retry-after"));
    assert!(answers.iter().all(|answer| answer.status == 201), "they are let go in the end");
    app.stop().await;
}
