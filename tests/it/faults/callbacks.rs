//! Callbacks as no protocol would have them: twice, the wrong way round, days late, too early, about
//! what nobody knows.

use gerbang::sandbox::{Fault, FaultRule, Operation};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::table::approvals;
use crate::support::{PATIENCE, TestApp};

fn callback(app: &TestApp, user: &str, status: &str) -> Value {
    let session = app.provider.newest_session(user).unwrap();
    json!({
        "submissionId": session.submission_id.unwrap_or_else(|| "sub-of-nobody".to_owned()),
        "userId": user, "userIdType": "EXAMPLE_APP_USER_ID",
        "partnerSessionId": session.session_id, "status": status, "result": "VALID",
    })
}

#[tokio::test]
async fn in_whatever_order_and_number_they_come_there_is_one_verdict() {
    const PARTIAL: &str = "PARTIALLY_COMPLETED";
    const FINAL: &str = "COMPLETED";
    let app = TestApp::builder().without_callbacks().start().await;
    for (number, order) in [
        vec![PARTIAL, FINAL],
        vec![FINAL, PARTIAL],
        vec![PARTIAL, PARTIAL, FINAL, FINAL],
        vec![FINAL, FINAL, PARTIAL, FINAL],
        vec!["IN_PROGRESS", FINAL, "INITIATED", PARTIAL],
    ]
    .into_iter()
    .enumerate()
    {
        let user = format!("cust-{number}");
        let token = app.token(&user, "01");
        let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
        app.provider.finish_capture(&app.session(&id).await).unwrap();
        app.provider.wait_until(|provider| provider.scripts_running() == 0).await;

        for status in &order {
            let answer = app.call_back(callback(&app, &user, status)).await;
            assert_eq!(answer.status, 200, "{order:?}");
        }
        app.wait_for(&token, &id, &["approved"]).await;
        app.idle().await;

        let seen = app.inspect(&app.service_token("verification:read"), &id).await.json();
        assert_eq!((seen["status"].as_str(), approvals(&seen)), (Some("approved"), 1), "{order:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn one_that_is_days_late_still_brings_the_verdict() {
    let app = TestApp::builder().without_callbacks().start().await;
    let token = app.token("cust-1", "01");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    let session = app.session(&id).await;
    app.advance(SignedDuration::from_hours(25)).await;
    app.wait_for(&app.token("cust-1", "01"), &id, &["expired"]).await;
    // Past the last look that the clock takes.
    for _ in 0..6 {
        app.advance(SignedDuration::from_hours(25)).await;
    }
    app.idle().await;
    app.provider.finish_capture(&session).unwrap();
    app.provider.wait_until(|provider| provider.scripts_running() == 0).await;

    let answer = app.call_back(callback(&app, "cust-1", "COMPLETED")).await;
    let moved = async {
        let reader = app.service_token("verification:read");
        while app.inspect(&reader, &id).await.text("/status") != "approved" {
            // A look that was under way when the callback came may put the next off by a moment.
            app.advance(SignedDuration::from_secs(3)).await;
        }
    };
    tokio::time::timeout(PATIENCE, moved).await.unwrap();

    assert_eq!(answer.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn one_that_overtakes_the_answer_of_initiate_flow_is_not_lost() {
    let app = TestApp::builder().without_callbacks().start().await;
    let token = app.token("cust-1", "01");
    let hang = FaultRule::once(Operation::Initiate, Fault::Hang).after_work();
    app.provider.push_fault(hang);
    let start = app.start_verification(&token, json!({ "channel": "sdk" }));
    let overtake = async {
        app.provider.wait_until(|provider| provider.newest_session("cust-1").is_some()).await;
        let session = app.provider.newest_session("cust-1").unwrap().session_id;
        app.provider.finish_capture(&session).unwrap();
        app.provider.wait_until(|provider| provider.scripts_running() == 0).await;
        let kept = app.call_back(callback(&app, "cust-1", "COMPLETED")).await;
        app.idle().await;
        app.provider.clear_faults();
        kept
    };

    let (started, kept) = futures_util::future::join(start, overtake).await;
    app.advance(SignedDuration::from_secs(20)).await;
    let id = started.text("/id");
    app.wait_for(&app.token("cust-1", "01"), &id, &["approved"]).await;

    assert_eq!((started.status, kept.status), (201, 200));
    app.stop().await;
}

#[tokio::test]
async fn one_about_what_nobody_knows_is_kept_and_holds_no_other_up() {
    let app = TestApp::builder().without_callbacks().start().await;
    let token = app.token("cust-1", "01");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    app.provider.finish_capture(&app.session(&id).await).unwrap();
    app.provider.wait_until(|provider| provider.scripts_running() == 0).await;

    for number in 0..300 {
        let answer = app
            .call_back(json!({
                "submissionId": format!("sub-{number}"), "userId": "cust-9",
                "userIdType": "EXAMPLE_APP_USER_ID",
                "partnerSessionId": format!("11111111-1111-4111-8111-{number:012}"),
                "status": "COMPLETED", "result": "VALID",
            }))
            .await;
        assert_eq!(answer.status, 200);
    }
    app.call_back(callback(&app, "cust-1", "COMPLETED")).await;
    let approved = app.wait_for(&token, &id, &["approved"]).await;

    assert_eq!(approved.text("/status"), "approved");
    app.stop().await;
}
