//! Document data for back ends: with which scopes, and not without an entry.

use serde_json::json;

use super::bed::{READER, approved, entries};
use crate::support::TestApp;

const MEMBERS: [&str; 3] = ["ktpData", "verificationResult", "certificateRegistration"];

/// Lets nothing be written to the audit log any more.
fn shut(app: &TestApp) {
    let database = rusqlite::Connection::open(app.directory.path().join("gerbang.db")).unwrap();
    let sql = "CREATE TRIGGER shut BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'shut'); END";
    database.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn document_data_take_a_scope_of_their_own_and_each_read_is_written_down() {
    let app = TestApp::start().await;
    let id = approved(&app, "cust-1").await;
    let before = entries(&app).await.len();
    for (scopes, status, shown) in [
        ("", 403, false),
        ("verification:read:pii", 403, false),
        ("verification:start", 403, false),
        ("audit:read", 403, false),
        ("verification:read", 200, false),
        ("verification:read verification:read:pi", 200, false),
        ("verification:read verification:read:pii", 200, true),
    ] {
        let answer = app.inspect(&app.service_token(scopes), &id).await;

        assert_eq!(answer.status, status, "{scopes}");
        for member in MEMBERS {
            assert_eq!(answer.json().get(member).is_some(), shown, "{scopes}: {member}");
        }
    }
    let written = entries(&app).await.split_off(before + 1);
    assert_eq!(
        written,
        [("document_data_read".to_owned(), "backend:ledger".to_owned(), Some(id.clone()))]
    );
    app.stop().await;
}

#[tokio::test]
async fn what_the_provider_read_from_the_card_is_passed_on_field_by_field() {
    let app = TestApp::start().await;
    let id = approved(&app, "cust-1").await;

    let seen = app.inspect(&app.service_token(READER), &id).await.json();

    let nik = seen["ktpData"]["nik"].as_str().unwrap();
    assert!(nik.len() == 16 && nik.bytes().all(|byte| byte.is_ascii_digit()), "{nik}");
    assert!(!seen["ktpData"]["name"].as_str().unwrap().is_empty());
    assert_eq!(
        seen["verificationResult"],
        json!({ "nik": "pass", "name": "pass", "dateOfBirth": "pass", "selfie": "pass" })
    );
    assert_eq!(seen["certificateRegistration"]["eligibleToActivate"], true);
    let text = seen.to_string();
    assert!(!text.contains("X-Amz") && !text.contains("imageUrls"), "{text}");
    app.stop().await;
}

#[tokio::test]
async fn a_read_that_cannot_be_written_down_is_not_answered() {
    let app = TestApp::start().await;
    let id = approved(&app, "cust-1").await;
    shut(&app);

    let refused = app.inspect(&app.service_token(READER), &id).await;
    let searched = app.search(&app.service_token(READER), "?userId=cust-1").await;
    let audited = app.audit(&app.service_token("audit:read"), "").await;
    let plain = app.inspect(&app.service_token("verification:read"), &id).await;

    for (answer, what) in [(&refused, "read"), (&searched, "search"), (&audited, "audit")] {
        assert_eq!((answer.status, answer.problem().as_str()), (500, "internal-error"), "{what}");
        let text = String::from_utf8_lossy(&answer.body);
        assert!(!text.contains("ktpData") && !text.contains(&id), "{text}");
    }
    assert_eq!(plain.status, 200, "what is not personal is not held up");
    app.stop().await;
}

#[tokio::test]
async fn where_there_are_no_data_nothing_is_read_and_nothing_written_down() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "01");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    let before = entries(&app).await.len();

    let seen = app.inspect(&app.service_token(READER), &id).await;

    assert_eq!(seen.status, 200);
    assert!(MEMBERS.iter().all(|member| seen.json().get(member).is_none()));
    assert_eq!(entries(&app).await.len(), before + 1, "the look at the log itself");
    app.stop().await;
}
