//! Every fault, as a client feels it, and the start and stop of the sandbox itself.

use std::time::Duration;

use gerbang::sandbox::{Fault, FaultBody, FaultRule, Operation, Sandbox, SandboxOptions};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::house::{House, headers, sdk_body, within};

/// The bytes of the answer to a token call, to the end of the connection.
async fn raw_token_call(house: &House) -> Vec<u8> {
    let mut stream = TcpStream::connect(house.sandbox.addr()).await.unwrap();
    let call = "GET /v1/esign/partner/authentication HTTP/1.1\r\nhost: sandbox\r\n\
                client-id: sandbox-client\r\npass-key: sandbox-pass-key\r\n\
                connection: close\r\n\r\n";
    stream.write_all(call.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset is as good an end as any here.
    drop(within(stream.read_to_end(&mut answer)).await);
    answer
}

fn once(house: &House, operation: Operation, fault: Fault) {
    house.control().push_fault(FaultRule::once(operation, fault));
}

fn status(status: u16, body: FaultBody) -> Fault {
    Fault::Status { status, body, retry_after: Some(7) }
}

#[tokio::test]
async fn a_status_comes_with_html_or_json_or_nothing_and_only_as_often_as_asked() {
    let house = House::start();
    once(&house, Operation::Token, status(502, FaultBody::Html));
    once(&house, Operation::Token, status(500, FaultBody::Json));
    once(&house, Operation::Token, status(429, FaultBody::Empty));

    let html = house.token_call().await;
    let json = house.token_call().await;
    let empty = house.token_call().await;
    let good = house.token_call().await;

    assert_eq!((html.status, html.content_type.as_str()), (502, "text/html"));
    assert_eq!((json.status, json.causes()), (500, vec!["900 GENERIC_SERVICE_ERROR".to_owned()]));
    assert_eq!((empty.status, empty.text.as_str()), (429, ""));
    assert_eq!(good.status, 200);
    assert_eq!(house.control().calls(Operation::Token), 4);
}

#[tokio::test]
async fn a_closed_connection_has_no_byte_of_answer() {
    let house = House::start();
    once(&house, Operation::Token, Fault::Close);

    let answer = raw_token_call(&house).await;

    assert_eq!(String::from_utf8_lossy(&answer), "");
}

#[tokio::test]
async fn a_cut_body_ends_in_the_middle() {
    let house = House::start();
    once(&house, Operation::Token, Fault::CutBody);

    let answer = String::from_utf8(raw_token_call(&house).await).unwrap();

    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert!(head.starts_with("HTTP/1.1 200"));
    assert_eq!(body.len(), length.parse::<usize>().unwrap() / 2);
}

#[tokio::test]
async fn a_lost_answer_takes_the_session_id_all_the_same() {
    let house = House::start();
    let fault = FaultRule::once(Operation::Initiate, Fault::Close).after_work();
    house.control().push_fault(fault);
    let token = house.token().await;
    let method = reqwest::Method::POST;
    let path = "/esign-partner/v1/initiate-flow";

    let lost =
        house.try_call(method, path, &headers(&token, "u", "s"), Some(&sdk_body("00"))).await;
    let again = house.initiate("u", "s", "00").await;

    assert!(lost.is_err());
    assert_eq!(again.causes(), ["1539 DUPLICATE_PARTNER_SESSION_ID"]);
}

#[tokio::test]
async fn a_hang_ends_when_faults_are_cleared_and_then_answers_rightly() {
    let house = House::start();
    house.control().push_fault(FaultRule::always(Operation::Token, Fault::Hang));

    let (seen, ()) = tokio::join!(house.token_call(), async {
        within(house.control().wait_for_calls(Operation::Token, 1)).await;
        // A fault is taken before its call is counted: this call hangs by now.
        house.control().clear_faults();
    });

    assert_eq!(seen.status, 200);
}

#[tokio::test]
async fn latency_and_drip_take_their_time_and_answer_rightly() {
    let house = House::start();
    once(&house, Operation::Token, Fault::Latency { millis: 200 });
    once(&house, Operation::Token, Fault::Drip { bytes: 64, millis: 40 });

    let late = tokio::time::timeout(Duration::from_millis(150), house.token_call()).await;
    house.control().clear_faults();
    once(&house, Operation::Token, Fault::Drip { bytes: 64, millis: 60 });
    let early = tokio::time::timeout(Duration::from_millis(150), house.token_call()).await;
    once(&house, Operation::Token, Fault::Drip { bytes: 64, millis: 10 });
    let whole = house.token_call().await;

    assert!(late.is_err() && early.is_err());
    assert_eq!(whole.status, 200);
    assert!(whole.data()["token"].is_string());
}

#[tokio::test]
async fn bodies_are_garbage_huge_or_called_something_else() {
    let house = House::start();
    once(&house, Operation::Token, Fault::Garbage);
    once(&house, Operation::Token, Fault::HugeBody { bytes: 10_000_000 });
    once(&house, Operation::Token, Fault::WrongContentType);

    let garbage = house.token_call().await;
    let huge = house.token_call().await;
    let renamed = house.token_call().await;

    assert!(garbage.status == 200 && serde_json::from_str::<Value>(&garbage.text).is_err());
    assert_eq!(huge.text.len(), 10_000_000);
    assert!(huge.data()["padding"].is_string());
    assert_eq!(renamed.content_type, "text/html; charset=utf-16");
    assert!(renamed.data()["token"].is_string());
}

#[tokio::test]
async fn a_redirect_names_its_place() {
    let house = House::start();
    let location = "http://127.0.0.1:1/".to_owned();
    once(&house, Operation::Details, Fault::Redirect { location });

    let seen = house.details("u").await;

    assert_eq!(seen.status, 302);
}

#[tokio::test]
async fn revoked_in_the_middle_a_call_is_401_once() {
    let house = House::start();
    once(&house, Operation::Initiate, Fault::RevokeTokens);

    let first = house.initiate("u", "s", "00").await;
    let second = house.initiate("u", "s", "00").await;

    assert_eq!((first.status, second.status), (401, 200));
}

#[tokio::test]
async fn a_port_in_use_is_an_error_that_names_it() {
    let house = House::start();
    let listen = house.sandbox.addr();

    let error = Sandbox::start(SandboxOptions { listen, ..SandboxOptions::default() });

    let error = error.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&listen.to_string()), "{error}");
}

#[tokio::test]
async fn stopping_ends_hanging_calls_and_sleeping_scripts() {
    let house = House::start_with(|options| options.outcome_delay = Duration::from_hours(1));
    house.captured("u", "s", "00").await;
    house.control().push_fault(FaultRule::always(Operation::Token, Fault::Hang));
    let control = house.control().clone();
    let addr = house.sandbox.addr();
    let (client, url) =
        (house.client.clone(), format!("http://{addr}/v1/esign/partner/authentication"));
    let calls = control.calls(Operation::Token);

    let (_, ()) = tokio::join!(client.execute(client.get(url).build().unwrap()), async {
        within(control.wait_for_calls(Operation::Token, calls + 1)).await;
        within(house.sandbox.stop()).await;
    });

    assert!(TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn faults_are_asked_for_over_http_too() {
    let house = House::start();
    let rule = json!({ "operation": "token", "kind": "status", "status": 503, "body": "empty" });

    let pushed = house.post("/sandbox/faults", &rule).await;
    let listed = house.get("/sandbox/faults").await;
    let hit = house.token_call().await;
    let cleared = house.call(reqwest::Method::DELETE, "/sandbox/faults", &[], None).await;
    let good = house.token_call().await;

    assert_eq!((pushed.status, cleared.status), (204, 204));
    assert_eq!(listed.json()[0]["status"], json!(503));
    assert_eq!((hit.status, good.status), (503, 200));
}
