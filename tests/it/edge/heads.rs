//! Headers and queries that cannot be used.

use super::row::{CANARY, opened, refuse, request, row};
use crate::support::CALLBACK_KEY;

const START: &str = "POST /v1/verifications";
const BODY: &str = r#"{"channel":"sdk"}"#;

#[tokio::test]
async fn credentials_of_other_forms_are_401() {
    let (app, token, id) = opened().await;
    let none = (401, "authentication-required");
    let bad = (401, "invalid-token");
    let rows = [
        ("no scheme", format!("Authorization: {token}"), none),
        ("an empty header", "Authorization:".to_owned(), none),
        ("another scheme", format!("Authorization: Token {token}"), none),
        ("the provider's header", format!("X-Callback-Key: {CALLBACK_KEY}"), none),
        ("the token in a cookie", format!("Cookie: access_token={token}"), none),
        ("a tab for the blank", format!("Authorization: Bearer\t{token}"), none),
        ("two schemes", format!("Authorization: Bearer Bearer {token}"), bad),
        ("two tokens", format!("Authorization: Bearer {token}, Bearer {token}"), bad),
        ("quotation marks", format!("Authorization: Bearer \"{token}\""), bad),
        ("an unsigned token", format!("Authorization: Bearer {CANARY}.e30."), bad),
        ("a percent sign", "Authorization: Bearer a%2Eb%2Ec".to_owned(), bad),
    ];
    let line = format!("GET /v1/verifications/{id}");
    let mut rows: Vec<_> = rows
        .iter()
        .map(|(what, head, answer)| row(*what, request(&line, &[head], ""), *answer))
        .collect();
    let in_query = format!("GET /v1/verifications/{id}?access_token={token}");
    rows.push(row("the token in the query", request(&in_query, &[], ""), none));
    let service = app.service_token("verification:read");
    let service = format!("Authorization: Bearer {service}");
    rows.push(row("a server's token", request(&line, &[&service], ""), bad));
    let bearer = format!("Authorization: Bearer {token}");
    let backend = format!("GET /v1/backend/verifications/{id}");
    rows.push(row("a user's token", request(&backend, &[&bearer], ""), bad));

    refuse(&app, rows).await;

    app.stop().await;
}

#[tokio::test]
async fn bodies_under_another_name_are_415() {
    let (app, token, _) = opened().await;
    let bearer = format!("Authorization: Bearer {token}");
    let refused = (415, "unsupported-media-type");
    let rows = [
        vec!["Content-Type:"],
        vec!["Content-Type: json"],
        vec!["Content-Type: text/json"],
        vec!["Content-Type: application/problem+json"],
        vec!["Content-Type: application/x-www-form-urlencoded"],
        vec!["Content-Type: multipart/form-data; boundary=x"],
        vec!["Content-Type: application/json; charset=utf-16"],
        vec!["Content-Type: application/json; charset=\"iso-8859-1\""],
        vec!["Content-Type: application/json; charset="],
        vec!["Content-Type: application/json, text/plain"],
        vec!["Content-Type: application/json", "Content-Type: application/json"],
        vec!["Content-Type: application/json", "Content-Type: text/plain"],
        vec!["Content-Type: application/json", "Content-Encoding: gzip"],
        vec!["Content-Type: application/json", "Content-Encoding: identity, br"],
        vec!["Content-Type: application/json", "Content-Encoding:"],
    ];
    let rows = rows.into_iter().map(|mut head| {
        let what = head.join(" + ");
        head.push(&bearer);
        row(what, request(START, &head, BODY), refused)
    });

    refuse(&app, rows.collect()).await;

    app.stop().await;
}

#[tokio::test]
async fn json_by_any_of_its_names_is_taken() {
    let (app, token, _) = opened().await;
    let bearer = format!("Authorization: Bearer {token}");
    for head in [
        vec!["Content-Type: application/json"],
        vec!["Content-Type: APPLICATION/JSON;charset=UTF-8"],
        vec!["Content-Type: application/json; charset=\"utf-8\"; x=y"],
        vec!["Content-Type: application/json", "Content-Encoding: identity"],
    ] {
        let mut head = head;
        head.push(&bearer);

        let answer = app.send_raw(&request(START, &head, BODY)).await;

        assert_eq!(answer.status, 200, "{head:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn callers_that_take_no_json_are_406() {
    let (app, token, id) = opened().await;
    let bearer = format!("Authorization: Bearer {token}");
    let refused = (406, "not-acceptable");
    let line = format!("GET /v1/verifications/{id}");
    let rows = ["text/html", "image/*", "application/xml;q=0.9, text/*", "application", ";;;"];
    let rows = rows.map(|accept| {
        row(accept, request(&line, &[&bearer, &format!("Accept: {accept}")], ""), refused)
    });

    refuse(&app, rows.into()).await;

    app.stop().await;
}

#[tokio::test]
async fn what_is_no_revision_of_ours_is_answered_in_full() {
    let (app, token, id) = opened().await;
    let bearer = format!("Authorization: Bearer {token}");
    let line = format!("GET /v1/verifications/{id}");
    for tag in
        ["", "*", "2-id", "\"\"", "\"-\"", "W/", "\"999999999999999999999-id\"", ",,,", "\"2"]
    {
        let head = format!("If-None-Match: {tag}");

        let answer = app.send_raw(&request(&line, &[&bearer, &head], "")).await;

        let is_current = tag == "2-id";
        assert_eq!(answer.status, if is_current { 304 } else { 200 }, "{tag}");
    }
    app.stop().await;
}

#[tokio::test]
async fn queries_of_other_forms_are_422() {
    let (app, token, id) = opened().await;
    let bearer = format!("Authorization: Bearer {token}");
    let refused = (422, "validation-failed");
    let queries = [
        "wait=1&wait=2",
        "wait=0x1",
        "wait=1.5",
        "wait=%31%30%30",
        "wait=99999999999999999999",
        "wait=-0",
        "wait=%00",
        "wait=%ff",
    ];
    let mut rows: Vec<_> = queries
        .map(|query| {
            let line = format!("GET /v1/verifications/{id}?{query}");
            row(query, request(&line, &[&bearer], ""), refused)
        })
        .into();
    for query in ["limit=-1", "limit=101", "cursor=", "cursor=%00", "cursor=../x"] {
        let line = format!("GET /v1/verifications?{query}");
        rows.push(row(query, request(&line, &[&bearer], ""), refused));
    }

    refuse(&app, rows).await;

    app.stop().await;
}

#[tokio::test]
async fn large_heads_are_431() {
    let (app, token, _) = opened().await;
    let bearer = format!("Authorization: Bearer {token}");
    let refused = (431, "header-too-large");
    let many: Vec<String> = (0..90).map(|at| format!("X-{at}: {}", "x".repeat(200))).collect();
    let mut head: Vec<&str> = many.iter().map(String::as_str).collect();
    head.push(&bearer);
    let long = "x".repeat(20_000);
    let rows = vec![
        row("many headers", request("GET /v1/verifications", &head, ""), refused),
        row(
            "one header",
            request("GET /v1/verifications", &[&bearer, &format!("X: {long}")], ""),
            refused,
        ),
        row(
            "the query",
            request(&format!("GET /v1/verifications?x={long}"), &[&bearer], ""),
            refused,
        ),
        row("the path", request(&format!("GET /{long}"), &[&bearer], ""), refused),
        row(
            "more than is read at all",
            request("GET /v1/verifications", &[&format!("X: {}", "x".repeat(200_000))], ""),
            (431, ""),
        ),
    ];

    refuse(&app, rows).await;

    app.stop().await;
}
