//! Searches among verifications, and among what was written down.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::bed::{READER, approved, entries};
use crate::support::{Answer, TestApp};

fn ids(answer: &Answer) -> Vec<String> {
    let page = answer.json();
    let items = page["items"].as_array().unwrap_or_else(|| panic!("{page}"));
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn verifications_are_found_by_user_status_and_time() {
    let app = TestApp::start().await;
    let approved = approved(&app, "cust-1").await;
    app.advance(SignedDuration::from_mins(10)).await;
    let middle = app.now();
    let start = async |user: &str| {
        let token = app.token(user, "00");
        app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id")
    };
    let (second, other) = (start("cust-1").await, {
        app.advance(SignedDuration::from_mins(10)).await;
        start("cust-2").await
    });
    let token = app.service_token("verification:read");
    for (query, expected) in [
        (String::new(), vec![&other, &second, &approved]),
        ("?userId=cust-1".to_owned(), vec![&second, &approved]),
        ("?userId=cust-3".to_owned(), vec![]),
        ("?status=approved".to_owned(), vec![&approved]),
        ("?status=pending".to_owned(), vec![&other, &second]),
        ("?status=pending&userId=cust-1".to_owned(), vec![&second]),
        (format!("?from={middle}"), vec![&other, &second]),
        (format!("?to={middle}"), vec![&approved]),
        (format!("?from={middle}&to={}", middle + SignedDuration::from_mins(5)), vec![&second]),
        (format!("?from={middle}&status=approved"), vec![]),
    ] {
        let found = app.search(&token, &query).await;

        assert_eq!(found.status, 200, "{query}");
        assert_eq!(ids(&found).iter().collect::<Vec<_>>(), expected, "{query}");
    }
    assert_eq!(app.search(&app.service_token("verification:start"), "").await.status, 403);
    app.stop().await;
}

#[tokio::test]
async fn pages_of_a_search_follow_one_another() {
    let app = TestApp::start().await;
    let mut started = Vec::new();
    for number in 0..5 {
        let token = app.token(&format!("cust-{number}"), "00");
        let answer = app.start_verification(&token, json!({ "channel": "sdk" })).await;
        started.push(answer.text("/id"));
        app.advance(SignedDuration::from_secs(1)).await;
    }
    started.reverse();
    let token = app.service_token("verification:read");
    for filter in ["", "&status=pending"] {
        let (mut found, mut query) = (Vec::new(), format!("?limit=2{filter}"));
        loop {
            let page = app.search(&token, &query).await;
            found.extend(ids(&page));
            let next = page.text("/nextCursor");
            if next.is_empty() {
                break;
            }
            query = format!("?limit=2{filter}&cursor={next}");
        }
        assert_eq!(found, started, "{filter}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_search_for_one_user_is_written_down_and_the_user_is_not() {
    let app = TestApp::start().await;
    let token = app.service_token("verification:read");
    let before = entries(&app).await.len();

    app.search(&token, "?userId=cust-canary-7").await;
    app.search(&token, "?status=approved").await;

    let written = entries(&app).await.split_off(before + 1);
    let expected = ("user_searched".to_owned(), "backend:ledger".to_owned(), None);
    assert_eq!(written, [expected]);
    let log = app.audit(&app.service_token("audit:read"), "?userId=cust-canary-7").await;
    assert!(!String::from_utf8_lossy(&log.body).contains("canary"));
    let actions: Vec<_> = log.json()["items"].as_array().unwrap().iter().map(action).collect();
    assert_eq!(actions, ["audit_read", "user_searched"]);
    app.stop().await;
}

fn action(item: &Value) -> String {
    item["action"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_audit_log_is_found_by_user_verification_and_action() {
    let app = TestApp::start().await;
    let (one, other) = (approved(&app, "cust-1").await, approved(&app, "cust-2").await);
    let reader = app.service_token(READER);
    for id in [&one, &other, &one] {
        app.inspect(&reader, id).await;
    }
    let token = app.service_token("audit:read");
    for (query, count) in [
        ("?action=document_data_read", 3),
        ("?action=configuration_started", 1),
        ("?userId=cust-2&action=document_data_read", 1),
        (&format!("?verificationId={one}&action=document_data_read"), 2),
    ] {
        let page = app.audit(&token, query).await;

        assert_eq!(page.json()["items"].as_array().unwrap().len(), count, "{query}");
    }
    let first = app.audit(&token, "?action=document_data_read&limit=2").await;
    let next = first.text("/nextCursor");
    let rest = app.audit(&token, &format!("?action=document_data_read&cursor={next}")).await;
    assert_eq!(rest.json()["items"].as_array().unwrap().len(), 1);
    for scopes in ["", READER, "audit", "audit:reader"] {
        assert_eq!(app.audit(&app.service_token(scopes), "").await.status, 403, "{scopes}");
    }
    app.stop().await;
}

#[tokio::test]
async fn queries_that_cannot_be_used_say_where_and_repeat_nothing() {
    let app = TestApp::start().await;
    let token = app.service_token("verification:read audit:read");
    for (path, query, pointer) in [
        ("verifications", "userId=081234560000", "?userId"),
        ("verifications", "userId=", "?userId"),
        ("verifications", "status=done", "?status"),
        ("verifications", "from=yesterday", "?from"),
        ("verifications", "to=2026-11-01", "?to"),
        ("verifications", "cursor=x", "?cursor"),
        ("verifications", "limit=0", "?limit"),
        ("verifications", "limit=101", "?limit"),
        ("audit", "userId=someone%40example.com", "?userId"),
        ("audit", "verificationId=x", "?verificationId"),
        ("audit", "action=x", "?action"),
        ("audit", "cursor=-1", "?cursor"),
        ("audit", "cursor=007", "?cursor"),
        ("audit", "limit=0", "?limit"),
    ] {
        let answer = match path {
            "audit" => app.audit(&token, &format!("?{query}")).await,
            _ => app.search(&token, &format!("?{query}")).await,
        };

        let found = answer.text("/errors/0/pointer");
        assert_eq!((answer.status, found.as_str()), (422, pointer), "{path}?{query}");
        let text = String::from_utf8_lossy(&answer.body);
        assert!(!text.contains("081234560000") && !text.contains("someone@"), "{text}");
    }
    app.stop().await;
}
