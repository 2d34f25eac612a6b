//! Whose a verification is: another's cannot be told from none.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

/// An id of the right form that nobody has.
const NOBODYS: &str = "ver_01h455vb4pex5vsknk084sn02q";

/// Every operation of apps that names a verification.
fn operations(app: &TestApp, token: &str, id: &str) -> Vec<(&'static str, RequestBuilder)> {
    let at = |method: Method, rest: &str| {
        app.request(method, &format!("/v1/verifications/{id}{rest}"), token)
    };
    let report = json!({ "outcome": "completed" });
    vec![
        ("get", at(Method::GET, "")),
        ("get, known", at(Method::GET, "").header("If-None-Match", "\"2-id\"")),
        ("get, waiting", at(Method::GET, "?wait=30")),
        ("get, waiting for news", at(Method::GET, "?wait=30").header("If-None-Match", "\"2-id\"")),
        ("events", at(Method::GET, "/events")),
        ("events, known", at(Method::GET, "/events").header("Last-Event-ID", "2")),
        ("renew", at(Method::POST, "/renew")),
        ("capture", at(Method::POST, "/capture").json(&report)),
    ]
}

/// Everything that a caller could tell two answers apart by, but the name of the request and how many
/// more it may send.
fn shown(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "date", "ratelimit"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("instance").unwrap();
    (answer.status, headers, body)
}

#[tokio::test]
async fn anothers_verification_cannot_be_told_from_none() {
    let app = TestApp::start().await;
    let owner = app.token("cust-1", "00");
    let other = app.token("cust-2", "01");
    let id = app.start_verification(&owner, json!({ "channel": "sdk" })).await.text("/id");
    let foreign = operations(&app, &other, &id);
    let absent = operations(&app, &other, NOBODYS);

    for ((label, foreign), (_, absent)) in foreign.into_iter().zip(absent) {
        let (foreign, absent) = (app.send(foreign).await, app.send(absent).await);

        assert_eq!(foreign.status, 404, "{label}");
        assert_eq!(shown(&foreign), shown(&absent), "{label}");
    }
    let untouched = app.get_verification(&owner, &id).await;
    assert_eq!(untouched.json()["revision"], 2, "nothing was done to it");
    assert!(app.list(&other, "").await.json()["items"].as_array().unwrap().is_empty());
    app.stop().await;
}

#[tokio::test]
async fn every_operation_with_an_id_is_among_them() {
    let app = TestApp::start().await;
    let tried: std::collections::BTreeSet<_> = operations(&app, "t", "{verificationId}")
        .into_iter()
        .map(|(_, request)| {
            let request = request.build().unwrap();
            let path = request.url().path().replace("%7B", "{").replace("%7D", "}");
            (request.method().to_string(), path)
        })
        .collect();

    let routed = gerbang::api::OPERATIONS
        .iter()
        .filter(|it| it.path.starts_with("/v1/verifications/{verificationId}"))
        .map(|it| (it.method.to_owned(), it.path.to_owned()))
        .collect();

    assert_eq!(tried, routed);
    app.stop().await;
}

#[tokio::test]
async fn a_back_end_without_the_scope_learns_nothing_of_what_there_is() {
    let app = TestApp::start().await;
    let started =
        app.start_verification(&app.token("cust-1", "00"), json!({ "channel": "sdk" })).await;
    let poor = app.service_token("verification:start");

    let there = app.inspect(&poor, &started.text("/id")).await;
    let absent = app.inspect(&poor, NOBODYS).await;

    assert_eq!((there.status, there.problem().as_str()), (403, "insufficient-scope"));
    assert_eq!(shown(&there), shown(&absent));
    app.stop().await;
}
