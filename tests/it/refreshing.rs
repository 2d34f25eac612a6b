//! A back end has a verification read from the provider now.

use futures_util::future::join_all;
use gerbang::sandbox::{Fault, FaultRule, Operation};
use jiff::SignedDuration;
use serde_json::json;

use crate::support::TestApp;

/// A verification that was captured, and of which nobody said a word.
async fn captured(app: &TestApp) -> String {
    let token = app.token("cust-1", "01");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    app.provider.finish_capture(&app.session(&id).await).unwrap();
    app.provider.wait_until(|provider| provider.scripts_running() == 0).await;
    id
}

#[tokio::test]
async fn a_refresh_reads_the_details_and_answers_what_they_say() {
    let app = TestApp::builder().without_callbacks().start().await;
    let id = captured(&app).await;
    let token = app.service_token("verification:start");

    let answer = app.refresh(&token, &id).await;

    assert_eq!((answer.status, answer.text("/status").as_str()), (200, "approved"));
    assert_eq!(answer.json()["submission"]["result"], "VALID");
    assert_eq!(app.provider.calls(Operation::Details), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_verification_is_not_refreshed_again_at_once() {
    let app = TestApp::builder().without_callbacks().start().await;
    let id = captured(&app).await;
    let token = app.service_token("verification:start");
    app.refresh(&token, &id).await;

    app.advance(SignedDuration::from_secs(2)).await;
    let too_soon = app.refresh(&token, &id).await;
    app.advance(SignedDuration::from_millis(1_300)).await;
    let still = app.refresh(&token, &id).await;
    app.advance(SignedDuration::from_secs(2)).await;
    let later = app.refresh(&token, &id).await;

    assert_eq!((too_soon.status, too_soon.problem().as_str()), (429, "rate-limited"));
    // Rounded up: whoever comes back when told is not refused again.
    assert_eq!([too_soon.header("retry-after"), still.header("retry-after")], ["3", "2"]);
    assert_eq!((later.status, app.provider.calls(Operation::Details)), (200, 2));
    app.stop().await;
}

#[tokio::test]
async fn refreshes_at_once_share_one_read() {
    let app = TestApp::builder().without_callbacks().start().await;
    let id = captured(&app).await;
    let token = app.service_token("verification:start");
    app.provider.push_fault(FaultRule::always(Operation::Details, Fault::Hang));
    let clear = async {
        app.provider.wait_for_calls(Operation::Details, 1).await;
        // The others wait with it; whoever did not would be a second call.
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        app.provider.clear_faults();
    };

    let all = join_all((0..8).map(|_| app.refresh(&token, &id)));
    let (answers, ()) = futures_util::future::join(all, clear).await;

    for answer in answers {
        let seen = (answer.status, answer.text("/status"));
        // One that comes after the read has ended is told to wait.
        assert!(seen == (200, "approved".to_owned()) || answer.status == 429, "{seen:?}");
    }
    assert_eq!(app.provider.calls(Operation::Details), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_refresh_needs_its_scope_and_a_verification() {
    let app = TestApp::builder().without_callbacks().start().await;
    let id = captured(&app).await;

    let reader = app.refresh(&app.service_token("verification:read"), &id).await;
    let starter = app.service_token("verification:start");
    let unknown = app.refresh(&starter, "ver_01h455vb4pex5vsknk084sn02q").await;

    assert_eq!((reader.status, reader.problem().as_str()), (403, "insufficient-scope"));
    assert_eq!((unknown.status, unknown.problem().as_str()), (404, "not-found"));
    assert_eq!(app.provider.calls(Operation::Details), 0);
    app.stop().await;
}

#[tokio::test]
async fn a_refresh_that_fails_says_so_and_loses_nothing() {
    let app = TestApp::builder().without_callbacks().start().await;
    let id = captured(&app).await;
    let token = app.service_token("verification:start");
    app.provider.push_fault(FaultRule::once(Operation::Details, Fault::Close));

    let failed = app.refresh(&token, &id).await;
    app.advance(SignedDuration::from_secs(5)).await;
    let later = app.refresh(&token, &id).await;

    assert!(failed.status == 502 || failed.status == 503, "{}", failed.status);
    assert_eq!((later.status, later.text("/status").as_str()), (200, "approved"));
    app.stop().await;
}

#[tokio::test]
async fn before_the_first_capture_a_refresh_changes_nothing() {
    let app = TestApp::builder().without_callbacks().start().await;
    let token = app.token("cust-1", "01");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");

    let answer = app.refresh(&app.service_token("verification:start"), &id).await;

    let seen = (answer.status, answer.text("/status"), answer.text("/nextAction"));
    assert_eq!(seen, (200, "pending".to_owned(), "open_sdk".to_owned()));
    app.stop().await;
}
