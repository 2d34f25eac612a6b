//! Everything the gateway does, done with values that can be recognised.

use std::collections::BTreeSet;

use gerbang::{
    api::OPERATIONS,
    sandbox::{Fault, FaultBody, FaultRule, Operation},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    contacts::user_service::{Mood, UserService},
    support::{Answer, CALLBACK_KEY, TestApp},
    webhooks::receiver::Receiver,
};

/// The user that all is about.
pub(super) const USER: &str = "canary-user-77";

/// Walks through a verification and its mistakes; gives the last view of it and the secrets that
/// came up on the way.
pub(super) async fn drive(app: &TestApp) -> (Answer, Vec<String>) {
    let token = app.token_with(json!({
        "sub": "canary-user-77", "phone_number": "+6281777333001", "phone_number_verified": true,
        "phone_reference": "canary-reference-77", "email": "canary77@example.com",
        "email_verified": true,
    }));
    let wish = json!({ "channel": "sdk", "reference": "canary-case-77", "redirectUrls": {
        "success": "partnerapp://kyc/done", "failure": "partnerapp://kyc/failed",
    }});
    let start = || {
        let request = app.request(Method::POST, "/v1/verifications", &token).json(&wish);
        app.send(request.header("Idempotency-Key", "canary-key-77"))
    };
    let started = start().await;
    assert_eq!(start().await.body, started.body);
    let sent = app.provider.requests_of(Operation::Initiate).pop().unwrap().body.unwrap();
    let back = sent["failureRedirectionUrl"].as_str().unwrap().to_owned();
    let way = back.split('/').nth_back(1).unwrap().to_owned();
    let path = format!("{}/return/{way}", app.base_url);
    assert_eq!(app.send(app.http.get(format!("{path}/failure"))).await.status, 303);
    assert_eq!(app.send(app.http.get(format!("{path}/nonsense"))).await.status, 404);
    let id = started.text("/id");
    let session = app.session(&id).await;
    app.provider.finish_capture(&session).unwrap();
    app.provider.wait_until(|provider| provider.scripts_running() == 0).await;
    app.call_back(callback(app, &session)).await;
    let approved = app.wait_for(&token, &id, &["approved"]).await;
    app.get_verification(&format!("{token}x"), &id).await;
    app.call_back(json!({ "nik": "9901017777770001" })).await;
    app.start_verification(&token, json!({ "channel": "sdk", "canary77": "+6281777333001" })).await;
    let signature = token.rsplit('.').next().unwrap().to_owned();
    (approved, vec![started.text("/sdkToken"), signature, session, way])
}

/// A callback that says more than it has to.
pub(super) fn callback(app: &TestApp, session: &str) -> Value {
    json!({
        "submissionId": app.provider.submissions().remove(0).submission_id,
        "userId": "canary-user-77", "userIdType": "EXAMPLE_APP_USER_ID",
        "partnerSessionId": session, "status": "COMPLETED", "result": "VALID",
        "submissionDetails": { "ktpData": { "nik": "9901017777770001", "name": "CANARY CONTOH" } },
    })
}

/// Looks at a picture and meets every kind of trouble with it; gives what opens its link.
pub(super) async fn drive_images(app: &TestApp, id: &str) -> String {
    let submission = app.provider.submissions().remove(0).submission_id;
    let link = app.provider.image_link(&submission, "KTP");
    let path = format!("/v1/backend/verifications/{id}/images/ktp");
    let token = app.service_token("verification:read:images");
    let status = |status| Fault::Status { status, body: FaultBody::Html, retry_after: None };
    let away = Fault::Redirect { location: link.clone() };
    let echo = Fault::Body { content_type: link.clone(), text: link.clone() };
    for fault in [status(404), status(500), Fault::Close, Fault::CutBody, away, echo] {
        app.provider.push_fault(FaultRule::once(Operation::Image, fault));
        // What is broken off at once says nothing at all.
        let answer = app.request(Method::GET, &path, &token).send().await;
        let Ok(answer) = answer else { continue };
        let head = format!("{:?}", answer.headers());
        let body = answer.bytes().await.unwrap_or_default();
        let told = head + &String::from_utf8_lossy(&body);
        assert!(!told.contains("X-Amz") && !told.contains("/objects/"), "{told}");
    }
    let request = app.request(Method::GET, &path, &token);
    assert_eq!(app.send(request).await.status, 200);
    link.rsplit_once('=').unwrap().1.to_owned()
}

/// Walks through the other ways to prove a contact, and what goes wrong on them; gives the secrets.
pub(super) async fn drive_contacts(app: &TestApp, service: &UserService) -> Vec<String> {
    let token = |user: &str| app.token_with(json!({ "sub": user }));
    let phone = json!({ "phone_number": "+6281777333001" });
    let wish = |proof: &str| json!({ "channel": "sdk", "contactProof": proof });

    let found =
        app.start_verification(&token("canary-user-77-a"), json!({ "channel": "sdk" })).await;
    service.set(Mood::says("200 OK", "{\"email\": canary77@example.com}"));
    app.start_verification(&token("canary-user-77-b"), json!({ "channel": "sdk" })).await;
    service.set(Mood::says("500 Oh", "canary77@example.com"));
    app.start_verification(&token("canary-user-77-b"), json!({ "channel": "sdk" })).await;

    let proof = app.proof("canary-user-77-c", "canary-reference-77-c", phone);
    let proven = app.start_verification(&token("canary-user-77-c"), wish(&proof)).await;
    let stolen = app.start_verification(&token("canary-user-77-d"), wish(&proof)).await;
    let abroad = json!({ "phone_number": null, "email": "canary77@nowhere" });
    let abroad = app.proof("canary-user-77-c", "canary-reference-77-d", abroad);
    app.start_verification(&token("canary-user-77-c"), wish(&abroad)).await;

    let mut behalf = json!({
        "userId": "canary-user-77-e", "channel": "sdk",
        "contact": {
            "type": "email", "value": "canary77@example.com",
            "verificationReferenceId": "canary-reference-77-e",
        },
    });
    let server = app.service_token("verification:start");
    let started = app.start_for(&server, behalf.clone()).await;
    behalf["contact"]["value"] = json!("canary77@nowhere");
    app.start_for(&server, behalf).await;

    assert_eq!((found.status, proven.status, started.status), (201, 201, 201));
    assert_eq!(stolen.status, 403);
    let mut secrets: Vec<_> =
        [&found, &proven, &started].map(|answer| answer.text("/sdkToken")).to_vec();
    secrets.extend([&proof, &abroad].map(|it| it.rsplit('.').next().unwrap().to_owned()));
    secrets
}

/// Reads what back ends may read; gives what was refused on the way, which must not tell.
pub(super) async fn drive_reads(app: &TestApp, id: &str) -> Vec<u8> {
    let all =
        "verification:read verification:read:pii verification:start webhook:manage audit:read";
    let (whole, poor) = (app.service_token(all), app.service_token("nothing:at-all"));
    let document = app.inspect(&whole, id).await;
    assert!(document.json()["ktpData"].is_object(), "document data are really read");
    let paths = [
        format!("/v1/backend/verifications?userId={USER}"),
        format!("/v1/backend/audit?userId={USER}"),
        format!("/v1/backend/verifications/{id}"),
        "/v1/backend/webhooks/deliveries".to_owned(),
        format!("/v1/backend/verifications?userId={USER}&status=canary77"),
        "/v1/backend/audit?cursor=canary-key-77".to_owned(),
    ];
    let mut refused = Vec::new();
    for path in &paths {
        app.send(app.request(Method::GET, path, &whole)).await;
        refused.extend(app.send(app.request(Method::GET, path, &poor)).await.body);
    }
    refused.extend(app.refresh(&whole, id).await.body);
    let deliveries = app.send(app.request(Method::GET, &paths[3], &whole)).await.json();
    let delivery = deliveries["items"][0]["id"].as_str().unwrap().to_owned();
    let again = format!("/v1/backend/webhooks/deliveries/{delivery}/redeliver");
    assert!(app.send(app.request(Method::POST, &again, &whole)).await.status < 300);
    refused
}

/// What is left: an app's other calls, callbacks by other methods, pages.
pub(super) async fn drive_the_rest(app: &TestApp, id: &str) -> Vec<u8> {
    let token = app.token_with(json!({ "sub": USER, "phone_number": "+6281777333001" }));
    let mut refused = Vec::new();
    refused.extend(app.renew(&token, id).await.body);
    refused.extend(app.report_capture(&token, id, json!({ "outcome": "canary77@" })).await.body);
    refused.extend(app.list(&token, "?cursor=canary-key-77").await.body);
    assert!(app.open_stream(app.watching(&token, id)).await.is_ok());
    let callback = format!("{}/callbacks/provider", app.base_url);
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let request = app.http.request(method, &callback).header("x-callback-key", CALLBACK_KEY);
        refused.extend(app.send(request.json(&json!({ "nik": "9901017777770001" }))).await.body);
    }
    let pages =
        ["/openapi.yaml", "/docs", "/docs/statuses", "/docs/reference", "/docs/assets/page.css"];
    for page in pages.into_iter().chain(["/problems/not-found", "/canary-path-77?canary77@"]) {
        let answer = app.send(app.http.get(format!("{}{page}", app.base_url))).await;
        if answer.status >= 400 {
            refused.extend(answer.body);
        }
    }
    refused
}

/// Everything that operators may ask for.
pub(super) async fn operators_see(app: &TestApp) -> Vec<u8> {
    let mut seen = Vec::new();
    for path in [
        "/livez",
        "/readyz",
        "/metrics",
        "/admin/callbacks?state=done",
        "/admin/callbacks",
        "/admin/keys",
    ] {
        let answer = app.http.get(format!("{}{path}", app.admin_url)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        seen.extend(answer.bytes().await.unwrap());
    }
    seen
}

/// The webhooks as they came, but for the back end's own reference, which is in them for it.
pub(super) fn back_ends_were_told(receiver: &Receiver) -> Vec<u8> {
    let bodies: Vec<u8> = receiver.hooks().into_iter().flat_map(|hook| hook.body).collect();
    let text = String::from_utf8(bodies).unwrap();
    assert!(text.contains("\"reference\":\"canary-case-77\""), "{text}");
    text.replace("canary-case-77", "").into_bytes()
}

/// Routes that nothing was driven through, by the metrics.
pub(super) fn routes_left_out(metrics: &str) -> BTreeSet<&'static str> {
    let driven = |path: &str| metrics.contains(&format!("route=\"{path}\""));
    OPERATIONS.iter().map(|operation| operation.path).filter(|path| !driven(path)).collect()
}

/// Hands out and destroys what is held of the user, with a callback that is late; gives what is told
/// of it.
pub(super) async fn drive_rights(app: &TestApp, callback: Value) -> Vec<u8> {
    let token = app.service_token("subject:export subject:erase");
    let path = format!("/v1/backend/users/{USER}");
    let export = app.request(Method::GET, &format!("{path}/export"), &token);
    let export = app.send(export).await;
    let held = String::from_utf8(export.body).unwrap();
    assert!(held.contains("9901017777770001"), "the export holds what is held");
    let poor = app.service_token("nothing:at-all");
    let mut told = app.send(app.request(Method::DELETE, &path, &poor)).await.body;
    let receipt = app.send(app.request(Method::DELETE, &path, &token)).await;
    assert_eq!(receipt.status, 200);
    told.extend(receipt.body);
    told.extend(app.call_back(callback).await.body);
    told
}
