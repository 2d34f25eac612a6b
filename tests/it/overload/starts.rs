//! Starts for which there is no room are refused, before anything is done for them or after a short
//! wait. Everything else goes on, and nobody has anything to clean up.

use futures_util::future::{join, join_all};
use gerbang::sandbox::{Fault, FaultRule, Operation};
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::support::{Answer, PATIENCE, TestApp, read_answer};

/// Settings of the provider with so many places, so long a line, and so much patience.
fn room(places: u32, line: u32, patience: &str) -> String {
    format!(
        "max_concurrent = {places}\nmax_waiting = {line}\npatience = \"{patience}\"\npass_key = "
    )
}

async fn app(places: u32, line: u32, patience: &str) -> TestApp {
    let builder = TestApp::builder().edit("pass_key = ", &room(places, line, patience));
    let app = builder.without_callbacks().start().await;
    app.provider.push_fault(FaultRule::always(Operation::Initiate, Fault::Hang));
    app
}

async fn start(app: &TestApp, user: &str) -> Answer {
    app.start_verification(&app.token(user, "00"), json!({ "channel": "sdk" })).await
}

/// Comes again while there is no room, as a client does.
async fn start_until_let_in(app: &TestApp, user: &str) -> Answer {
    let mut answer = start(app, user).await;
    while answer.status == 503 {
        answer = start(app, user).await;
    }
    answer
}

fn start_with(app: &TestApp, token: &str) -> RequestBuilder {
    app.request(Method::POST, "/v1/verifications", token).json(&json!({ "channel": "sdk" }))
}

/// Waits until there is no room: then not even the token is looked at.
async fn full(app: &TestApp) {
    let wait = async { while app.send(start_with(app, "no.token.atall")).await.status == 401 {} };
    tokio::time::timeout(PATIENCE, wait).await.expect("places and line fill up");
}

fn is_busy(answer: &Answer) -> bool {
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    (answer.status, answer.problem().as_str(), (1..=3).contains(&wait)) == (503, "overloaded", true)
}

#[tokio::test]
async fn starts_without_room_are_refused_early_and_everything_else_goes_on() {
    let app = app(2, 2, "10s").await;
    let users = ["cust-1", "cust-2", "cust-3", "cust-4"];
    let starts = join_all(users.map(|user| start_until_let_in(&app, user)));
    let meanwhile = async {
        app.provider.wait_for_calls(Operation::Initiate, 2).await;
        for _ in 0..20 {
            // Two more are on their way, and whoever looks for room takes some as well.
            app.list(&app.token("cust-5", "00"), "").await;
        }
        full(&app).await;
        let refused = start(&app, "cust-5").await;
        let token = app.token("cust-5", "00");
        let listed = app.list(&token, "").await;
        let called = app
            .call_back(json!({
                "submissionId": "sub-1", "partnerSessionId": "11111111-1111-4111-8111-111111111111",
                "userId": "cust-9", "userIdType": "EXAMPLE_APP_USER_ID", "status": "COMPLETED",
            }))
            .await;
        let ready = app.http.get(format!("{}/readyz", app.admin_url)).send().await.unwrap();
        let asked = app.provider.calls(Operation::Initiate);
        app.provider.clear_faults();
        (refused, listed, called, ready.status().as_u16(), asked)
    };

    let (starts, (refused, listed, called, ready, asked)) = join(starts, meanwhile).await;

    assert!(is_busy(&refused), "{refused:?}");
    assert_eq!((listed.status, called.status, ready), (200, 200, 200));
    assert_eq!(asked, 2, "whoever waits has asked nobody yet");
    assert!(starts.iter().all(|answer| answer.status == 201), "{starts:?}");
    assert_eq!(start(&app, "cust-5").await.status, 201);
    app.stop().await;
}

#[tokio::test]
async fn whoever_is_refused_at_once_keeps_the_connection_for_the_next_try() {
    let app = app(1, 0, "10s").await;
    let hanging = start_until_let_in(&app, "cust-1");
    let meanwhile = async {
        app.provider.wait_for_calls(Operation::Initiate, 1).await;
        let mut stream = app.connect().await;
        let mut ask = async |path: &str, token: &str| {
            let body = r#"{"channel":"sdk"}"#;
            let request = format!(
                "POST {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(request.as_bytes()).await.unwrap();
            read_answer(&mut stream).await
        };
        let mut answers = Vec::new();
        for path in ["/v1/verifications", "/v1/verifications", "/v1/nothing"] {
            answers.push(ask(path, "no.token.atall").await);
        }
        app.provider.clear_faults();
        (answers, stream)
    };

    let (_, (answers, mut stream)) = join(hanging, meanwhile).await;
    let token = "GET /v1/verifications HTTP/1.1\r\nhost: a\r\nauthorization: Bearer x\r\n\r\n";
    stream.write_all(token.as_bytes()).await.unwrap();
    let last = read_answer(&mut stream).await;

    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [503, 503, 404]);
    assert_eq!(last.status, 401, "the connection is there: {last:?}");
    assert!(answers.iter().all(|answer| !answer.headers.contains_key("connection")));
    app.stop().await;
}

#[tokio::test]
async fn back_ends_and_renewals_find_no_room_either_and_pages_may_read_why() {
    let builder = TestApp::builder()
        .edit("pass_key = ", &room(1, 0, "10s"))
        .settings("[[apps]]\nid = \"test-app\"\norigins = [\"https://app.partner.example\"]");
    let app = builder.start().await;
    let token = app.token("cust-1", "00");
    let id = start(&app, "cust-1").await.text("/id");
    app.provider.push_fault(FaultRule::always(Operation::Initiate, Fault::Hang));
    let hanging = start(&app, "cust-2");
    let meanwhile = async {
        app.provider.wait_for_calls(Operation::Initiate, 2).await;
        full(&app).await;
        let renewed = app.renew(&token, &id).await;
        let service = app.service_token("verification:start");
        let behalf = app.start_for(&service, json!({})).await;
        let page = start_with(&app, &token).header("Origin", "https://app.partner.example");
        let page = app.send(page).await;
        app.provider.clear_faults();
        (renewed, behalf, page)
    };

    let (_, (renewed, behalf, page)) = join(hanging, meanwhile).await;

    assert!(is_busy(&renewed) && is_busy(&behalf) && is_busy(&page));
    assert_eq!(page.header("access-control-allow-origin"), "https://app.partner.example");
    assert!(page.header("access-control-expose-headers").contains("Retry-After"));
    assert_eq!(page.header("vary"), "Origin");
    assert!(!page.header("x-request-id").is_empty());
    app.stop().await;
}

#[tokio::test]
async fn a_start_that_waited_long_enough_is_refused_and_leaves_nothing_behind() {
    let app = app(1, 5, "20ms").await;
    let hanging = start(&app, "cust-1");
    let meanwhile = async {
        app.provider.wait_for_calls(Operation::Initiate, 1).await;
        let token = app.token("cust-2", "00");
        let keyed = start_with(&app, &token).header("Idempotency-Key", "once");
        let refused = app.send(keyed.try_clone().unwrap()).await;
        let asked = app.provider.calls(Operation::Initiate);
        app.provider.clear_faults();
        (refused, asked, keyed)
    };

    let (_, (refused, asked, keyed)) = join(hanging, meanwhile).await;
    let again = app.send(keyed).await;

    assert!(is_busy(&refused), "{refused:?}");
    assert_eq!(asked, 1);
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, ""));
    let seen = app.inspect(&app.service_token("verification:read"), &again.text("/id")).await;
    assert_eq!(seen.json()["attempts"].as_array().unwrap().len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_caller_who_goes_away_frees_its_place_only_when_its_call_has_ended() {
    let app = app(1, 0, "20ms").await;
    let mut gone = app.connect().await;
    let token = app.token("cust-1", "00");
    let head = format!(
        "POST /v1/verifications HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 17\r\n\r\n{{\"channel\":\"sdk\"}}"
    );
    gone.write_all(head.as_bytes()).await.unwrap();
    app.provider.wait_for_calls(Operation::Initiate, 1).await;

    gone.set_zero_linger().unwrap();
    drop(gone);
    let refused = start(&app, "cust-2").await;
    app.provider.clear_faults();
    let later = start_until_let_in(&app, "cust-2").await;

    assert!(is_busy(&refused), "{refused:?}");
    assert_eq!(later.status, 201);
    app.stop().await;
}
