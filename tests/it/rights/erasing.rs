//! Erasing: what goes, what stays, and what the receipt says.

use aws_lc_rs::digest::{SHA256, digest};
use reqwest::Method;
use serde_json::{Value, json};

use super::given::{approved, count, erase, export, held, look, pass};
use crate::{
    support::{PATIENCE, TestApp},
    webhooks::receiver::Receiver,
};

#[tokio::test]
async fn an_erased_user_is_gone_and_a_late_callback_leaves_nothing() {
    let receiver = Receiver::start().await;
    let app = TestApp::builder().settings(&receiver.settings("ledger")).start().await;
    let (token, id, session) = approved(&app, "cust-1").await;
    let seen = app.inspect(&app.service_token("verification:read"), &id).await.json();
    let submission = seen["submission"]["id"].as_str().unwrap();
    assert!(held(&app).len() >= 5, "{:?}", held(&app));

    let receipt = erase(&app, "cust-1").await;

    assert_eq!(receipt.status, 200);
    assert_eq!(held(&app), []);
    assert_eq!(app.get_verification(&token, &id).await.status, 404);
    assert!(app.list(&token, "").await.json()["items"].as_array().unwrap().is_empty());
    let hooks = receiver.received(1).await;
    let erased = async {
        loop {
            let hooks = receiver.hooks();
            if let Some(hook) = hooks.iter().find(|it| it.json()["type"] == "verification.erased") {
                return hook.json();
            }
            receiver.received(hooks.len() + 1).await;
        }
    };
    let told = tokio::time::timeout(PATIENCE, erased).await.unwrap();
    assert!(!hooks.is_empty());
    assert_eq!(
        told,
        json!({
            "type": "verification.erased", "timestamp": receipt.json()["at"],
            "data": {
                "id": id, "revision": seen["revision"].as_u64().unwrap() + 1,
                "createdAt": seen["createdAt"], "updatedAt": receipt.json()["at"],
            },
        })
    );
    for (session, submission) in [
        (session.as_str(), "another-submission"),
        ("another-session-of-somebody", submission),
        ("another-session-of-somebody", "another-submission"),
    ] {
        let late = json!({
            "submissionId": submission, "userId": "cust-1", "userIdType": "EXAMPLE_APP_USER_ID",
            "partnerSessionId": session, "status": "COMPLETED", "result": "VALID",
            "ktpData": { "nik": "9901017777770001" },
        });
        assert_eq!(app.call_back(late.clone()).await.status, 200);
        assert_eq!(app.call_back(late).await.status, 200, "and once more");
    }
    app.idle().await;
    assert_eq!(held(&app), []);
    let left: (i64, String, i64) = look(&app)
        .query_row("SELECT count(*), max(status), max(deliveries) FROM late_callbacks", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!(left, (3, "COMPLETED".to_owned(), 2));
    app.stop().await;
}

#[tokio::test]
async fn a_receipt_says_what_was_destroyed_and_proves_itself() {
    let app = TestApp::start().await;
    approved(&app, "cust-1").await;

    let receipt = erase(&app, "cust-1").await.json();
    let again = erase(&app, "cust-1").await.json();

    let destroyed = &receipt["destroyed"];
    for class in ["verifications", "contacts", "credentials", "submissions"] {
        assert_eq!(destroyed[class], 1, "{class}");
    }
    assert!(destroyed["callbacks"].as_u64().unwrap() >= 1, "{receipt}");
    assert!(destroyed["timeline"].as_u64().unwrap() >= 1, "{receipt}");
    assert!(again["destroyed"].as_object().unwrap().values().all(|it| it == 0), "{again}");
    assert_eq!(receipt["subject"], again["subject"]);
    assert!(!receipt.to_string().contains("cust-1"), "{receipt}");
    for receipt in [receipt, again] {
        let mut content = receipt.clone();
        let hash = content.as_object_mut().unwrap().remove("hash").unwrap();
        let hash = hash.as_str().unwrap();
        // Members by name and no blanks: what serde_json makes of a map that is sorted.
        let own = digest(&SHA256, content.to_string().as_bytes());
        assert_eq!(gerbang::domain::hexadecimal(own.as_ref()), hash);
        let noted: i64 = look(&app)
            .query_row(
                "SELECT count(*) FROM audit WHERE action = 'subject_erased' AND detail = ?1",
                [format!("sha256:{hash}")],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(noted, 1);
    }
    app.stop().await;
}

#[tokio::test]
async fn another_users_data_stay_and_the_user_may_start_anew() {
    let app = TestApp::start().await;
    let (other, others, _) = approved(&app, "cust-2").await;
    let (_, _, _) = approved(&app, "cust-1").await;
    let before = export(&app, "cust-2").await.json();

    erase(&app, "cust-1").await;
    let (again, id, _) = approved(&app, "cust-1").await;

    let after = export(&app, "cust-2").await.json();
    assert_eq!(before["verifications"], after["verifications"]);
    assert_eq!(app.get_verification(&other, &others).await.text("/status"), "approved");
    assert_eq!(app.get_verification(&again, &id).await.text("/status"), "approved");
    assert_eq!(count(&app, "verifications"), 2);
    app.stop().await;
}

#[tokio::test]
async fn what_the_law_wants_is_kept_apart_and_said() {
    let law = "[retention]\nhold = [\"contact\", \"verdict\"]\nhold_for = \"1000h\"";
    let app = TestApp::builder().settings(law).start().await;
    let (token, id, _) = approved(&app, "cust-1").await;

    let receipt = erase(&app, "cust-1").await.json();

    let kept: Vec<_> = receipt["kept"].as_array().unwrap().iter().collect();
    let of = |class: &str| kept.iter().find(|it| it["class"] == class).copied();
    assert_eq!(of("contact").unwrap()["reason"], "law");
    assert_eq!(of("contact").unwrap()["records"], 1);
    assert!(of("submission").is_none(), "{receipt}");
    assert_eq!(app.get_verification(&token, &id).await.status, 404);
    assert_eq!(held(&app), []);
    let seen = export(&app, "cust-1").await;
    let seen = seen.json();
    assert_eq!(seen["heldByLaw"][0]["data"]["contact"]["value"], "6281234560001");
    assert_eq!(seen["heldByLaw"][0]["data"]["verdict"]["status"], "approved");
    assert!(!seen.to_string().contains("ktpData"), "{seen}");
    pass(&app, 999).await;
    assert_eq!(count(&app, "held"), 1);
    pass(&app, 2).await;
    assert_eq!(count(&app, "held"), 0);
    app.stop().await;
}

#[tokio::test]
async fn rights_need_their_scope_and_a_user_id() {
    let app = TestApp::start().await;
    approved(&app, "cust-1").await;
    let entries = count(&app, "audit");
    let every_other =
        app.service_token("verification:read verification:start webhook:manage subject:export");

    let refused = app.request(Method::DELETE, "/v1/backend/users/cust-1", &every_other);
    let refused = app.send(refused).await;
    let other = app.service_token("subject:erase");
    let exported = app.request(Method::GET, "/v1/backend/users/cust-1/export", &other);
    let exported = app.send(exported).await;
    let nobody = erase(&app, "081234567890").await;

    assert_eq!((refused.status, refused.problem().as_str()), (403, "insufficient-scope"));
    assert_eq!((exported.status, exported.problem().as_str()), (403, "insufficient-scope"));
    assert_eq!((nobody.status, nobody.problem().as_str()), (422, "validation-failed"));
    assert_eq!(count(&app, "verifications"), 1);
    assert_eq!(count(&app, "audit"), entries, "nothing was done");
    app.stop().await;
}

#[tokio::test]
async fn an_answer_kept_for_a_repetition_is_over() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let keyed = || {
        let start = app.request(Method::POST, "/v1/verifications", &token);
        start.header("Idempotency-Key", "key-1").json(&json!({ "channel": "sdk" }))
    };
    let first = app.send(keyed()).await;

    let receipt = erase(&app, "cust-1").await.json();
    let again = app.send(keyed()).await;

    assert_eq!((first.status, receipt["destroyed"]["answers"].clone()), (201, Value::from(1)));
    assert_eq!((again.status, again.problem().as_str()), (409, "conflict"));
    let largest: i64 = look(&app)
        .query_row("SELECT max(length(answer)) FROM idempotency", [], |row| row.get(0))
        .unwrap();
    assert_eq!(largest, 0);
    app.stop().await;
}
