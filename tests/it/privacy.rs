//! Nothing personal and no secret leaves the gateway but to whom it belongs: driven with values
//! that can be recognised, then looked for everywhere.

use std::{
    io,
    sync::{Arc, Mutex},
};

use gerbang::{
    sandbox::{Fault, FaultBody, FaultRule, Operation},
    telemetry::JsonLines,
};
use reqwest::{Method, redirect::Policy};
use serde_json::json;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, prelude::*, registry};

use crate::{
    contacts::user_service::{Mood, UserService},
    support::{Answer, CALLBACK_KEY, TestApp},
    webhooks::receiver::{Receiver, SECRET},
};

/// Everything the process logs at its chattiest, in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl io::Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Memory {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Values that nothing but the user's own app, the provider and entitled back ends may ever see.
const CANARIES: [&str; 13] = [
    "canary-user-77",
    "81777333001",
    "canary-reference-77",
    "canary77@",
    "canary-case-77",
    "canary-key-77",
    "9901017777770001",
    "CANARY CONTOH",
    "sandbox-pass-key",
    "directory-key-77",
    CALLBACK_KEY,
    "canary-path-77",
    SECRET,
];

#[tokio::test]
async fn no_personal_value_or_secret_is_found_where_it_does_not_belong() {
    let log = Memory::default();
    // Ours at the finest level; libraries below may trace the bytes they carry by design.
    let filter = EnvFilter::new("info,gerbang=trace");
    let subscriber = registry().with(filter).with(JsonLines(log.clone()));
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let service = UserService::start(Mood::answer(&json!({
        "phoneNumber": "+6281777333001", "phoneVerified": true,
        "phoneReference": "canary-reference-77-dir",
    })))
    .await;
    let receiver = Receiver::start().await;
    let contact = TestApp::builder().contact("[\"claims\", \"proof\", \"directory\"]");
    let builder = contact
        .settings(&service.settings())
        .settings(&receiver.settings("ledger"))
        .redirects("mode = \"gateway\"");
    let mut app = builder.without_callbacks().start().await;
    // A browser's stand-in that goes nowhere by itself.
    app.http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();

    let (seen, mut secrets) = drive(&app).await;
    secrets.extend(drive_contacts(&app, &service).await);
    secrets.push(drive_images(&app, &seen.text("/id")).await);
    receiver.received(1).await;
    let metrics = app.http.get(format!("{}/metrics", app.admin_url)).send().await.unwrap();
    let metrics = metrics.bytes().await.unwrap().to_vec();
    let directory = Arc::clone(&app.directory);
    app.stop().await;

    let logged = log.0.lock().unwrap().clone();
    assert!(
        String::from_utf8_lossy(&logged).contains(&seen.text("/id")),
        "the log was really read"
    );
    let mut places = vec![
        ("the log".to_owned(), logged),
        ("the metrics".to_owned(), metrics),
        ("the app's view".to_owned(), seen.body),
    ];
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "db" || kind == "db-wal") {
            places.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    assert!(places.len() >= 4, "the database is among the places");
    secrets.extend(CANARIES.map(ToOwned::to_owned));
    for (place, bytes) in &places {
        let text = String::from_utf8_lossy(bytes);
        for secret in &secrets {
            assert!(!text.contains(secret), "{place} holds {secret}");
        }
    }
}

/// Walks through a verification and its mistakes; gives the last view of it and the secrets that
/// came up on the way.
async fn drive(app: &TestApp) -> (Answer, Vec<String>) {
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
    app.call_back(json!({
        "submissionId": app.provider.submissions().pop().unwrap().submission_id,
        "userId": "canary-user-77", "userIdType": "EXAMPLE_APP_USER_ID",
        "partnerSessionId": session, "status": "COMPLETED", "result": "VALID",
        "submissionDetails": { "ktpData": { "nik": "9901017777770001", "name": "CANARY CONTOH" } },
    }))
    .await;
    let approved = app.wait_for(&token, &id, &["approved"]).await;
    app.get_verification(&format!("{token}x"), &id).await;
    app.call_back(json!({ "nik": "9901017777770001" })).await;
    app.start_verification(&token, json!({ "channel": "sdk", "canary77": "+6281777333001" })).await;
    let signature = token.rsplit('.').next().unwrap().to_owned();
    (approved, vec![started.text("/sdkToken"), signature, session, way])
}

/// Looks at a picture and meets every kind of trouble with it; gives what opens its link.
async fn drive_images(app: &TestApp, id: &str) -> String {
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
async fn drive_contacts(app: &TestApp, service: &UserService) -> Vec<String> {
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
