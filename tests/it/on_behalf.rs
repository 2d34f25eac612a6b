//! Starts by the partner's own servers, for a user they name.

use gerbang::sandbox::Operation;
use serde_json::{Value, json};

use crate::support::TestApp;

fn wish() -> Value {
    json!({
        "userId": "cust-1", "channel": "sdk", "reference": "loan-1",
        "contact": {
            "type": "phone", "value": "0812-3456-0000", "verificationReferenceId": "branch-77",
        },
    })
}

/// The wish with one member set, or taken away by null.
fn wish_but(pointer: &str, value: Value) -> Value {
    let mut wish = wish();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let members = wish.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    members.insert(name.to_owned(), value);
    members.retain(|_, value| !value.is_null());
    wish
}

#[tokio::test]
async fn a_back_end_starts_for_a_user_on_its_own_word() {
    let app = TestApp::start().await;
    let token = app.service_token("verification:start verification:read");

    let answer = app.start_for(&token, wish()).await;

    let id = answer.text("/id");
    assert_eq!((answer.status, answer.text("/nextAction").as_str()), (201, "open_sdk"));
    assert_eq!(answer.header("location"), format!("/v1/backend/verifications/{id}"));
    assert!(!answer.text("/sdkToken").is_empty());
    let sent = app.provider.requests_of(Operation::Initiate).pop().unwrap();
    assert_eq!(sent.header("x-partner-user-id"), Some("cust-1"));
    let body = sent.body.clone().unwrap();
    assert_eq!(body["additionalDetails"]["phoneNumber"], "6281234560000");
    let seen = app.inspect(&token, &id).await.json();
    assert_eq!((&seen["userId"], &seen["app"]), (&json!("cust-1"), &json!("ledger")));
    assert_eq!(seen["reference"], "loan-1");
    assert_eq!(
        seen["contact"],
        json!({
            "kind": "phone", "source": "backend", "verificationReferenceId": "branch-77",
            "verifiedAt": "2027-01-15T08:00:00Z",
        })
    );
    app.stop().await;
}

#[tokio::test]
async fn a_back_end_whose_clock_is_a_little_ahead_is_believed() {
    let app = TestApp::start().await;
    let token = app.service_token("verification:start verification:read");
    let ahead = wish_but("/contact/verifiedAt", json!("2027-01-15T08:00:30Z"));

    let id = app.start_for(&token, ahead).await.text("/id");

    let seen = app.inspect(&token, &id).await;
    assert_eq!(seen.text("/contact/verifiedAt"), "2027-01-15T08:00:00Z");
    app.stop().await;
}

#[tokio::test]
async fn what_a_back_end_started_is_the_users_own() {
    let app = TestApp::start().await;
    let started = app.start_for(&app.service_token("verification:start"), wish()).await;
    let (owner, other) = (app.token("cust-1", "0000"), app.token("cust-2", "0000"));
    let id = started.text("/id");

    let seen = app.get_verification(&owner, &id).await;
    let resumed = app.start_verification(&owner, json!({ "channel": "sdk" })).await;
    let foreign = app.get_verification(&other, &id).await;

    assert_eq!((seen.status, seen.text("/status").as_str()), (200, "pending"));
    assert_eq!((resumed.status, resumed.text("/id")), (200, id));
    assert_eq!(resumed.text("/sdkToken"), started.text("/sdkToken"));
    assert_eq!(foreign.status, 404);
    app.stop().await;
}

#[tokio::test]
async fn the_rules_of_apps_hold_for_back_ends_too() {
    let app = TestApp::start().await;
    let token = app.service_token("verification:start verification:read");
    let first = app.start_for(&token, wish()).await;

    let again = app.start_for(&token, wish()).await;
    let other = wish_but("/contact/value", json!("081234560099"));
    let other = app.start_for(&token, other).await;

    assert_eq!((again.status, again.text("/id")), (200, first.text("/id")));
    assert_eq!(other.status, 201);
    let old = app.inspect(&token, &first.text("/id")).await;
    assert_eq!(old.text("/reason/code"), "superseded");
    app.stop().await;
}

#[tokio::test]
async fn starting_needs_a_scope_of_its_own() {
    let app = TestApp::start().await;
    for scope in ["", "verification:read", "verification:started", "verification"] {
        let answer = app.start_for(&app.service_token(scope), wish()).await;

        assert_eq!((answer.status, answer.problem().as_str()), (403, "insufficient-scope"));
        assert!(answer.header("www-authenticate").contains("verification:start"));
    }
    assert_eq!(app.provider.calls(Operation::Initiate), 0);
    app.stop().await;
}

#[tokio::test]
async fn bodies_that_cannot_be_used_say_where() {
    let app = TestApp::start().await;
    let token = app.service_token("verification:start");
    for (member, value, pointer) in [
        ("/userId", Value::Null, "/userId"),
        ("/userId", json!(""), "/userId"),
        ("/userId", json!("a/b"), "/userId"),
        ("/userId", json!(".."), "/userId"),
        ("/userId", json!("081234560000"), "/userId"),
        ("/userId", json!("someone@example.com"), "/userId"),
        ("/userId", json!("9901015403920001"), "/userId"),
        ("/userId", json!(7), "/userId"),
        ("/contact", Value::Null, "/contact"),
        ("/contact", json!("phone"), "/contact"),
        ("/contact/type", json!("fax"), "/contact/type"),
        ("/contact/type", json!("email"), "/contact/value"),
        ("/contact/value", json!("+6581234567"), "/contact/value"),
        ("/contact/value", json!(""), "/contact/value"),
        ("/contact/value", Value::Null, "/contact/value"),
        ("/contact/verificationReferenceId", Value::Null, "/contact/verificationReferenceId"),
        ("/contact/verificationReferenceId", json!(""), "/contact/verificationReferenceId"),
        ("/contact/verificationReferenceId", json!("a b"), "/contact/verificationReferenceId"),
        ("/contact/verifiedAt", json!("2027-01-15T08:00:31Z"), "/contact/verifiedAt"),
        ("/contact/verifiedAt", json!("yesterday"), "/contact/verifiedAt"),
        ("/contact/verifiedAt", json!("1969-12-31T23:59:59Z"), "/contact/verifiedAt"),
        ("/contact/verifiedAt", json!("-009999-01-02T01:59:59Z"), "/contact/verifiedAt"),
        ("/contact/verifiedAt", json!("9999-12-30T22:00:00Z"), "/contact/verifiedAt"),
        ("/userId", json!("cust\u{2d}\u{ff11}"), "/userId"),
        ("/userId", json!("c\u{443}st-1"), "/userId"),
        ("/userId", json!("cust-1\u{200b}"), "/userId"),
        ("/contact/verified", json!(true), "/contact/verified"),
        ("/contactProof", json!("a.b.c"), "/contactProof"),
        ("/channel", Value::Null, "/channel"),
        ("/channel", json!("web"), "/redirectUrls"),
        ("/reference", json!(""), "/reference"),
    ] {
        let answer = app.start_for(&token, wish_but(member, value.clone())).await;

        let found = answer.text("/errors/0/pointer");
        assert_eq!((answer.status, found.as_str()), (422, pointer), "{member}: {value}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("081234560000"));
    }
    assert_eq!(app.provider.calls(Operation::Initiate), 0);
    app.stop().await;
}

#[tokio::test]
async fn every_mistake_is_told_at_once() {
    let app = TestApp::start().await;
    let mut wish = wish_but("/userId", json!("a b"));
    wish["contact"] = json!({ "type": "email", "value": "x", "verificationReferenceId": "" });

    let answer = app.start_for(&app.service_token("verification:start"), wish).await;

    assert_eq!(answer.json()["errors"].as_array().unwrap().len(), 3);
    app.stop().await;
}
