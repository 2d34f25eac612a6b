//! Starting, resuming and renewing a verification.

use gerbang::sandbox::{Fault, FaultBody, FaultRule, Operation};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;

use crate::support::{PATIENCE, TestApp};

#[tokio::test]
async fn start_for_the_sdk_answers_with_its_token() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");

    let answer = app.start_verification(&token, json!({ "channel": "sdk" })).await;

    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("location"), format!("/v1/verifications/{}", answer.text("/id")));
    assert_eq!(answer.text("/nextAction"), "open_sdk");
    assert!(!answer.text("/sdkToken").is_empty());
    assert_eq!(answer.text("/sdk/correlationId"), answer.text("/id"));
    let sent = app.provider.requests_of(Operation::Initiate).pop().unwrap();
    let body = sent.body.clone().unwrap();
    assert_eq!(sent.header("x-partner-user-id"), Some("cust-1"));
    assert_eq!(body.pointer("/source"), Some(&json!("SDK")));
    assert_eq!(
        body.pointer("/additionalDetails/dataVerification/phoneNumber"),
        Some(&json!({ "isVerified": true, "verificationReferenceId": "otp-0001" }))
    );
    app.stop().await;
}

#[tokio::test]
async fn start_for_the_web_answers_with_a_launch_url() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let redirects = json!({
        "success": "https://app.partner.example/kyc/done",
        "failure": "https://app.partner.example/kyc/failed",
    });

    let wish = json!({ "channel": "web", "locale": "en_ID", "redirectUrls": redirects });
    let answer = app.start_verification(&token, wish).await;

    assert_eq!((answer.status, answer.text("/nextAction").as_str()), (201, "open_web"));
    assert!(answer.text("/launchUrl").contains("#/launch-v1?token="));
    assert_eq!(answer.json()["redirectUrls"], redirects);
    let sent = app.provider.requests_of(Operation::Initiate).pop().unwrap().body.unwrap();
    assert_eq!(sent["successRedirectionUrl"], redirects["success"]);
    assert_eq!(sent["additionalDetails"]["userLocale"], "en_ID");
    app.stop().await;
}

#[tokio::test]
async fn start_by_email_sends_the_email_and_its_proof() {
    let app = TestApp::start().await;
    let token = app.token_with(json!({
        "sub": "cust-1", "jti": "j-1", "email": "Someone@Example.com", "email_verified": true,
    }));

    let answer = app.start_verification(&token, json!({ "channel": "sdk" })).await;

    assert_eq!(answer.status, 201);
    let sent = app.provider.requests_of(Operation::Initiate).pop().unwrap().body.unwrap();
    assert_eq!(sent["additionalDetails"]["email"], "Someone@example.com");
    let proof = &sent["additionalDetails"]["dataVerification"]["email"];
    assert!(proof["verificationReferenceId"].as_str().unwrap().ends_with("j-1"));
    app.stop().await;
}

#[tokio::test]
async fn starting_again_resumes_without_asking_the_provider() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let first = app.start_verification(&token, json!({ "channel": "sdk" })).await;

    let second = app.start_verification(&token, json!({ "channel": "sdk" })).await;

    assert_eq!(second.status, 200);
    assert_eq!(second.text("/id"), first.text("/id"));
    assert_eq!(second.text("/sdkToken"), first.text("/sdkToken"));
    assert_eq!(app.provider.calls(Operation::Initiate), 1);
    app.stop().await;
}

#[tokio::test]
async fn many_starts_at_once_make_one_call() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    app.provider.push_fault(FaultRule::once(Operation::Initiate, Fault::Latency { millis: 50 }));

    let starts = (0..20).map(|_| app.start_verification(&token, json!({ "channel": "sdk" })));
    let answers = futures_util::future::join_all(starts).await;

    let tokens: std::collections::BTreeSet<_> =
        answers.iter().map(|answer| answer.text("/sdkToken")).collect();
    assert_eq!(tokens.len(), 1, "everybody got the same token");
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(app.provider.calls(Operation::Initiate), 1);
    assert_eq!(app.provider.calls(Operation::Token), 1);
    app.stop().await;
}

#[tokio::test]
async fn another_contact_supersedes_the_open_verification() {
    let app = TestApp::start().await;
    let phone = app.token("cust-1", "00");
    let first = app.start_verification(&phone, json!({ "channel": "sdk" })).await;
    let email = app.token_with(json!({
        "sub": "cust-1", "email": "someone@example.com", "email_verified": true,
    }));

    let second = app.start_verification(&email, json!({ "channel": "sdk" })).await;

    assert_eq!(second.status, 201);
    assert_ne!(second.text("/id"), first.text("/id"));
    let old = app.get_verification(&phone, &first.text("/id")).await;
    assert_eq!(
        (old.text("/status").as_str(), old.text("/reason/code").as_str()),
        ("expired", "superseded")
    );
    app.stop().await;
}

#[tokio::test]
async fn another_channel_makes_a_new_attempt_in_the_same_verification() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let first = app.start_verification(&token, json!({ "channel": "sdk" })).await;
    let web = json!({ "channel": "web", "redirectUrls": {
        "success": "partnerapp://kyc/done", "failure": "partnerapp://kyc/failed",
    }});

    let second = app.start_verification(&token, web).await;

    assert_eq!((second.status, second.text("/id")), (200, first.text("/id")));
    assert_eq!(second.text("/nextAction"), "open_web");
    assert_eq!(app.provider.calls(Operation::Details), 1, "the provider was asked first");
    app.stop().await;
}

#[tokio::test]
async fn a_token_about_to_end_is_not_given_again() {
    let app = TestApp::builder()
        .provider(|options| options.user_token_life = std::time::Duration::from_mins(20))
        .start()
        .await;
    let first =
        app.start_verification(&app.token("cust-1", "00"), json!({ "channel": "sdk" })).await;
    app.advance(SignedDuration::from_secs(601)).await;

    let second =
        app.start_verification(&app.token("cust-1", "00"), json!({ "channel": "sdk" })).await;

    assert_eq!((second.status, second.text("/id")), (200, first.text("/id")));
    assert_ne!(second.text("/sdkToken"), first.text("/sdkToken"));
    app.stop().await;
}

#[tokio::test]
async fn after_capture_there_is_nothing_to_open() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "50");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    app.report_capture(&token, &id, json!({ "outcome": "completed" })).await;

    let again = app.start_verification(&token, json!({ "channel": "sdk" })).await;
    let renewed = app.renew(&token, &id).await;

    assert_eq!((again.status, again.text("/nextAction").as_str()), (200, "wait"));
    assert!(again.json().get("sdkToken").is_none());
    assert_eq!((renewed.status, renewed.problem().as_str()), (409, "conflict"));
    app.stop().await;
}

#[tokio::test]
async fn renew_gives_a_fresh_token_and_asks_for_captures_first() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let first = app.start_verification(&token, json!({ "channel": "sdk" })).await;

    let renewed = app.renew(&token, &first.text("/id")).await;

    assert_eq!((renewed.status, renewed.text("/id")), (200, first.text("/id")));
    assert_ne!(renewed.text("/sdkToken"), first.text("/sdkToken"));
    assert_eq!(app.provider.calls(Operation::Details), 1);
    app.stop().await;
}

#[tokio::test]
async fn renew_finds_a_capture_nobody_told_of() {
    let app = TestApp::builder().without_callbacks().start().await;
    let token = app.token("cust-1", "01");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    let session = app.session(&id).await;
    app.provider.finish_capture(&session).unwrap();
    app.provider.wait_until(|provider| provider.scripts_running() == 0).await;

    let renewed = app.renew(&token, &id).await;

    assert_eq!((renewed.status, renewed.problem().as_str()), (409, "verification-final"));
    assert_eq!(app.get_verification(&token, &id).await.text("/status"), "approved");
    app.stop().await;
}

#[tokio::test]
async fn a_failed_capture_leads_to_a_fresh_token() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let first = app.start_verification(&token, json!({ "channel": "sdk" })).await;
    let report = json!({ "outcome": "failed", "code": "GPE-2202" });
    let told = app.report_capture(&token, &first.text("/id"), report).await;
    assert_eq!(told.text("/nextAction"), "retry");

    let second = app.start_verification(&token, json!({ "channel": "sdk" })).await;

    assert_ne!(second.text("/sdkToken"), first.text("/sdkToken"));
    app.stop().await;
}

#[tokio::test]
async fn attempts_of_a_day_are_capped() {
    let app = TestApp::builder().settings("[verifications]\nattempts_per_day = 2").start().await;
    let token = app.token("cust-1", "00");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    assert_eq!(app.renew(&token, &id).await.status, 200);

    let third = app.renew(&token, &id).await;

    assert_eq!((third.status, third.problem().as_str()), (429, "attempts-exhausted"));
    let wait: i64 = third.header("retry-after").parse().unwrap();
    assert!((86_000..=86_400).contains(&wait));
    app.advance(SignedDuration::from_secs(wait + 1)).await;
    let token = app.token("cust-1", "00");
    let again = app.start_verification(&token, json!({ "channel": "sdk" })).await;
    assert_eq!(again.status, 201);
    app.stop().await;
}

#[tokio::test]
async fn a_client_that_hangs_up_loses_nothing() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    app.provider.push_fault(FaultRule::once(Operation::Initiate, Fault::Latency { millis: 300 }));
    let request = app
        .request(Method::POST, "/v1/verifications", &token)
        .json(&json!({ "channel": "sdk" }))
        .timeout(std::time::Duration::from_millis(100));
    assert!(request.send().await.unwrap_err().is_timeout());

    let answer = app.start_verification(&token, json!({ "channel": "sdk" })).await;

    assert_eq!(answer.status, 200);
    assert!(!answer.text("/sdkToken").is_empty());
    assert_eq!(app.provider.calls(Operation::Initiate), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_start_that_takes_too_long_is_504_and_its_answer_is_kept() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    app.provider.push_fault(FaultRule::once(Operation::Initiate, Fault::Hang));
    let start = app.start_verification(&token, json!({ "channel": "sdk" }));
    let wait = async {
        app.provider.wait_for_calls(Operation::Initiate, 1).await;
        app.advance(SignedDuration::from_secs(11)).await;
    };

    let (late, ()) = futures_util::future::join(start, wait).await;
    app.provider.clear_faults();
    let kept =
        app.start_verification(&app.token("cust-1", "00"), json!({ "channel": "sdk" })).await;

    assert_eq!((late.status, late.problem().as_str()), (504, "upstream-timeout"));
    assert_eq!(kept.status, 200);
    assert_eq!(app.provider.calls(Operation::Initiate), 1);
    app.stop().await;
}

/// What each misbehaviour of the provider becomes, and how many calls we make of it.
#[tokio::test]
async fn what_the_provider_does_wrong_becomes_a_problem_of_its_own() {
    let html = |status| Fault::Status { status, body: FaultBody::Html, retry_after: None };
    let json_body = |status| Fault::Status { status, body: FaultBody::Json, retry_after: None };
    let cases = [
        (html(500), 503, "upstream-unavailable", 1),
        (json_body(500), 503, "upstream-unavailable", 1),
        (html(502), 503, "upstream-unavailable", 1),
        (html(503), 503, "upstream-unavailable", 2),
        (html(429), 503, "upstream-unavailable", 2),
        (html(400), 502, "upstream-error", 1),
        (html(403), 502, "upstream-error", 1),
        (html(404), 502, "upstream-error", 1),
        (html(418), 502, "upstream-error", 1),
        (Fault::Garbage, 502, "upstream-error", 1),
        (Fault::HugeBody { bytes: 10_000_000 }, 502, "upstream-error", 1),
        (Fault::CutBody, 502, "upstream-error", 1),
        (Fault::Close, 502, "upstream-error", 1),
        (Fault::Redirect { location: "http://127.0.0.1:9/x".to_owned() }, 502, "upstream-error", 1),
    ];
    let app = TestApp::start().await;
    for (number, (fault, status, problem, calls)) in cases.into_iter().enumerate() {
        let label = format!("{fault:?}");
        app.provider.push_fault(FaultRule::always(Operation::Initiate, fault));
        let before = app.provider.calls(Operation::Initiate);
        let token = app.token(&format!("cust-{number}"), "00");

        let refused = app.start_verification(&token, json!({ "channel": "sdk" })).await;
        let made = app.provider.calls(Operation::Initiate) - before;
        app.provider.clear_faults();
        let mended = app.start_verification(&token, json!({ "channel": "sdk" })).await;

        assert_eq!((refused.status, refused.problem().as_str()), (status, problem), "{label}");
        assert_eq!(made, calls, "{label}");
        assert!(!mended.text("/sdkToken").is_empty(), "{label}: the next start succeeds");
        let told = String::from_utf8_lossy(&refused.body).to_lowercase();
        assert!(!told.contains("generic_service") && !told.contains("html"), "{label}: {told}");
    }
    app.stop().await;
}

#[tokio::test]
async fn revoked_partner_tokens_are_minted_anew_once() {
    let app = TestApp::start().await;
    app.start_verification(&app.token("cust-1", "00"), json!({ "channel": "sdk" })).await;
    app.provider.revoke_partner_tokens();
    // Two mints are at least a second apart.
    app.advance(SignedDuration::from_secs(2)).await;

    let answer =
        app.start_verification(&app.token("cust-2", "00"), json!({ "channel": "sdk" })).await;

    assert_eq!(answer.status, 201);
    assert_eq!(app.provider.calls(Operation::Token), 2);
    let sessions: Vec<_> = app.provider.requests_of(Operation::Initiate);
    assert_eq!(sessions.len(), 3);
    assert_eq!(sessions[1].session_id(), sessions[2].session_id(), "a 401 keeps the session id");
    app.stop().await;
}

#[tokio::test]
async fn refused_credentials_are_our_502_and_the_listener_stays_ready() {
    let app = TestApp::start().await;
    let refused = Fault::Status { status: 401, body: FaultBody::Html, retry_after: None };
    app.provider.push_fault(FaultRule::always(Operation::Token, refused));

    let answer =
        app.start_verification(&app.token("cust-1", "00"), json!({ "channel": "sdk" })).await;

    assert_eq!((answer.status, answer.problem().as_str()), (502, "upstream-error"));
    let ready = app.http.get(format!("{}/readyz", app.admin_url)).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    app.stop().await;
}

#[tokio::test]
async fn a_restart_keeps_the_credential() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let first = app.start_verification(&token, json!({ "channel": "sdk" })).await;

    let app = app.restart().await;
    let again = app.start_verification(&token, json!({ "channel": "sdk" })).await;

    assert_eq!((again.status, again.text("/sdkToken")), (200, first.text("/sdkToken")));
    app.stop().await;
}

#[tokio::test]
async fn a_dripping_body_is_cut_off_and_others_are_served() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let app = TestApp::builder().server("body_deadline = \"1s\"").start().await;
    let token = app.token("cust-1", "00");
    let address = app.base_url.trim_start_matches("http://");
    let mut drip = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /v1/verifications HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: 17\r\n\r\n{{"
    );
    drip.write_all(head.as_bytes()).await.unwrap();

    let other = app.start_verification(&token, json!({ "channel": "sdk" })).await;
    let mut answer = [0_u8; 12];
    tokio::time::timeout(PATIENCE, drip.read_exact(&mut answer)).await.unwrap().unwrap();

    assert_eq!(other.status, 201);
    assert_eq!(&answer, b"HTTP/1.1 408");
    app.stop().await;
}
