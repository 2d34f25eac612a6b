//! Callbacks that say something else than they should: kept, counted, answered, and never believed.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::row::{CANARY, Row, callback, opened, refuse, request, row};
use crate::support::{CALLBACK_KEY, TestApp};

const MALFORMED: (u16, &str) = (400, "malformed-request");

const NO_STATEMENTS: &[&str] = &[
    "",
    " ",
    "null",
    "true",
    "1",
    "\"s\"",
    "[]",
    "{}",
    "{",
    "{}{}",
    "submissionId=s&status=ERROR",
    "<submission/>",
    r#"{"status":"COMPLETED","result":"VALID"}"#,
    r#"{"submissionId":"s"}"#,
    r#"{"submissionId":null,"status":"COMPLETED"}"#,
    r#"{"submissionId":"","status":"COMPLETED"}"#,
    r#"{"submissionId":{},"status":"COMPLETED"}"#,
    r#"{"submissionId":["s"],"status":"COMPLETED"}"#,
    r#"{"submissionId":"s","status":null}"#,
    r#"{"submissionId":"s","status":true}"#,
    r#"{"submissionId":"s","status":["COMPLETED"]}"#,
    r#"{"submissionId":"s","status":{"value":"COMPLETED"}}"#,
    r#"{"submissionId":"s\u0000","status":"COMPLETED"}"#,
    r#"{"submissionId":"s","status":"ERROR","status":"COMPLETED"}"#,
    r#"{"submissionId":"s","submissionId":"t","status":"COMPLETED"}"#,
    r#"["s","cust-1","PARTNER_USER_ID","x","COMPLETED","VALID"]"#,
    r#"{"data":{"submissionId":"s"}}"#,
    r#"{"data":"s"}"#,
    r#"{"submissionId":"s","status":"COMPLETED"} trailing"#,
    r#"{"name":"canary-4711","nik":"canary-4711"}"#,
];

#[tokio::test]
async fn bodies_that_are_no_statement_are_400_without_their_words() {
    let (app, _, _) = opened().await;
    let deep = format!("{}1{}", r#"{"a":"#.repeat(300), "}".repeat(300));
    let utf16: Vec<u8> = "{\"submissionId\":\"s\",\"status\":\"ERROR\"}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut rows: Vec<Row> =
        NO_STATEMENTS.iter().map(|body| row(*body, callback(body), MALFORMED)).collect();
    rows.push(row("deep", callback(&deep), MALFORMED));
    let inner = format!(
        r#"{{"submissionId":"s","status":"COMPLETED","result":"VALID","submissionDetails":{{"verificationResult":{deep}}}}}"#
    );
    rows.push(row("deep inside", callback(inner), MALFORMED));
    rows.push(row("UTF-16", callback(utf16), MALFORMED));
    rows.push(row(
        "no UTF-8",
        callback(b"{\"submissionId\":\"\xff\",\"status\":\"ERROR\"}"),
        MALFORMED,
    ));
    rows.push(row("a byte order mark", callback("\u{feff}{\"submissionId\":\"s\"}"), MALFORMED));
    rows.push(row("gzip", callback(b"\x1f\x8b\x08\x00\x00"), MALFORMED));
    rows.push(row(
        "a long id",
        callback(format!(r#"{{"submissionId":"{}","status":"ERROR"}}"#, CANARY.repeat(99))),
        MALFORMED,
    ));
    rows.push(row("too large", callback(CANARY.repeat(30_000)), (413, "payload-too-large")));

    refuse(&app, rows).await;

    app.stop().await;
}

#[tokio::test]
async fn proofs_of_other_forms_are_401() {
    let (app, _, _) = opened().await;
    let half = &CALLBACK_KEY[..CALLBACK_KEY.len() / 2];
    let user = app.token("cust-1", "00");
    let service = app.service_token("verification:read");
    let key = format!("X-Callback-Key: {CALLBACK_KEY}");
    let rows = [
        vec![],
        vec!["X-Callback-Key:".to_owned()],
        vec![format!("X-Callback-Key: {half}")],
        vec![format!("X-Callback-Key: {CALLBACK_KEY}x")],
        vec![format!("X-Callback-Key: {}", CALLBACK_KEY.to_uppercase())],
        vec![format!("X-Callback-Key: \"{CALLBACK_KEY}\"")],
        vec![format!("X-Callback-Key: {CALLBACK_KEY}, {CALLBACK_KEY}")],
        vec![format!("X-Callback-Keys: {CALLBACK_KEY}")],
        vec![format!("Authorization: {CALLBACK_KEY}")],
        vec![format!("Authorization: Bearer {CALLBACK_KEY}")],
        vec![format!("Authorization: Bearer {user}")],
        vec![format!("Authorization: Bearer {service}")],
        vec![format!("Cookie: X-Callback-Key={CALLBACK_KEY}")],
        vec![key.clone(), key.clone()],
        vec![key.clone(), "X-Callback-Key: x".to_owned()],
        vec!["X-Callback-Key: x".to_owned(), key],
    ];
    let body = r#"{"submissionId":"s","status":"COMPLETED"}"#;
    let mut all = Vec::new();
    for head in &rows {
        for method in ["POST", "PUT", "PATCH"] {
            let head: Vec<&str> = head.iter().map(String::as_str).collect();
            let line = format!("{method} /callbacks/provider");
            let answer = (401, "callback-unauthorized");
            all.push(row(
                format!("{method} with {} headers", head.len()),
                request(&line, &head, body),
                answer,
            ));
        }
    }
    let line = format!("POST /callbacks/provider?x-callback-key={CALLBACK_KEY}");
    all.push(row("in the query", request(&line, &[], body), (401, "callback-unauthorized")));

    refuse(&app, all).await;

    app.stop().await;
}

#[tokio::test]
async fn basic_and_bearer_are_headers_too_and_two_values_live_while_one_is_rotated() {
    let basic = format!("Basic {}", STANDARD.encode("provider:a-password-of-length"));
    let headers = format!(
        "[[callbacks.headers]]\nname = \"Authorization\"\nvalue = \"{basic}\"\n\
         [[callbacks.headers]]\nname = \"authorization\"\nvalue = \"Bearer next-value-0123456789\""
    );
    let usual = format!("headers = [{{ name = \"x-callback-key\", value = \"{CALLBACK_KEY}\" }}]");
    let app = TestApp::builder().edit(&usual, &headers).start().await;
    let call = async |value: &str| {
        let request = app.http.post(format!("{}/callbacks/provider", app.base_url));
        let body = json!({ "submissionId": "s", "status": "COMPLETED" });
        app.send(request.header("Authorization", value).json(&body)).await.status
    };

    assert_eq!((call(&basic).await, call("Bearer next-value-0123456789").await), (200, 200));
    for wrong in [
        "Basic cHJvdmlkZXI6d3Jvbmc=",
        "basic ",
        "Bearer next-value-012345678",
        "bearer next-value-0123456789",
        "next-value-0123456789",
    ] {
        assert_eq!(call(wrong).await, 401, "{wrong}");
    }
    app.stop().await;
}

/// A gateway that believes callbacks without asking, so that only their own words stand between them
/// and an approval.
async fn gullible() -> (TestApp, String, String, Value) {
    let app = TestApp::builder()
        .without_callbacks()
        .edit("[callbacks]", "[callbacks]\nconfirm = false")
        .start()
        .await;
    let token = app.token("cust-1", "00");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    let statement = json!({
        "submissionId": "sub-1", "userId": "cust-1", "userIdType": "EXAMPLE_APP_USER_ID",
        "partnerSessionId": app.session(&id).await, "status": "COMPLETED", "result": "VALID",
    });
    (app, token, id, statement)
}

#[tokio::test]
async fn unknown_values_are_kept_and_counted_and_never_approve() {
    let (app, token, id, statement) = gullible().await;
    let odd = [
        ("status", json!("DONE")),
        ("status", json!("completed")),
        ("status", json!("COMPLETED ")),
        ("status", json!("APPROVED")),
        ("status", json!(200)),
        ("result", json!("VALIDATED")),
        ("result", json!("valid")),
        ("result", json!("")),
        ("result", json!(true)),
        ("result", json!(["VALID"])),
        ("result", json!({ "value": "VALID" })),
        ("result", Value::Null),
        ("submissionDetails", json!({ "verificationResult": { "liveness": "FAIL" } })),
    ];
    // Last, since it ends the verification.
    for (member, value) in odd {
        let mut body = statement.clone();
        body[member] = value.clone();
        body["futureMember"] = json!({ "result": "VALID" });

        let answer = app.call_back(body).await;
        app.idle().await;

        assert_eq!(answer.status, 200, "{member} {value}");
        let seen = app.get_verification(&token, &id).await;
        assert_ne!(seen.text("/status"), "approved", "{member} {value}");
    }
    let timeline = app.inspect(&app.service_token("verification:read"), &id).await.json();
    let alarms = timeline["timeline"].as_array().unwrap().iter();
    assert!(alarms.filter(|step| step["kind"] == "alarmed").count() >= 1);
    let metrics = app.http.get(format!("{}/metrics", app.admin_url)).send().await.unwrap();
    assert!(metrics.text().await.unwrap().contains("gerbang_alarms_total{alarm=\"odd_result\"}"));
    app.stop().await;
}

#[tokio::test]
async fn unknown_members_do_not_stand_in_the_way_of_a_result() {
    let (app, token, id, mut statement) = gullible().await;
    statement["schemaVersion"] = json!(7);
    statement["extra"] = json!({ "status": "ERROR", "list": [1, { "result": "INVALID" }] });

    let answer = app.call_back(statement).await;
    let seen = app.wait_for(&token, &id, &["approved"]).await;

    assert_eq!((answer.status, seen.text("/nextAction")), (200, "none".to_owned()));
    app.stop().await;
}

#[tokio::test]
async fn statements_about_somebody_else_are_never_applied() {
    let (app, token, id, statement) = gullible().await;
    for (member, value) in [
        ("userId", json!("cust-2")),
        ("userId", json!("CUST-1")),
        ("userIdType", json!("ANOTHER_TYPE")),
        ("partnerSessionId", json!("c73c6eaa-81d3-47fd-a009-297806172663")),
        ("partnerSessionId", Value::Null),
    ] {
        let mut body = statement.clone();
        body[member] = value.clone();

        let answer = app.call_back(body).await;
        app.advance(SignedDuration::from_secs(2)).await;
        app.idle().await;

        assert_eq!(answer.status, 200, "{member} {value}");
        let seen = app.get_verification(&token, &id).await;
        assert_ne!(seen.text("/status"), "approved", "{member} {value}");
    }
    app.stop().await;
}

#[tokio::test]
async fn another_result_of_a_finished_verification_is_not_the_next_ones() {
    let (app, token, id, mut statement) = gullible().await;
    statement["result"] = json!("INVALID");
    app.call_back(statement.clone()).await;
    app.wait_for(&token, &id, &["rejected"]).await;
    let next = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    (statement["submissionId"], statement["result"]) = (json!("sub-2"), json!("VALID"));

    app.call_back(statement).await;
    app.idle().await;

    assert_ne!(next, id);
    assert_eq!(app.get_verification(&token, &id).await.text("/status"), "rejected");
    assert_eq!(app.get_verification(&token, &next).await.text("/status"), "pending");
    app.stop().await;
}

#[tokio::test]
async fn what_cannot_be_read_or_taken_in_is_counted_and_what_was_read_is_kept() {
    let (app, _, _) = opened().await;
    app.send_raw(&callback(CANARY)).await;
    app.send_raw(&callback(CANARY.repeat(30_000))).await;
    app.send_raw(&callback("")).await;
    let key = format!("X-Callback-Key: {CALLBACK_KEY}");
    let head = [&key[..], "Transfer-Encoding: chunked"];
    let broken = request("POST /callbacks/provider", &head, "");
    app.send_raw(&[&broken[..], b"zz\r\n"].concat()).await;

    let metrics = app.http.get(format!("{}/metrics", app.admin_url)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    let database = rusqlite::Connection::open(app.directory.path().join("gerbang.db")).unwrap();
    let aside: i64 = database
        .query_row("SELECT count(*) FROM callbacks WHERE state = 'aside'", [], |row| row.get(0))
        .unwrap();

    for outcome in ["unreadable", "too_large", "broken_off"] {
        let line = format!("gerbang_callbacks_total{{outcome=\"{outcome}\"}}");
        assert!(metrics.contains(&line), "{outcome}");
    }
    assert_eq!(aside, 2, "nonsense and the empty one");
    let path = app.directory.path().join("gerbang.db-wal");
    let bytes = std::fs::read(path).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains(CANARY), "sealed like any other");
    app.stop().await;
}
