//! Proofs of contact over the wire: what they open, and that they count once.

use gerbang::sandbox::{Fault, FaultRule, Operation};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

async fn app() -> TestApp {
    TestApp::builder().contact("[\"proof\"]").start().await
}

fn token(app: &TestApp, user: &str) -> String {
    app.token_with(json!({ "sub": user }))
}

async fn start(app: &TestApp, user: &str, proof: &str) -> Answer {
    let wish = json!({ "channel": "sdk", "contactProof": proof });
    app.start_verification(&token(app, user), wish).await
}

fn is_used(answer: &Answer) -> bool {
    answer.status == 403
        && answer.problem() == "contact-not-verified"
        && answer.text("/detail").contains("used before")
}

#[tokio::test]
async fn a_proof_opens_a_verification_that_traces_back_to_it() {
    let app = app().await;
    let proof = app.proof("cust-1", "otp-7f31", json!({}));

    let answer = start(&app, "cust-1", &proof).await;

    assert_eq!((answer.status, answer.text("/nextAction").as_str()), (201, "open_sdk"));
    let sent = app.provider.requests_of(Operation::Initiate).pop().unwrap().body.unwrap();
    assert_eq!(sent["additionalDetails"]["phoneNumber"], "6281234560000");
    let verified = &sent["additionalDetails"]["dataVerification"]["phoneNumber"];
    assert_eq!(*verified, json!({ "isVerified": true, "verificationReferenceId": "otp-7f31" }));
    let seen = app.inspect(&app.service_token("verification:read"), &answer.text("/id")).await;
    assert_eq!(
        seen.json()["contact"],
        json!({
            "kind": "phone", "source": "proof", "verificationReferenceId": "otp-7f31",
            "verifiedAt": "2027-01-15T07:59:00Z",
        })
    );
    app.stop().await;
}

#[tokio::test]
async fn the_same_proof_resumes_its_open_verification_as_often_as_it_is_sent() {
    let app = app().await;
    let proof = app.proof("cust-1", "otp-7f31", json!({}));
    let first = start(&app, "cust-1", &proof).await;

    let second = start(&app, "cust-1", &proof).await;
    let app = app.restart().await;
    let third = start(&app, "cust-1", &proof).await;

    for again in [second, third] {
        assert_eq!((again.status, again.text("/id")), (200, first.text("/id")));
        assert_eq!(again.text("/sdkToken"), first.text("/sdkToken"));
    }
    assert_eq!(app.provider.calls(Operation::Initiate), 1);
    app.stop().await;
}

#[tokio::test]
async fn many_starts_at_once_with_one_proof_are_one_start() {
    let app = app().await;
    let proof = app.proof("cust-1", "otp-7f31", json!({}));
    app.provider.push_fault(FaultRule::once(Operation::Initiate, Fault::Latency { millis: 50 }));

    let starts = (0..10).map(|_| start(&app, "cust-1", &proof));
    let answers = futures_util::future::join_all(starts).await;

    let ids: std::collections::BTreeSet<_> =
        answers.iter().map(|answer| answer.text("/id")).collect();
    assert_eq!(ids.len(), 1);
    assert!(answers.iter().all(|answer| !answer.text("/sdkToken").is_empty()));
    assert_eq!(app.provider.calls(Operation::Initiate), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_proof_whose_verification_was_closed_is_used_even_after_a_restart() {
    let app = app().await;
    let proof = app.proof("cust-1", "otp-7f31", json!({}));
    let email = json!({ "phone_number": null, "email": "someone@example.com" });
    start(&app, "cust-1", &proof).await;
    let newer = start(&app, "cust-1", &app.proof("cust-1", "mail-1", email)).await;

    let before = start(&app, "cust-1", &proof).await;
    let app = app.restart().await;
    let after = start(&app, "cust-1", &proof).await;

    assert!(is_used(&before) && is_used(&after), "{before:?} {after:?}");
    let open = app.get_verification(&token(&app, "cust-1"), &newer.text("/id")).await;
    assert_eq!(open.text("/status"), "pending", "the replay closed nothing");
    assert_eq!(app.provider.calls(Operation::Initiate), 2);
    app.stop().await;
}

#[tokio::test]
async fn a_proof_is_used_once_its_verification_has_its_verdict() {
    let app = app().await;
    let proof = app.proof("cust-1", "otp-7f31", json!({}));
    let id = start(&app, "cust-1", &proof).await.text("/id");
    let session = app.session(&id).await;
    app.provider.finish_capture(&session).unwrap();
    app.wait_for(&token(&app, "cust-1"), &id, &["approved"]).await;

    let again = start(&app, "cust-1", &proof).await;
    let fresh = start(&app, "cust-1", &app.proof("cust-1", "otp-7f32", json!({}))).await;

    assert!(is_used(&again), "{again:?}");
    assert_eq!(fresh.status, 201);
    app.stop().await;
}

#[tokio::test]
async fn a_name_given_twice_opens_nothing_else() {
    let app = app().await;
    start(&app, "cust-1", &app.proof("cust-1", "otp-7f31", json!({}))).await;
    let other = json!({ "phone_number": "+6281234560099" });

    let same_user = start(&app, "cust-1", &app.proof("cust-1", "otp-7f31", other)).await;
    let other_user = start(&app, "cust-2", &app.proof("cust-2", "otp-7f31", json!({}))).await;

    assert!(is_used(&same_user) && is_used(&other_user));
    app.stop().await;
}

#[tokio::test]
async fn a_start_that_fails_leaves_the_proof_good() {
    let app = app().await;
    let proof = app.proof("cust-1", "otp-7f31", json!({}));
    app.provider.push_fault(FaultRule::once(Operation::Initiate, Fault::Close));

    let failed = start(&app, "cust-1", &proof).await;
    let again = start(&app, "cust-1", &proof).await;

    assert!(failed.status >= 500, "{failed:?}");
    assert_eq!((again.status, again.text("/nextAction").as_str()), (200, "open_sdk"));
    app.stop().await;
}

#[tokio::test]
async fn proofs_that_are_not_believed_are_403_without_a_reason() {
    let app = app().await;
    let now = app.now().as_second();
    let good = app.proof("cust-1", "otp-7f31", json!({}));
    let (body, signature) = good.rsplit_once('.').unwrap();
    let reversed: String = signature.chars().rev().collect();
    let mut seen = Vec::new();
    for (label, proof) in [
        ("another's", app.proof("cust-2", "otp-1", json!({}))),
        ("stale", app.proof("cust-1", "otp-1", json!({ "iat": now - 631, "exp": now + 9 }))),
        ("expired", app.proof("cust-1", "otp-1", json!({ "exp": now - 31 }))),
        ("for somebody else", app.proof("cust-1", "otp-1", json!({ "aud": "gerbang" }))),
        ("nameless", app.proof("cust-1", "otp-1", json!({ "jti": null }))),
        ("two contacts", app.proof("cust-1", "otp-1", json!({ "email": "a@example.com" }))),
        ("other signature", format!("{body}.{reversed}")),
        ("an access token", token(&app, "cust-1")),
        ("no proof", "nonsense".to_owned()),
    ] {
        let answer = start(&app, "cust-1", &proof).await;

        let problem = (answer.status, answer.problem());
        assert_eq!(problem, (403, "contact-not-verified".to_owned()), "{label}");
        seen.push(answer.text("/detail"));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(app.provider.calls(Operation::Initiate), 0);
    app.stop().await;
}

#[tokio::test]
async fn proofs_that_cannot_be_used_say_so_at_their_place() {
    let with_proofs = app().await;
    let without = TestApp::start().await;
    let abroad = json!({ "phone_number": "+6581234567" });
    let abroad = with_proofs.proof("cust-1", "otp-1", abroad);
    let unwanted = json!({ "channel": "sdk", "contactProof": without.proof("u", "o", json!({})) });

    let unfit = start(&with_proofs, "cust-1", &abroad).await;
    let empty = start(&with_proofs, "cust-1", "").await;
    let long = start(&with_proofs, "cust-1", &"x".repeat(8193)).await;
    let unwanted = without.start_verification(&without.token("cust-1", "00"), unwanted).await;

    for answer in [unfit, empty, long, unwanted] {
        let place = answer.text("/errors/0/pointer");
        assert_eq!((answer.status, place.as_str()), (422, "/contactProof"), "{answer:?}");
    }
    with_proofs.stop().await;
    without.stop().await;
}

#[tokio::test]
async fn a_proof_is_asked_for_and_an_apps_word_is_none() {
    let app = app().await;
    let claims = json!({
        "sub": "cust-1", "phone_number": "+6281234560000", "phone_number_verified": true,
    });
    let token = app.token_with(claims);

    // The token's claims do not count here, and nothing in the body but a proof does.
    let bare = app.start_verification(&token, json!({ "channel": "sdk" })).await;
    let chosen =
        app.start_verification(&token, json!({ "channel": "sdk", "contact": "phone" })).await;
    let null = app
        .start_verification(&token, json!({ "channel": "sdk", "contactProof": Value::Null }))
        .await;

    assert_eq!((bare.status, bare.problem().as_str()), (403, "contact-not-verified"));
    assert_eq!(chosen.status, 403);
    assert_eq!((null.status, null.text("/errors/0/pointer").as_str()), (422, "/contactProof"));
    app.stop().await;
}
