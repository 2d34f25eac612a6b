//! Requests whose ends two servers might see in different places, and heads that are none.
//!
//! Whoever stands in front of us may read such a request otherwise than we do, and what we take for
//! a second request would then be one that nobody checked.

use super::row::{Row, opened, refuse, row};

/// The HTTP parser refuses by itself, without a body.
const UNREAD: (u16, &str) = (400, "");

fn start(token: &str, head: &str, body: &str) -> Vec<u8> {
    format!(
        "POST /v1/verifications HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\
         Authorization: Bearer {token}\r\nContent-Type: application/json\r\n{head}\r\n\r\n{body}"
    )
    .into_bytes()
}

#[tokio::test]
async fn lengths_that_contradict_each_other_are_refused() {
    let (app, token, _) = opened().await;
    let body = r#"{"channel":"sdk"}"#;
    let chunked = "11\r\n{\"channel\":\"sdk\"}\r\n0\r\n\r\n";
    let rows: Vec<Row> = [
        ("two lengths", "Content-Length: 17\r\nContent-Length: 16", body),
        ("two equal lengths", "Content-Length: 17\r\nContent-Length: 17", body),
        ("a list of lengths", "Content-Length: 17, 17", body),
        ("a negative length", "Content-Length: -17", body),
        ("a signed length", "Content-Length: +17", body),
        ("a length in hex", "Content-Length: 0x11", body),
        ("an empty length", "Content-Length:", body),
        ("a length of no number", "Content-Length: many", body),
        ("a length beyond numbers", "Content-Length: 99999999999999999999999", body),
        ("a length and chunks", "Content-Length: 17\r\nTransfer-Encoding: chunked", chunked),
        ("chunks and a length", "Transfer-Encoding: chunked\r\nContent-Length: 5", chunked),
        ("an unknown coding", "Transfer-Encoding: gzip", body),
        ("chunks not last", "Transfer-Encoding: chunked, gzip", chunked),
        ("chunks twice", "Transfer-Encoding: chunked, chunked", chunked),
        ("codings in two lines", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", chunked),
        ("chunks by another name", "Transfer-Encoding: xchunked", chunked),
        ("a blank before the colon", "Transfer-Encoding : chunked", chunked),
        ("a blank in front", " Transfer-Encoding: chunked", chunked),
    ]
    .map(|(what, head, body)| row(what, start(&token, head, body), UNREAD))
    .into();

    refuse(&app, rows).await;

    app.stop().await;
}

#[tokio::test]
async fn chunks_that_are_none_are_refused() {
    let (app, token, _) = opened().await;
    let malformed = (400, "malformed-request");
    let rows: Vec<Row> = [
        ("no number", "zz\r\n{}\r\n0\r\n\r\n"),
        ("a negative number", "-1\r\n{}\r\n0\r\n\r\n"),
        ("a number with 0x", "0x2\r\n{}\r\n0\r\n\r\n"),
        ("no number at all", "\r\n{}\r\n0\r\n\r\n"),
        ("a number beyond numbers", "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
        ("longer than it says", "2\r\n{\"channel\":\"sdk\"}\r\n0\r\n\r\n"),
        ("line feeds alone", "2\n{}\n0\n\n"),
    ]
    .map(|(what, body)| row(what, start(&token, "Transfer-Encoding: chunked", body), malformed))
    .into();

    refuse(&app, rows).await;

    app.stop().await;
}

#[tokio::test]
async fn heads_that_are_none_are_refused() {
    let (app, _, _) = opened().await;
    let mut rows: Vec<Row> = [
        ("no request", "\0\0\0\0\r\n\r\n"),
        ("a TLS greeting", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\r\n\r\n"),
        ("no version", "GET /v1/verifications\r\n\r\n"),
        ("another protocol", "GET /v1/verifications SIP/2.0\r\n\r\n"),
        ("HTTP/2 spoken at once", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("HTTP/3.7", "GET /v1/verifications HTTP/3.7\r\nHost: x\r\n\r\n"),
        ("a NUL in the path", "GET /v1/\0 HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("a NUL in a header", "GET /v1/verifications HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n"),
        ("a header without a colon", "GET /v1/verifications HTTP/1.1\r\nHost: x\r\nX\r\n\r\n"),
        ("a header without a name", "GET /v1/verifications HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n"),
        ("a folded header", "GET /v1/verifications HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n"),
        ("no host", "GET /v1/verifications HTTP/1.1\r\n\r\n"),
        ("two hosts", "GET /v1/verifications HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    ]
    .map(|(what, text)| row(what, text.as_bytes().to_vec(), UNREAD))
    .into();
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(200));
    rows.push(row("200 headers", many.into_bytes(), (431, "")));

    refuse(&app, rows).await;

    app.stop().await;
}

#[tokio::test]
async fn a_request_behind_a_body_is_not_taken_for_a_part_of_it() {
    let (app, token, _) = opened().await;
    let smuggled = "GET /openapi.yaml HTTP/1.1\r\nHost: x\r\n\r\n";
    let body = format!("0\r\n\r\n{smuggled}");
    let head = format!("Content-Length: {}\r\nTransfer-Encoding: chunked", body.len());

    let answer = app.send_raw(&start(&token, &head, &body)).await;

    assert_eq!(answer.status, 400);
    assert!(!String::from_utf8_lossy(&answer.body).contains("openapi"));
    app.stop().await;
}
