//! Erasing while something is under way: whoever waits is told, and what comes finds nothing.

use futures_util::future::join;
use gerbang::sandbox::{Fault, FaultRule, Operation};
use reqwest::Method;
use serde_json::json;

use super::given::{erase, held};
use crate::support::TestApp;

#[tokio::test]
async fn whoever_waits_for_an_open_one_is_told_that_it_is_gone() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    let mut stream = app.watch(&token, &id).await;
    let first = stream.event().await;
    let path = format!("/v1/verifications/{id}?wait=30");
    let poll = app.request(Method::GET, &path, &token).header("If-None-Match", "\"2-id\"");
    let erasing = async {
        // Until both wait.
        let until = app.now() + jiff::SignedDuration::from_secs(30);
        app.clock.wait_for_sleepers_until(until, 1).await;
        erase(&app, "cust-1").await
    };

    let (polled, erased) = join(app.send(poll), erasing).await;

    assert_eq!((first.status().as_str(), erased.status), ("pending", 200));
    assert_eq!((polled.status, polled.problem().as_str()), (404, "not-found"));
    assert!(stream.rest().await.is_empty(), "it ends without another word");
    assert_eq!(held(&app), []);
    app.stop().await;
}

#[tokio::test]
async fn a_start_under_way_keeps_nothing_and_says_so() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    app.provider.push_fault(FaultRule::always(Operation::Initiate, Fault::Hang));
    let erasing = async {
        app.provider.wait_for_calls(Operation::Initiate, 1).await;
        let erased = erase(&app, "cust-1").await;
        app.provider.clear_faults();
        erased
    };

    let start = app.start_verification(&token, json!({ "channel": "sdk" }));
    let (started, erased) = join(start, erasing).await;
    let anew = app.start_verification(&token, json!({ "channel": "sdk" })).await;

    assert_eq!(erased.json()["destroyed"]["verifications"], 1);
    assert_eq!((started.status, started.problem().as_str()), (409, "conflict"));
    assert_eq!(anew.status, 201);
    app.stop().await;
}

#[tokio::test]
async fn details_under_way_are_not_kept() {
    let app = TestApp::builder().without_callbacks().start().await;
    let token = app.token("cust-1", "01");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    app.provider.finish_capture(&app.session(&id).await).unwrap();
    app.provider.push_fault(FaultRule::always(Operation::Details, Fault::Hang));
    let erasing = async {
        app.provider.wait_for_calls(Operation::Details, 1).await;
        erase(&app, "cust-1").await;
        // Of a new life the provider still says what it said of the old one.
        app.provider.clear_faults();
    };

    let starter = app.service_token("verification:start");
    let (refreshed, ()) = join(app.refresh(&starter, &id), erasing).await;
    let kept = held(&app);
    let anew = app.start_verification(&token, json!({ "channel": "sdk" })).await;
    let seen = app.refresh(&starter, &anew.text("/id")).await;

    assert_eq!((refreshed.status, refreshed.problem().as_str()), (404, "not-found"));
    assert_eq!(kept, []);
    assert_eq!((seen.status, seen.text("/status").as_str()), (200, "pending"));
    assert!(seen.json().get("submission").is_none());
    app.stop().await;
}
