//! `Idempotency-Key`: one request, however often it is sent.

use gerbang::{
    domain::{AppId, IdempotencyKey, KeyOwner, Pii, RequestClaim, UserId},
    sandbox::{Fault, FaultBody, FaultRule, Operation},
    storage::{KeySource, Options, open},
};
use jiff::SignedDuration;
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::support::{Answer, PATIENCE, TestApp};

const START: &str = "/v1/verifications";
const BODY: &str = r#"{"channel":"sdk"}"#;

fn keyed(app: &TestApp, token: &str, key: &str, body: &str) -> RequestBuilder {
    app.request(Method::POST, START, token)
        .header("Content-Type", "application/json")
        .header("Idempotency-Key", key)
        .body(body.to_owned())
}

async fn start(app: &TestApp, token: &str, key: &str) -> Answer {
    app.send(keyed(app, token, key, BODY)).await
}

async fn renew(app: &TestApp, token: &str, id: &str, key: &str) -> Answer {
    let path = format!("{START}/{id}/renew");
    app.send(app.request(Method::POST, &path, token).header("Idempotency-Key", key)).await
}

/// Sends until the first request is answered.
async fn until_answered(app: &TestApp, token: &str, key: &str) -> Answer {
    let wait = async {
        loop {
            let answer = start(app, token, key).await;
            if answer.problem() != "idempotency-in-progress" {
                return answer;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap()
}

#[track_caller]
fn assert_replayed(first: &Answer, again: &Answer) {
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(again.header("content-type"), first.header("content-type"));
    assert_eq!(again.header("cache-control"), "no-store");
    assert_eq!(first.header("idempotency-replayed"), "");
    assert_eq!(again.header("idempotency-replayed"), "true");
}

#[track_caller]
fn assert_problem(answer: &Answer, status: u16, problem: &str) {
    assert_eq!((answer.status, answer.problem().as_str()), (status, problem));
}

#[tokio::test]
async fn a_repeated_start_is_answered_byte_by_byte_and_across_a_restart() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");

    let first = start(&app, &token, "one-start").await;
    let quoted = start(&app, &token, "\"one-start\"").await;
    app.advance(SignedDuration::from_mins(1)).await;
    let app = app.restart().await;
    let later = start(&app, &token, "one-start").await;

    assert_eq!(first.status, 201);
    assert!(!first.text("/sdkToken").is_empty());
    assert_replayed(&first, &quoted);
    assert_replayed(&first, &later);
    assert_eq!(app.provider.calls(Operation::Initiate), 1);
    app.stop().await;
}

#[tokio::test]
async fn another_body_under_the_same_key_is_422_and_changes_nothing() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let first = start(&app, &token, "k").await;

    for body in [r#"{"channel":"sdk","reference":"loan-2"}"#, r#"{"channel": "sdk"}"#] {
        let other = app.send(keyed(&app, &token, "k", body)).await;
        assert_problem(&other, 422, "idempotency-mismatch");
    }
    assert_replayed(&first, &start(&app, &token, "k").await);
    assert_eq!(app.provider.calls(Operation::Initiate), 1);
    app.stop().await;
}

#[tokio::test]
async fn twenty_duplicates_at_once_make_one_call_and_one_answer() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    app.provider.push_fault(FaultRule::once(Operation::Initiate, Fault::Latency { millis: 50 }));

    let starts = (0..20).map(|_| start(&app, &token, "k"));
    let answers = futures_util::future::join_all(starts).await;

    let (given, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|it| it.status == 201);
    assert!(!given.is_empty());
    assert!(given.iter().all(|answer| answer.body == given[0].body));
    assert_eq!(given.iter().filter(|it| it.header("idempotency-replayed").is_empty()).count(), 1);
    for answer in refused {
        assert_problem(answer, 409, "idempotency-in-progress");
        assert_eq!(answer.header("retry-after"), "1");
    }
    assert_eq!(app.provider.calls(Operation::Initiate), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_client_that_resets_its_connection_finds_the_answer_kept() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    app.provider.push_fault(FaultRule::once(Operation::Initiate, Fault::Hang));
    let head = format!(
        "POST {START} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\nidempotency-key: k\r\ncontent-length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let address = app.base_url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    app.provider.wait_for_calls(Operation::Initiate, 1).await;
    connection.set_zero_linger().unwrap();
    drop(connection);

    let during = start(&app, &token, "k").await;
    app.provider.clear_faults();
    let after = until_answered(&app, &token, "k").await;

    assert_problem(&during, 409, "idempotency-in-progress");
    assert_eq!((after.status, after.header("idempotency-replayed")), (201, "true"));
    assert!(!after.text("/sdkToken").is_empty());
    assert_eq!(app.provider.calls(Operation::Initiate), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_failure_gives_the_key_back_and_the_next_try_goes_on() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let down = Fault::Status { status: 500, body: FaultBody::Html, retry_after: None };
    app.provider.push_fault(FaultRule::once(Operation::Initiate, down));

    let failed = start(&app, &token, "k").await;
    let other_body = app.send(keyed(&app, &token, "k", r#"{"channel": "sdk"}"#)).await;

    assert_problem(&failed, 503, "upstream-unavailable");
    assert_eq!((other_body.status, other_body.header("idempotency-replayed")), (200, ""));
    assert!(!other_body.text("/sdkToken").is_empty());
    app.stop().await;
}

#[tokio::test]
async fn after_a_504_the_same_key_goes_on_with_the_same_call() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    app.provider.push_fault(FaultRule::once(Operation::Initiate, Fault::Hang));
    let wait = async {
        app.provider.wait_for_calls(Operation::Initiate, 1).await;
        app.advance(SignedDuration::from_secs(11)).await;
    };

    let (late, ()) = futures_util::future::join(start(&app, &token, "k"), wait).await;
    app.provider.clear_faults();
    let kept = start(&app, &token, "k").await;
    let again = start(&app, &token, "k").await;

    assert_problem(&late, 504, "upstream-timeout");
    assert_eq!(kept.status, 200);
    assert_replayed(&kept, &again);
    assert_eq!(app.provider.calls(Operation::Initiate), 1);
    app.stop().await;
}

#[tokio::test]
async fn the_claim_of_a_process_that_died_ends_with_it() {
    let app = TestApp::start().await;
    let database = app.directory.path().join("gerbang.db");
    let keys = KeySource::File(app.directory.path().join("keys.json"));
    let owner = KeyOwner::App(UserId::parse("cust-1").unwrap(), AppId::parse("test-app").unwrap());
    let key = IdempotencyKey::parse("k").unwrap();
    let claim = RequestClaim::new(&owner, &format!("POST {START}"), START, &key);
    let (now, lease) = (app.now(), app.now() + SignedDuration::from_secs(40));
    // Between two lives of the gateway: what one that was cut off leaves behind.
    let app = app
        .restart_after(async || {
            let store = open(Options::new(database, keys)).await.unwrap().store;
            let body = Pii::new(BODY.as_bytes().to_vec());
            store.claim_request(claim, body, now, lease).await.unwrap();
            store.close().await;
        })
        .await;
    let token = app.token("cust-1", "00");

    let answer = start(&app, &token, "k").await;

    assert_eq!((answer.status, answer.header("idempotency-replayed")), (201, ""));
    app.stop().await;
}

#[tokio::test]
async fn a_credential_that_was_replaced_or_has_ended_is_not_given_again() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let first = start(&app, &token, "k").await;
    let renewed = renew(&app, &token, &first.text("/id"), "k").await;

    let replaced = start(&app, &token, "k").await;
    let repeated = renew(&app, &token, &first.text("/id"), "k").await;
    let new_key = start(&app, &token, "l").await;
    app.advance(SignedDuration::from_hours(23)).await;
    app.advance(SignedDuration::from_mins(59)).await;
    app.advance(SignedDuration::from_mins(1)).await;
    let over = renew(&app, &app.token("cust-1", "00"), &first.text("/id"), "k").await;

    assert_eq!(renewed.status, 200);
    assert_ne!(renewed.text("/sdkToken"), first.text("/sdkToken"));
    assert_problem(&replaced, 409, "conflict");
    assert_replayed(&renewed, &repeated);
    assert_eq!(new_key.text("/sdkToken"), renewed.text("/sdkToken"));
    // Not the answer of a day ago, whether or not its key is still remembered.
    assert_problem(&over, 409, "verification-final");
    app.stop().await;
}

#[tokio::test]
async fn keys_of_different_callers_and_operations_never_meet() {
    let app = TestApp::start().await;
    let with = |user: &str, client: &str| {
        app.token_with(json!({
            "sub": user, "client_id": client, "phone_number": "+6281234560000",
            "phone_number_verified": true,
        }))
    };
    let first = start(&app, &with("cust-1", "android"), "k").await;

    let other_user = start(&app, &with("cust-2", "android"), "k").await;
    let other_app = start(&app, &with("cust-1", "web"), "k").await;
    let other_operation = renew(&app, &with("cust-1", "android"), &first.text("/id"), "k").await;

    assert_eq!((other_user.status, other_user.header("idempotency-replayed")), (201, ""));
    assert_ne!(other_user.text("/id"), first.text("/id"));
    assert_eq!((other_app.status, other_app.header("idempotency-replayed")), (200, ""));
    assert_eq!((other_operation.status, other_operation.text("/id")), (200, first.text("/id")));
    app.stop().await;
}

#[tokio::test]
async fn a_request_that_is_not_valid_takes_no_key() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");

    let invalid = app.send(keyed(&app, &token, "k", r#"{"channel":"fax"}"#)).await;
    let stranger = start(&app, "no.such.token", "k").await;
    let valid = start(&app, &token, "k").await;

    assert_problem(&invalid, 422, "validation-failed");
    assert_problem(&stranger, 401, "invalid-token");
    assert_eq!((valid.status, valid.header("idempotency-replayed")), (201, ""));
    app.stop().await;
}

#[tokio::test]
async fn keys_that_cannot_be_used_say_so() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let long = "k".repeat(256);
    let quoted = format!("\"{long}\"");
    for key in ["", " ", "a b", "\"", "\"\"", "\"a b\"", "\"k", "\"k\";a=1", "é", &long, &quoted] {
        let answer = start(&app, &token, key).await;

        assert_problem(&answer, 422, "validation-failed");
        assert_eq!(answer.text("/errors/0/pointer"), "Idempotency-Key", "{key}");
    }
    let twice = keyed(&app, &token, "k", BODY).header("Idempotency-Key", "k");
    let twice = app.send(twice).await;
    assert_problem(&twice, 422, "validation-failed");
    assert_eq!(app.provider.calls(Operation::Initiate), 0);
    let longest = start(&app, &token, &"k".repeat(255)).await;
    assert_eq!(longest.status, 201);
    app.stop().await;
}

#[tokio::test]
async fn keys_are_forgotten_after_a_day() {
    let app = TestApp::start().await;
    start(&app, &app.token("cust-1", "00"), "k").await;
    let database = rusqlite::Connection::open(app.directory.path().join("gerbang.db")).unwrap();
    let kept = || -> i64 {
        database.query_row("SELECT count(*) FROM idempotency", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(kept(), 1);
    // The job is between two turns, and so is the one that forgets callers.
    app.clock.wait_for_sleepers_until(app.now() + SignedDuration::from_mins(1), 2).await;

    app.advance(SignedDuration::from_hours(24)).await;

    let forgotten = async {
        while kept() > 0 {
            // Each answer gives the job time to take its turn, and each minute a turn to take.
            app.advance(SignedDuration::from_mins(1)).await;
            app.http.get(format!("{}/livez", app.admin_url)).send().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, forgotten).await.unwrap();
    app.stop().await;
}
