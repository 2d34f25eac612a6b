//! Every misbehaviour at every operation: what the app is told, what is known of the attempt then, and
//! that the next start works.

use gerbang::sandbox::{Fault, FaultBody, FaultRule, Operation};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::TestApp;

/// Deadlines that a test can wait for.
const HASTY: &str = "initiate_timeout = \"300ms\"\ntoken_timeout = \"300ms\"\ndetails_timeout = \"300ms\"\n\
                     client_id = ";

async fn hasty() -> TestApp {
    TestApp::builder().edit("client_id = ", HASTY).start().await
}

fn status(status: u16, body: FaultBody) -> Fault {
    Fault::Status { status, body, retry_after: None }
}

/// A misbehaviour; what a start is answered when initiate-flow does so, and what is known of the
/// attempt then; and what a start is answered when the token operation does so.
type Row = (Fault, (u16, &'static str, &'static str), (u16, &'static str));

const FINE: (u16, &str, &str) = (201, "", "issued");
const LATE: (u16, &str, &str) = (504, "upstream-timeout", "unknown");
const BROKEN: (u16, &str, &str) = (502, "upstream-error", "unknown");
const AWAY: (u16, &str, &str) = (503, "upstream-unavailable", "unknown");
const REFUSED: (u16, &str, &str) = (502, "upstream-error", "refused");
/// Without a token nobody was asked, so all may come right by itself.
const NO_TOKEN: (u16, &str) = (503, "upstream-unavailable");
const NOT_OURS: (u16, &str) = (502, "upstream-error");

fn rows() -> Vec<Row> {
    let elsewhere = Fault::Redirect { location: "http://127.0.0.1:9/elsewhere".to_owned() };
    let busy = Fault::Status { status: 429, body: FaultBody::Json, retry_after: Some(7) };
    vec![
        (Fault::Latency { millis: 50 }, FINE, (201, "")),
        (Fault::WrongContentType, FINE, (201, "")),
        (Fault::Hang, LATE, NO_TOKEN),
        (Fault::Drip { bytes: 1, millis: 100 }, LATE, NO_TOKEN),
        (Fault::Close, BROKEN, NO_TOKEN),
        (Fault::CutBody, BROKEN, NO_TOKEN),
        (Fault::Garbage, BROKEN, NO_TOKEN),
        (Fault::HugeBody { bytes: 10_000_000 }, BROKEN, NO_TOKEN),
        (elsewhere, REFUSED, NOT_OURS),
        (status(500, FaultBody::Json), AWAY, NO_TOKEN),
        (status(502, FaultBody::Html), AWAY, NO_TOKEN),
        (status(503, FaultBody::Empty), AWAY, NO_TOKEN),
        (status(504, FaultBody::Html), AWAY, NO_TOKEN),
        (busy, AWAY, NO_TOKEN),
        (status(403, FaultBody::Html), REFUSED, NOT_OURS),
        (status(404, FaultBody::Html), REFUSED, NOT_OURS),
    ]
}

/// The states of the attempts, oldest first.
async fn attempts(app: &TestApp, id: &str) -> Vec<String> {
    let seen = app.inspect(&app.service_token("verification:read"), id).await.json();
    let states = seen["attempts"].as_array().unwrap().iter();
    states.map(|attempt| attempt["state"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_fault_of_initiate_flow_is_told_and_got_over() {
    let app = hasty().await;
    for (number, (fault, (code, problem, state), _)) in rows().into_iter().enumerate() {
        let label = format!("{fault:?}");
        let user = format!("cust-{number}");
        app.provider.push_fault(FaultRule::always(Operation::Initiate, fault).after_work());

        let met =
            app.start_verification(&app.token(&user, "00"), json!({ "channel": "sdk" })).await;
        app.provider.clear_faults();
        let next =
            app.start_verification(&app.token(&user, "00"), json!({ "channel": "sdk" })).await;

        let states = attempts(&app, &next.text("/id")).await;
        assert_eq!((met.status, met.problem().as_str()), (code, problem), "{label}");
        assert!(!next.text("/sdkToken").is_empty(), "{label}");
        assert_eq!(states.last().unwrap(), "issued", "{label}");
        // The one attempt that was made, unless a refusal was tried to be cured by a second.
        assert!(
            states.iter().rev().nth(usize::from(code != 201)).unwrap() == state,
            "{label}: {states:?}"
        );
        if met.status >= 503 {
            assert!(!met.header("retry-after").is_empty(), "{label}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn every_fault_of_the_token_operation_is_told_and_got_over() {
    let app = hasty().await;
    app.start_verification(&app.token("cust", "00"), json!({ "channel": "sdk" })).await;
    for (number, (fault, _, (code, problem))) in rows().into_iter().enumerate() {
        let label = format!("{fault:?}");
        let user = format!("cust-{number}");
        app.provider.revoke_partner_tokens();
        // Two mints are at least a second apart.
        app.advance(SignedDuration::from_secs(2)).await;
        app.provider.push_fault(FaultRule::always(Operation::Token, fault));

        let met =
            app.start_verification(&app.token(&user, "00"), json!({ "channel": "sdk" })).await;
        app.provider.clear_faults();
        app.advance(SignedDuration::from_secs(2)).await;
        let next =
            app.start_verification(&app.token(&user, "00"), json!({ "channel": "sdk" })).await;

        let sessions = app.provider.sessions().into_iter().filter(|it| it.user_id == user);
        assert_eq!((met.status, met.problem().as_str()), (code, problem), "{label}");
        assert!(!next.text("/sdkToken").is_empty(), "{label}");
        assert_eq!(sessions.count(), 1, "{label}: nobody was asked without a token");
    }
    app.stop().await;
}

#[tokio::test]
async fn every_fault_of_details_delays_a_verdict_and_changes_none() {
    let app = hasty().await;
    for (number, (fault, ..)) in rows().into_iter().enumerate() {
        let label = format!("{fault:?}");
        let fine = matches!(fault, Fault::Latency { .. } | Fault::WrongContentType);
        let user = format!("cust-{number}");
        let token = app.token(&user, "01");
        let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
        app.provider.push_fault(FaultRule::once(Operation::Details, fault));
        let reads = app.provider.calls(Operation::Details);

        app.provider.finish_capture(&app.session(&id).await).unwrap();
        app.provider.wait_for_calls(Operation::Details, reads + 1).await;
        let met = app.wait_for(&token, &id, &["processing", "approved"]).await.text("/status");
        app.advance(SignedDuration::from_secs(3)).await;
        let after = app.wait_for(&app.token(&user, "01"), &id, &["approved"]).await;

        assert!(fine || met == "processing", "{label}: {met}");
        assert_eq!(after.text("/nextAction"), "none", "{label}");
        let seen = app.inspect(&app.service_token("verification:read"), &id).await.json();
        assert_eq!(approvals(&seen), 1, "{label}");
    }
    app.stop().await;
}

/// How often a verification came to be approved.
pub(super) fn approvals(seen: &Value) -> usize {
    let steps = seen["timeline"].as_array().unwrap();
    let is_approved = |step: &Value| step["status"] == "approved";
    steps.windows(2).filter(|two| !is_approved(&two[0]) && is_approved(&two[1])).count()
}
