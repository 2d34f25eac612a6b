//! The partner's user service: what it is asked, and that nothing is guessed when it fails.

use gerbang::sandbox::Operation;
use serde_json::{Value, json};

use super::user_service::{Mood, UserService};
use crate::support::{Answer, TestApp};

struct Bench {
    app: TestApp,
    service: UserService,
}

impl Bench {
    async fn new(mood: Mood) -> Self {
        let service = UserService::start(mood).await;
        let settings = service.settings();
        let app = TestApp::builder().contact("[\"directory\"]").settings(&settings).start().await;
        Self { app, service }
    }

    async fn start(&self, user: &str, body: Value) -> Answer {
        self.app.start_verification(&self.app.token_with(json!({ "sub": user })), body).await
    }

    async fn contact(&self, id: &str) -> Value {
        let token = self.app.service_token("verification:read");
        self.app.inspect(&token, id).await.json()["contact"].clone()
    }
}

fn sdk() -> Value {
    json!({ "channel": "sdk" })
}

#[tokio::test]
async fn the_directory_is_asked_for_this_user_and_its_word_is_traced() {
    let bench = Bench::new(Mood::answer(&json!({
        "phoneNumber": "+62 812-3456-0000", "phoneVerified": true, "phoneReference": "dir-7f31",
        "phoneVerifiedAt": "2026-11-23T04:04:12Z",
        "email": "someone@example.com", "emailVerified": false, "tier": { "gold": true },
    })))
    .await;

    let answer = bench.start("acme|7:x", sdk()).await;

    assert_eq!(answer.status, 201);
    let [head] = bench.service.heads().try_into().unwrap();
    assert!(head.starts_with("GET /users/acme%7C7%3Ax/contacts?of=kyc HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nauthorization: Bearer directory-key-77\r\n"), "{head}");
    assert!(head.contains(&format!("\r\nx-request-id: {}\r\n", answer.header("x-request-id"))));
    let sent = bench.app.provider.requests_of(Operation::Initiate).pop().unwrap().body.unwrap();
    let verified = &sent["additionalDetails"]["dataVerification"]["phoneNumber"];
    assert_eq!(verified["verificationReferenceId"], "dir-7f31");
    assert_eq!(
        bench.contact(&answer.text("/id")).await,
        json!({
            "kind": "phone", "source": "directory", "verificationReferenceId": "dir-7f31",
            "verifiedAt": "2026-11-23T04:04:12Z",
        })
    );
    bench.app.stop().await;
}

#[tokio::test]
async fn an_answer_without_a_reference_gets_a_name_of_its_own() {
    let bench =
        Bench::new(Mood::answer(&json!({ "email": "a@example.com", "emailVerified": true }))).await;

    let first = bench.start("cust-1", sdk()).await;
    let second = bench.start("cust-2", sdk()).await;

    let (first, second) =
        (bench.contact(&first.text("/id")).await, bench.contact(&second.text("/id")).await);
    let name = first["verificationReferenceId"].as_str().unwrap();
    assert!(name.starts_with("directory:") && name.len() == 46, "{name}");
    assert_ne!(first["verificationReferenceId"], second["verificationReferenceId"]);
    assert_eq!(first["verifiedAt"], "2027-01-15T08:00:00Z");
    bench.app.stop().await;
}

#[tokio::test]
async fn users_without_a_verified_contact_are_403() {
    let bench = Bench::new(Mood::says("404 Not Found", "")).await;
    for mood in [
        Mood::says("404 Not Found", "{}"),
        Mood::answer(&json!({})),
        Mood::answer(&json!({ "phoneNumber": "081234560000" })),
        Mood::answer(&json!({ "phoneNumber": "081234560000", "phoneVerified": false })),
        Mood::answer(&json!({ "phoneNumber": "081234560000", "phoneVerified": "true" })),
        Mood::answer(&json!({ "phoneNumber": "081234560000", "phoneVerified": 1 })),
        Mood::answer(&json!({ "phoneNumber": "", "phoneVerified": true })),
        Mood::answer(&json!({ "phoneNumber": null, "phoneVerified": true })),
        Mood::answer(&json!({ "phoneNumber": "081234560000", "emailVerified": true })),
    ] {
        bench.service.set(mood);

        let answer = bench.start("cust-1", sdk()).await;

        assert_eq!((answer.status, answer.problem().as_str()), (403, "contact-not-verified"));
    }
    assert_eq!(bench.app.provider.calls(Operation::Initiate), 0);
    bench.app.stop().await;
}

#[tokio::test]
async fn a_contact_that_cannot_be_sent_is_422() {
    let bench = Bench::new(Mood::answer(&json!({
        "phoneNumber": "+6581234567", "phoneVerified": true,
        "email": "nobody", "emailVerified": true,
    })))
    .await;

    for body in [sdk(), json!({ "channel": "sdk", "contact": "email" })] {
        let answer = bench.start("cust-1", body).await;

        let place = answer.text("/errors/0/pointer");
        assert_eq!((answer.status, place.as_str()), (422, "/contact"));
    }
    bench.app.stop().await;
}

#[tokio::test]
async fn whatever_goes_wrong_there_starts_nothing_here() {
    let bench = Bench::new(Mood::Hang).await;
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(17_000));
    let twice = r#"{"phoneVerified":false,"phoneNumber":"081234560000","phoneVerified":true}"#;
    let moved = "HTTP/1.1 302 Found\r\nLocation: /users/other\r\nContent-Length: 0\r\n\r\n";
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"phoneVerified\":";
    let good = json!({
        "phoneNumber": "081234560000", "phoneVerified": true, "phoneReference": "two words",
    });
    for (label, mood, status, problem) in [
        ("silent", Mood::Hang, 504, "upstream-timeout"),
        ("closed", Mood::Close, 503, "upstream-unavailable"),
        ("cut off", Mood::Raw(cut.to_owned()), 503, "upstream-unavailable"),
        ("busy", Mood::says("429 Too Many Requests", ""), 503, "upstream-unavailable"),
        ("broken", Mood::says("500 Oh", "{}"), 503, "upstream-unavailable"),
        ("refusing", Mood::says("401 Unauthorized", ""), 502, "upstream-error"),
        ("refusing", Mood::says("403 Forbidden", ""), 502, "upstream-error"),
        ("elsewhere", Mood::Raw(moved.to_owned()), 502, "upstream-error"),
        ("empty", Mood::says("204 No Content", ""), 502, "upstream-error"),
        ("no JSON", Mood::says("200 OK", "<html>"), 502, "upstream-error"),
        ("a list", Mood::says("200 OK", "[]"), 502, "upstream-error"),
        ("said twice", Mood::says("200 OK", twice), 502, "upstream-error"),
        ("too large", Mood::says("200 OK", &large), 502, "upstream-error"),
        ("bad reference", Mood::answer(&good), 502, "upstream-error"),
    ] {
        bench.service.set(mood);

        let answer = bench.start("cust-1", sdk()).await;

        let found = (answer.status, answer.problem());
        assert_eq!(found, (status, problem.to_owned()), "{label}: {answer:?}");
    }
    assert_eq!(bench.app.provider.calls(Operation::Initiate), 0);
    assert!(bench.service.heads().iter().all(|head| !head.starts_with("GET /users/other")));
    bench.app.stop().await;
}
