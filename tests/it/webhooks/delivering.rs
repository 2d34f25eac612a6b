//! What is told, to whom, and that it is told once.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::receiver::{Hook, OLD_SECRET, Receiver, SECRET};
use crate::support::TestApp;

/// The status changes of a verification, by its timeline: revision and status.
async fn changes(app: &TestApp, id: &str) -> Vec<(u64, String)> {
    let seen = app.inspect(&app.service_token("verification:read"), id).await.json();
    let steps = seen["timeline"].as_array().unwrap();
    let changed = steps.iter().filter(|step| step["kind"] == "status_changed");
    changed
        .map(|step| (step["revision"].as_u64().unwrap(), step["status"].as_str().unwrap().into()))
        .collect()
}

fn news(hooks: &[Hook]) -> Vec<(u64, String)> {
    let mut news: Vec<_> = hooks.iter().map(Hook::news).collect();
    news.sort_unstable();
    news
}

#[tokio::test]
async fn every_change_is_one_webhook_at_each_endpoint_whatever_callbacks_do() {
    let (ledger, crm) = (Receiver::start().await, Receiver::start().await);
    let both = ledger.settings("ledger") + &crm.settings("crm");
    let app = TestApp::builder().settings(&both).start().await;
    let mut all = Vec::new();
    for (name, end) in [
        ("approved", "approved"),
        ("callback_duplicated", "approved"),
        ("callback_reordered", "approved"),
        ("rejected_liveness", "rejected"),
    ] {
        let row = gerbang::sandbox::OUTCOMES.iter().find(|row| row.name == name);
        let row = row.unwrap_or_else(|| panic!("no outcome {name}"));
        let token = app.token(name, row.digits);
        let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
        app.provider.finish_capture(&app.session(&id).await).unwrap();
        app.wait_for(&token, &id, &[end]).await;
        app.provider.wait_until(|provider| provider.scripts_running() == 0).await;
        app.idle().await;
        all.push(id);
    }

    let mut expected = Vec::new();
    for id in &all {
        expected.extend(changes(&app, id).await);
    }
    expected.sort_unstable();
    assert!(expected.len() >= 8, "{expected:?}");
    for receiver in [&ledger, &crm] {
        let hooks = receiver.received(expected.len()).await;
        assert_eq!(news(&hooks), expected);
        let ids: BTreeSet<_> = hooks.iter().map(Hook::id).collect();
        assert_eq!(ids.len(), expected.len(), "each has a name of its own");
        let told: BTreeSet<_> =
            hooks.iter().map(|it| it.json()["data"]["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(told, all.iter().cloned().collect());
    }
    let listed = app.deliveries("?limit=100").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2 * expected.len());
    app.stop().await;
}

#[tokio::test]
async fn a_webhook_is_thin_signed_and_holds_nothing_personal() {
    let receiver = Receiver::start().await;
    let app = TestApp::builder().settings(&receiver.settings("ledger")).start().await;
    let token = app.token_with(json!({
        "sub": "canary-user-88", "phone_number": "+6281777330011", "phone_number_verified": true,
        "phone_reference": "canary-reference-88", "email": "canary88@example.com",
        "email_verified": true,
    }));
    let wish = json!({ "channel": "sdk", "reference": "loan-88", "consentReference": "canary-88" });
    let id = app.start_verification(&token, wish).await.text("/id");
    app.provider.finish_capture(&app.session(&id).await).unwrap();
    app.wait_for(&token, &id, &["rejected", "approved", "failed"]).await;

    let told = changes(&app, &id).await;
    let hooks = receiver.received(told.len()).await;

    let hook = hooks.iter().max_by_key(|hook| hook.news()).unwrap();
    let seen = app.get_verification(&token, &id).await.json();
    let mut expected = json!({
        "type": "verification.updated",
        "timestamp": seen["updatedAt"],
        "data": {
            "id": id, "status": seen["status"], "revision": seen["revision"],
            "reference": "loan-88", "createdAt": seen["createdAt"], "updatedAt": seen["updatedAt"],
        },
    });
    if let Some(code) = seen.pointer("/reason/code") {
        expected["data"]["reasonCode"] = code.clone();
    }
    assert_eq!(hook.json(), expected);
    assert_eq!(hook.line, "POST /hooks/canary-path-77 HTTP/1.1");
    assert_eq!(hook.headers["content-type"], "application/json");
    assert_eq!(hook.headers["webhook-timestamp"], app.now().as_second().to_string());
    assert_eq!(hook.signed_by(SECRET), (1, vec![0]));
    for hook in &hooks {
        let whole = format!("{:?} {}", hook.headers, String::from_utf8_lossy(&hook.body));
        for personal in ["canary-user", "canary-ref", "canary88", "canary-88", "81777330011"] {
            assert!(!whole.contains(personal), "{whole}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn while_a_secret_is_changed_either_opens_a_webhook() {
    let receiver = Receiver::start().await;
    let both = receiver.settings("ledger") + &format!("previous_secret = \"{OLD_SECRET}\"\n");
    let app = TestApp::builder().settings(&both).start().await;

    expire(&app, "cust-1").await;
    let hooks = receiver.received(1).await;

    assert_eq!(hooks[0].signed_by(SECRET), (2, vec![0]));
    assert_eq!(hooks[0].signed_by(OLD_SECRET), (2, vec![1]));
    app.stop().await;
}

#[tokio::test]
async fn what_was_not_delivered_before_a_restart_is_delivered_after_it() {
    let receiver = Receiver::start().await;
    receiver.set(crate::contacts::user_service::Mood::says("500 Oh", ""));
    let app = TestApp::builder().settings(&receiver.settings("ledger")).start().await;
    expire(&app, "cust-1").await;
    receiver.received(1).await;
    app.deliveries_until("?state=pending", |items| items[0]["tries"] == 1).await;

    let app = app.restart().await;
    receiver.accept();
    app.advance(SignedDuration::from_secs(10)).await;
    let hooks = receiver.received(2).await;
    let done = app.deliveries_until("", |items| items[0]["state"] == "delivered").await;

    assert_eq!(hooks[0].id(), hooks[1].id());
    assert_eq!(hooks[0].body, hooks[1].body);
    assert_eq!(hooks[1].signed_by(SECRET), (1, vec![0]));
    assert_eq!(done.len(), 1);
    app.stop().await;
}

/// Starts a verification and lets its life pass: one change, and no provider needed for it.
pub(super) async fn expire(app: &TestApp, user: &str) -> String {
    let token = app.token(user, "00");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    app.advance(SignedDuration::from_hours(25)).await;
    let seen = app.wait_for(&app.token(user, "00"), &id, &["expired"]).await;
    assert_eq!(seen.json()["status"], Value::from("expired"));
    id
}
