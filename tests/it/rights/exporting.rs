//! Exporting: everything is in it, and nothing that would open anything.

use serde_json::json;

use super::given::{approved, export, look};
use crate::support::TestApp;

#[tokio::test]
async fn an_export_holds_everything_and_no_token() {
    let app = TestApp::start().await;
    let (token, id, session) = approved(&app, "cust-1").await;
    approved(&app, "cust-2").await;
    let orphan = json!({
        "submissionId": "sub-of-nobody", "userId": "cust-1", "status": "IN_PROGRESS",
        "userIdType": "EXAMPLE_APP_USER_ID", "partnerSessionId": "session-of-nobody",
        "ktpImage": "https://images.example/ktp.jpg?X-Signature=canary-signature",
    });
    app.call_back(orphan).await;
    let open = app.token("cust-3", "00");
    let started = app.start_verification(&open, json!({ "channel": "sdk" })).await;

    let answer = export(&app, "cust-1").await;
    let of_open = export(&app, "cust-3").await;

    let all = answer.json();
    let one = &all["verifications"][0];
    assert_eq!(all["verifications"].as_array().unwrap().len(), 1);
    assert_eq!((&one["id"], &one["status"]), (&json!(id), &json!("approved")));
    assert_eq!(one["contact"]["value"], "6281234560001");
    assert_eq!(one["contact"]["verificationReferenceId"], "otp-0001");
    assert_eq!(one["reference"], "case-canary-5");
    assert_eq!(one["attempts"][0]["sessionId"], json!(session));
    assert_eq!(one["attempts"][0]["credential"]["held"], true);
    assert!(one["submissionData"]["body"].to_string().contains("ktpData"), "{one}");
    assert!(!one["callbacks"].as_array().unwrap().is_empty());
    assert_eq!(one["callbacks"][0]["body"]["partnerSessionId"], json!(session));
    assert!(!one["timeline"].as_array().unwrap().is_empty());
    let orphan = &all["otherCallbacks"][0]["body"];
    assert_eq!(orphan["submissionId"], "sub-of-nobody");
    assert_eq!(orphan["ktpImage"], "https://images.example/ktp.jpg?…");
    assert_eq!(all["accessTrail"][0]["action"], "subject_exported");
    assert_eq!(all["accessTrail"][0]["actor"], "backend:ledger");
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(!text.contains("cust-2") && !text.contains("canary-signature"));
    let secret = started.text("/sdkToken");
    assert!(!of_open.json().to_string().contains(&secret));
    assert_eq!(of_open.json()["verifications"][0]["attempts"][0]["credential"]["held"], true);
    assert!(!text.contains(&token));
    app.stop().await;
}

#[tokio::test]
async fn every_export_is_in_the_audit_log_even_one_of_nothing() {
    let app = TestApp::start().await;

    let first = export(&app, "cust-nobody").await.json();
    let second = export(&app, "cust-nobody").await.json();

    for list in ["verifications", "otherCallbacks", "heldByLaw"] {
        assert_eq!(first[list], json!([]), "{list}");
    }
    assert_eq!(second["accessTrail"].as_array().unwrap().len(), 2);
    let noted: i64 = look(&app)
        .query_row("SELECT count(*) FROM audit WHERE action = 'subject_exported'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(noted, 2);
    app.stop().await;
}
