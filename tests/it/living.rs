//! The process: what it promises to operators, how it stops, and that a cut-off loses nothing.

use std::{process::Command, sync::Arc};

use gerbang::{
    domain::{Clock as _, SystemClock},
    sandbox::{Control, Sandbox, SandboxOptions},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{CALLBACK_KEY, Issuer, PATIENCE, Process, TestApp, write_settings};

#[tokio::test]
async fn the_admin_listener_tells_operators_what_they_need() {
    let app = TestApp::start().await;
    app.start_verification(&app.token("cust-1", "00"), json!({ "channel": "sdk" })).await;
    let get = async |path: &str| {
        let response = app.http.get(format!("{}{path}", app.admin_url)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };

    let (live, ready, metrics) = (get("/livez").await, get("/readyz").await, get("/metrics").await);

    assert_eq!(live, (200, "ok\n".to_owned()));
    assert_eq!(ready.0, 200);
    for metric in [
        "http_server_request_duration_seconds",
        "gerbang_upstream_request_duration_seconds",
        "gerbang_partner_token_mints_total",
        "gerbang_partner_token_expires_at_seconds 18000",
        "gerbang_store_commit_duration_seconds",
    ] {
        assert!(metrics.1.contains(metric), "{metric} is missing");
    }
    assert!(metrics.1.contains("route=\"/v1/verifications\""));
    app.stop().await;
}

#[tokio::test]
async fn request_ids_and_trace_contexts_travel_through() {
    let app = TestApp::start().await;
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = app
        .request(reqwest::Method::POST, "/v1/verifications", &app.token("cust-1", "00"))
        .header("x-request-id", "my-request-1")
        .header("traceparent", traceparent)
        .json(&json!({ "channel": "sdk" }));

    let answer = app.send(request).await;

    let sent = app.provider.requests_of(gerbang::sandbox::Operation::Initiate).pop().unwrap();
    assert_eq!(answer.header("x-request-id"), "my-request-1");
    assert_eq!(sent.header("traceparent"), Some(traceparent));
    assert_eq!(sent.header("x-request-id"), Some("my-request-1"));
    app.stop().await;
}

#[tokio::test]
async fn waiters_are_let_go_when_the_gateway_stops() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    let path = format!("{}/v1/verifications/{id}?wait=30", app.base_url);
    let waiter = app.http.get(path).bearer_auth(&token).send();
    let until = app.now() + jiff::SignedDuration::from_secs(30);
    let clock = app.clock.clone();
    let stop = async {
        clock.wait_for_sleepers_until(until, 1).await;
        app.stop().await;
    };

    let both = futures_util::future::join(waiter, stop);
    let (answer, ()) = tokio::time::timeout(PATIENCE, both).await.unwrap();

    assert_eq!(answer.unwrap().status(), 200);
}

#[tokio::test]
async fn readiness_says_no_until_the_last_request_is_answered() {
    let app = TestApp::start().await;
    let public = app.base_url.strip_prefix("http://").unwrap().to_owned();
    let (http, readyz) = (app.http.clone(), format!("{}/readyz", app.admin_url));
    let ready = async || http.get(&readyz).send().await.unwrap().status().as_u16();
    let body = r#"{"submissionId":"s","status":"COMPLETED"}"#;
    let head = format!(
        "POST /callbacks/provider HTTP/1.1\r\nhost: gateway\r\nx-callback-key: {CALLBACK_KEY}\r\n\
         expect: 100-continue\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut request = TcpStream::connect(&public).await.unwrap();
    request.write_all(head.as_bytes()).await.unwrap();
    let mut begun = [0; 12];
    request.read_exact(&mut begun).await.unwrap();
    assert_eq!((&begun, ready().await), (b"HTTP/1.1 100", 200));
    let finish = async {
        // No new connections: the public listener is gone, and one request is still in it.
        while TcpStream::connect(&public).await.is_ok() {}
        let during = (ready().await, ready().await);
        request.write_all(body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        request.read_to_string(&mut answer).await.unwrap();
        (during, answer)
    };

    let both = futures_util::future::join(finish, app.stop());
    let ((during, answer), ()) = tokio::time::timeout(PATIENCE, both).await.unwrap();

    assert_eq!(during, (503, 503));
    assert!(answer.contains("HTTP/1.1 200"), "{answer}");
    assert!(http.get(&readyz).send().await.is_err());
}

#[tokio::test]
async fn readiness_says_no_when_nothing_can_be_written() {
    let app = TestApp::start().await;
    let database = rusqlite::Connection::open(app.directory.path().join("gerbang.db")).unwrap();
    database.execute("DROP TABLE pulse", []).unwrap();

    let answer = app.http.get(format!("{}/readyz", app.admin_url)).send().await.unwrap();

    assert_eq!(answer.status(), 503);
    app.stop().await;
}

/// Starts a verification of `user` and captures it; says the token, the id and the callback that
/// the provider would send.
async fn captured(
    base_url: &str,
    apps: &Issuer,
    provider: &Control,
    user: &str,
) -> (String, String, Value) {
    let claims = json!({
        "sub": user, "phone_number": "+6281234560001", "phone_number_verified": true,
    });
    let token = apps.token(SystemClock.now().as_second(), claims);
    let request = client().post(format!("{base_url}/v1/verifications")).bearer_auth(&token);
    let response = request.json(&json!({ "channel": "sdk" })).send().await.unwrap();
    let started: Value = response.json().await.unwrap();
    let session = provider.newest_session(user).unwrap().session_id;
    provider.finish_capture(&session).unwrap();
    let callback = json!({
        "submissionId": provider.newest_session(user).unwrap().submission_id,
        "userId": user, "userIdType": "EXAMPLE_APP_USER_ID",
        "partnerSessionId": session, "status": "COMPLETED", "result": "VALID",
    });
    (token, started["id"].as_str().unwrap().to_owned(), callback)
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

/// Waits until the gateway says that the verification is approved.
async fn approved(base_url: &str, token: &str, id: &str) {
    let url = format!("{base_url}/v1/verifications/{id}?wait=10");
    let mut etag = String::from("\"0-id\"");
    loop {
        let request = client().get(&url).header("If-None-Match", &etag).bearer_auth(token);
        let response = request.send().await.unwrap();
        etag = response.headers()["etag"].to_str().unwrap().to_owned();
        if response.status() == 200 {
            let seen: Value = response.json().await.unwrap();
            if seen["status"] == "approved" {
                return;
            }
        }
    }
}

#[tokio::test]
async fn a_kill_between_a_callbacks_answer_and_its_application_loses_nothing() {
    gerbang::auth::install_crypto();
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let options =
        SandboxOptions { outcome_delay: std::time::Duration::ZERO, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).unwrap();
    let provider = sandbox.control().clone();
    let apps = Issuer::new("apps");
    write_settings(&directory, sandbox.base_url(), &apps, "");
    let mut owed = Vec::new();

    for round in 0..5 {
        let process = Process::start(&directory);
        let mut callbacks = Vec::new();
        for number in 0..10 {
            let user = format!("cust-{round}-{number}");
            let (token, id, callback) = captured(&process.base_url, &apps, &provider, &user).await;
            callbacks.push(callback);
            owed.push((token, id));
        }
        // All answered, then killed at once: some are applied, most are not.
        let url = format!("{}/callbacks/provider", process.base_url);
        let http = client();
        let answers = callbacks
            .iter()
            .map(|body| http.post(&url).header("x-callback-key", CALLBACK_KEY).json(body).send());
        for answer in futures_util::future::join_all(answers).await {
            assert_eq!(answer.unwrap().status(), 200);
        }
        process.kill();
    }

    let process = Process::start(&directory);
    for (token, id) in owed {
        let found = approved(&process.base_url, &token, &id);
        let in_time = tokio::time::timeout(PATIENCE, found).await;
        assert!(in_time.is_ok(), "{id} was acknowledged and lost");
    }
    process.kill();
    sandbox.stop().await;
}

#[tokio::test]
async fn sigterm_ends_the_process_cleanly() {
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let apps = Issuer::new("apps");
    write_settings(&directory, "http://127.0.0.1:9", &apps, "");
    let process = Process::start(&directory);

    let (status, _) = tokio::task::spawn_blocking(|| process.terminate()).await.unwrap();

    assert!(status.success());
}

#[tokio::test]
async fn the_log_holds_what_operators_search_by_and_not_what_apps_make_up() {
    gerbang::auth::install_crypto();
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
    let apps = Issuer::new("apps");
    write_settings(&directory, sandbox.base_url(), &apps, "");
    let process = Process::start(&directory);
    let url = format!("{}/v1/verifications", process.base_url);
    let provider = sandbox.control().clone();
    let (token, id, _) = captured(&process.base_url, &apps, &provider, "cust-1").await;
    for code in ["GPE-1001", "USER_CANCELLED", "081234567890", "GPE-0812345"] {
        let report = client().post(format!("{url}/{id}/capture")).bearer_auth(&token);
        report.json(&json!({ "outcome": "completed", "code": code })).send().await.unwrap();
    }
    let filler = "x".repeat(17_000);
    let refused = client().get(&url).header("x-filler", filler).send().await.unwrap();
    let method = reqwest::Method::from_bytes(b"M081234567890").unwrap();
    let odd = client().request(method, &url).header("x-request-id", "odd").send().await.unwrap();
    let request_id = refused.headers()["x-request-id"].to_str().unwrap().to_owned();

    let (_, log) = tokio::task::spawn_blocking(|| process.terminate()).await.unwrap();

    let closing = |name: &str, value: &str| {
        let of = |line: &&Value| {
            line["fields"]["message"] == "request served" && line["span"][name] == value
        };
        log.iter().find(of).unwrap_or_else(|| panic!("no line of {name} {value}: {log:#?}"))
    };
    let codes: Vec<_> = log.iter().filter_map(|line| line["fields"]["sdk.code"].as_str()).collect();
    assert_eq!(codes, ["GPE-1001", "USER_CANCELLED", "other", "other"]);
    assert_eq!(closing("verification.id", &id)["fields"]["http.response.status_code"], 201);
    assert_eq!(closing("request.id", &request_id)["fields"]["http.response.status_code"], 431);
    assert_eq!(closing("request.id", "odd")["span"]["http.request.method"], "_OTHER");
    assert_eq!(odd.status(), 405);
    assert!(!log.iter().any(|line| line.to_string().contains("M081234567890")), "{log:#?}");
    sandbox.stop().await;
}

#[tokio::test]
async fn no_proxy_of_the_environment_is_obeyed() {
    gerbang::auth::install_crypto();
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
    let apps = Issuer::new("apps");
    write_settings(&directory, sandbox.base_url(), &apps, "");
    let nowhere = "http://127.0.0.1:9";
    let names =
        ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let variables = names.map(|name| (name, nowhere));

    let process = Process::start_with(&directory, &variables);
    let (_, id, _) = captured(&process.base_url, &apps, sandbox.control(), "cust-1").await;

    assert!(id.starts_with("ver_"), "the provider was reached without a proxy");
    process.kill();
    sandbox.stop().await;
}

#[tokio::test]
async fn heads_that_are_too_large_are_counted() {
    let app = TestApp::start().await;
    let url = format!("{}/v1/verifications", app.base_url);
    let filler = "x".repeat(17_000);

    let refused = app.send(app.http.get(url).header("x-filler", filler)).await;

    let metrics = app.http.get(format!("{}/metrics", app.admin_url)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert_eq!(refused.problem(), "header-too-large");
    assert!(metrics.contains("gerbang_refused_total{limit=\"head\"}"));
    assert!(metrics.contains("route=\"/v1/verifications\",status=\"431\""), "{metrics}");
    app.stop().await;
}

#[test]
fn mistakes_of_the_command_line_end_with_a_message_and_a_code() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("bad.toml");
    std::fs::write(&file, "[server]\nlisten = \"nowhere\"\n[servr]\nx = 1\n").unwrap();
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_gerbang")).args(arguments).output().unwrap()
    };
    let path = file.to_str().unwrap();

    let serve = run(&["serve", "--config", path]);
    let check = run(&["config", "check", "--config", path]);
    let absent = run(&["serve", "--config", "/nonexistent/gerbang.toml"]);
    let unknown = run(&["serv"]);
    let document = run(&["openapi"]);

    for output in [&serve, &check] {
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        assert!(told.contains("server.listen") && told.contains("servr"), "{told}");
    }
    assert_eq!(absent.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&absent.stderr).contains("/nonexistent/gerbang.toml"));
    assert_eq!(unknown.status.code(), Some(2));
    assert!(document.stdout.starts_with(b"openapi: 3.1"));
}
