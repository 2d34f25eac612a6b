//! Who may open a stream, and from where it goes on.

use reqwest::Method;
use serde_json::json;

use super::given::{change, started};
use crate::support::{Answer, PATIENCE, TestApp};

#[tokio::test]
async fn the_head_says_what_comes_and_that_nobody_may_keep_it() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "00").await;

    let mut stream = app.watch(&token, &id).await;
    stream.event().await;

    let head = &stream.head;
    assert_eq!(head.header("content-type"), "text/event-stream");
    assert_eq!(head.header("cache-control"), "no-store");
    assert_eq!(head.header("x-accel-buffering"), "no");
    assert_eq!(head.header("vary"), "Accept-Language");
    assert!(head.header("ratelimit-policy").starts_with("\"user_reads\""), "it is a read");
    assert!(!head.headers.contains_key("content-length"));
    assert!((1000..3000).contains(&stream.retry));
    app.stop().await;
}

#[tokio::test]
async fn a_stream_goes_on_from_the_last_event() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "00").await;
    let first = app.watch(&token, &id).await.event().await;
    let again = async |last: &str| {
        loop {
            let request = app.watching(&token, &id).header("Last-Event-ID", last.to_owned());
            // Those before give their places back when the gateway sees that they hung up.
            if let Ok(stream) = app.open_stream(request).await {
                return stream;
            }
        }
    };

    let mut knowing = again(&first.id).await;
    change(&app, &token, &id).await;
    let next = knowing.event().await;
    let missed = again(&first.id).await.event().await;
    drop(knowing);

    assert!(next.revision() > first.revision(), "what it had was not told again");
    assert_eq!(missed, next);
    for odd in ["0", "999", "-1", "x", "18446744073709551616"] {
        assert_eq!(again(odd).await.event().await, next, "{odd} is no revision of ours");
    }
    app.stop().await;
}

#[tokio::test]
async fn whoever_has_the_closed_revision_is_told_not_to_come_back() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "01").await;
    app.provider.finish_capture(&app.session(&id).await).unwrap();
    let last = app.watch(&token, &id).await.rest().await.pop().unwrap();
    let again =
        |id: &str, last: &str| app.watching(&token, id).header("Last-Event-ID", last.to_owned());

    let over = app.open_stream(again(&id, &last.id)).await.unwrap_err();
    let missed = app.open_stream(again(&id, "1")).await.unwrap().rest().await;

    assert_eq!((over.status, over.body.len()), (204, 0));
    assert_eq!(missed, [last]);
    app.stop().await;
}

#[tokio::test]
async fn a_fifth_waiter_is_refused_whether_it_watches_or_polls() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "00").await;
    let mut streams = Vec::new();
    for _ in 0..4 {
        streams.push(app.watch(&token, &id).await);
    }
    let poll = || app.request(Method::GET, &format!("/v1/verifications/{id}?wait=30"), &token);

    let watching = app.open_stream(app.watching(&token, &id)).await.unwrap_err();
    let polling = app.send(poll()).await;
    streams.clear();
    let admitted = async {
        loop {
            // As soon as the gateway has seen that they hung up, with nothing written to them.
            if let Ok(stream) = app.open_stream(app.watching(&token, &id)).await {
                return stream;
            }
        }
    };
    let admitted = tokio::time::timeout(PATIENCE, admitted).await.expect("a place became free");

    for refused in [&watching, &polling] {
        assert_eq!((refused.status, refused.problem().as_str()), (429, "rate-limited"));
        assert_eq!(refused.header("retry-after"), "1");
    }
    assert_eq!(admitted.head.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn waiters_of_both_kinds_are_counted() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "00").await;
    let _stream = app.watch(&token, &id).await;

    let metrics = app.http.get(format!("{}/metrics", app.admin_url)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();

    // Other tests of this process may wait meanwhile, so the number is at least ours.
    let waiting = metrics.lines().find_map(|line| line.strip_prefix("gerbang_waiters ")).unwrap();
    assert!(waiting.parse::<f64>().unwrap() >= 1.0, "{waiting}");
    app.stop().await;
}

#[tokio::test]
async fn anothers_verification_and_none_at_all_look_alike() {
    let app = TestApp::start().await;
    let (_, id) = started(&app, "00").await;
    let stranger = app.token("cust-2", "00");
    let knock = async |id: &str| app.open_stream(app.watching(&stranger, id)).await.unwrap_err();

    let anothers = knock(&id).await;
    let none = knock("ver_01h455vb4pex5vsknk084sn02q").await;
    let no_id = knock("ver_x").await;

    let shown = |answer: &Answer| (answer.status, answer.problem(), answer.text("/detail"));
    assert_eq!(shown(&anothers).0, 404);
    assert_eq!([shown(&anothers), shown(&none)], [shown(&none), shown(&no_id)]);
    app.stop().await;
}

#[tokio::test]
async fn streams_and_json_are_accepted_each_in_its_place() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "00").await;
    let status = async |path: &str, accept: &str| {
        let request = app.request(Method::GET, &format!("/v1/verifications/{path}"), &token);
        let request = request.header("Accept", accept);
        match app.open_stream(request).await {
            Ok(stream) => stream.head.status,
            Err(answer) => answer.status,
        }
    };
    let events = format!("{id}/events");

    for good in ["text/event-stream", "text/*", "*/*", "application/json, text/event-stream;q=0.5"]
    {
        assert_eq!(status(&events, good).await, 200, "{good}");
    }
    for bad in ["application/json", "text/html", "application/*"] {
        assert_eq!(status(&events, bad).await, 406, "{bad}");
    }
    for bad in ["text/event-stream", "text/*"] {
        assert_eq!(status(&id, bad).await, 406, "{bad} of the verification itself");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_listed_page_may_read_a_stream() {
    const PAGE: &str = "https://app.partner.example";
    let apps = format!("[[apps]]\nid = \"web\"\norigins = [\"{PAGE}\"]");
    let app = TestApp::builder().settings(&apps).start().await;
    let token = app.token_with(json!({
        "sub": "cust-1", "client_id": "web", "phone_number": "+6281234560000",
        "phone_number_verified": true, "phone_reference": "otp-1",
    }));
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    let from = |origin: &str| app.watching(&token, &id).header("Origin", origin.to_owned());

    let mut stream = app.open_stream(from(PAGE)).await.unwrap();
    let foreign = app.open_stream(from("https://evil.example")).await.unwrap_err();

    assert_eq!(stream.head.header("access-control-allow-origin"), PAGE);
    assert_eq!(stream.event().await.status(), "pending");
    assert_eq!((foreign.status, foreign.problem().as_str()), (403, "origin-not-allowed"));
    app.stop().await;
}
