//! Several sources: the first that answers wins.

use serde_json::{Value, json};

use super::user_service::{Mood, UserService};
use crate::support::{Answer, TestApp};

/// Every source has an answer of its own: which one was heard?
async fn started(ways: &str, body: Value) -> (Answer, Value) {
    let service = UserService::start(Mood::answer(&json!({
        "phoneNumber": "081234560033", "phoneVerified": true, "phoneReference": "dir-1",
    })))
    .await;
    let settings = service.settings();
    let app = TestApp::builder().contact(ways).settings(&settings).start().await;
    let token = app.token_with(json!({
        "sub": "cust-1", "email": "someone@example.com", "email_verified": true,
        "email_verification_reference": "mail-1",
    }));
    let mut wish = json!({ "channel": "sdk" });
    wish.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    if wish.get("contactProof").is_some() {
        wish["contactProof"] = json!(app.proof("cust-1", "otp-1", json!({})));
    }
    let answer = app.start_verification(&token, wish).await;
    let seen = app.inspect(&app.service_token("verification:read"), &answer.text("/id")).await;
    let contact = seen.json()["contact"]["source"].clone();
    app.stop().await;
    (answer, contact)
}

#[tokio::test]
async fn the_first_source_that_answers_wins() {
    let none = json!({});
    let proof = json!({ "contactProof": true });
    let phone = json!({ "contactProof": true, "contact": "phone" });
    let email = json!({ "contactProof": true, "contact": "email" });
    let phone_alone = json!({ "contact": "phone" });
    for (ways, body, source) in [
        (r#"["claims", "proof", "directory"]"#, &proof, "claims"),
        (r#"["proof", "claims", "directory"]"#, &proof, "proof"),
        (r#"["proof", "claims", "directory"]"#, &none, "claims"),
        (r#"["directory", "proof", "claims"]"#, &proof, "directory"),
        (r#"["proof", "directory"]"#, &none, "directory"),
        // A source that has no contact of the kind asked for does not answer.
        (r#"["claims", "proof"]"#, &phone, "proof"),
        (r#"["proof", "directory", "claims"]"#, &email, "claims"),
        (r#"["claims", "directory"]"#, &phone_alone, "directory"),
    ] {
        let (answer, heard) = started(ways, body.clone()).await;

        assert_eq!((answer.status, heard), (201, json!(source)), "{ways} {body}");
    }
}
