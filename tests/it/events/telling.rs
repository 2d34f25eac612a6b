//! What listeners are told, and that they miss nothing.

use futures_util::future::join;
use jiff::SignedDuration;
use serde_json::json;

use super::given::{beat, change, started};
use crate::support::{Block, Event, TestApp};

/// All events of one verification whose capture is finished while somebody watches.
async fn told(app: &TestApp, outcome: &str) -> (Vec<Event>, String) {
    let (token, id) = started(app, outcome).await;
    let mut stream = app.watch(&token, &id).await;
    let first = stream.event().await;
    app.provider.finish_capture(&app.session(&id).await).unwrap();
    let mut events = vec![first];
    events.extend(stream.rest().await);
    let now = app.get_verification(&token, &id).await;
    (events, String::from_utf8(now.body).unwrap())
}

#[tokio::test]
async fn a_stream_begins_with_the_present_and_ends_with_the_verdict() {
    let app = TestApp::start().await;
    for (outcome, verdict) in [("00", "approved"), ("11", "rejected"), ("40", "failed")] {
        let (events, present) = told(&app, outcome).await;

        let (first, last) = (events.first().unwrap(), events.last().unwrap());
        assert_eq!((first.status().as_str(), last.status().as_str()), ("pending", verdict));
        assert_eq!(last.data, present, "what is told is what can be read, byte for byte");
        for pair in events.windows(2) {
            assert!(pair[0].revision() < pair[1].revision(), "{events:?}");
        }
        for event in &events {
            assert_eq!(event.name, "verification");
            assert_eq!(event.json()["revision"], event.revision());
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn a_partial_completion_is_told_and_does_not_end_the_stream() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "30").await;
    let mut stream = app.watch(&token, &id).await;
    app.provider.finish_capture(&app.session(&id).await).unwrap();

    let mut seen = stream.event().await;
    while seen.status() != "partially_completed" {
        seen = stream.event().await;
    }
    beat(&app, 1).await;

    assert_eq!(stream.next().await, Some(Block::Comment), "it is still open");
    app.stop().await;
}

#[tokio::test]
async fn an_expiry_is_told_and_ends_the_stream() {
    let app = TestApp::start().await;
    let token = app.token_with(json!({
        "sub": "cust-1", "exp": app.now().as_second() + 200_000, "phone_number": "+6281234560051",
        "phone_number_verified": true, "phone_reference": "otp-0001",
    }));
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    let stream = app.watch(&token, &id).await;

    app.advance(SignedDuration::from_hours(25)).await;
    let events = stream.rest().await;

    let last = events.last().unwrap();
    assert_eq!(
        (last.status(), last.json()["reason"]["code"].clone()),
        ("expired".into(), json!("timed_out"))
    );
    app.stop().await;
}

#[tokio::test]
async fn a_callback_while_the_stream_is_being_opened_is_not_missed() {
    let app = TestApp::start().await;
    for round in 0..40 {
        let token = app.token(&format!("cust-{round}"), "01");
        let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
        let session = app.session(&id).await;

        let call_back = async { app.provider.finish_capture(&session).unwrap() };
        let (stream, _) = join(app.watch(&token, &id), call_back).await;
        let events = stream.rest().await;

        assert_eq!(events.last().unwrap().status(), "approved", "round {round}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_change_at_any_moment_of_opening_is_not_missed() {
    let app = TestApp::start().await;
    for round in 0..120 {
        let token = app.token(&format!("cust-{round}"), "00");
        let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");

        let opening = async {
            // A little later each time, across the time that a change takes.
            for _ in 0..round * 4 {
                tokio::task::yield_now().await;
            }
            app.watch(&token, &id).await
        };
        let (mut stream, ()) = join(opening, change(&app, &token, &id)).await;
        let mut seen = stream.event().await.json();
        if seen["nextAction"] != "wait" {
            seen = stream.event().await.json();
        }

        assert_eq!(seen["nextAction"], "wait", "round {round}");
    }
    app.stop().await;
}

#[tokio::test]
async fn all_who_watch_are_told() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "00").await;
    let mut streams = Vec::new();
    for _ in 0..4 {
        let mut stream = app.watch(&token, &id).await;
        stream.event().await;
        streams.push(stream);
    }

    change(&app, &token, &id).await;

    for stream in &mut streams {
        assert_eq!(stream.event().await.json()["nextAction"], "wait");
    }
    app.stop().await;
}

#[tokio::test]
async fn events_speak_the_callers_language() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "11").await;
    let english = app.watching(&token, &id).header("Accept-Language", "en-GB");
    let english = app.open_stream(english).await.unwrap();
    let own = app.watch(&token, &id).await;
    app.provider.finish_capture(&app.session(&id).await).unwrap();

    let languages = [&english, &own].map(|it| it.head.header("content-language").to_owned());
    let (english, own) = join(english.rest(), own.rest()).await;

    let title = |events: &[Event]| events.last().unwrap().json()["reason"]["title"].clone();
    assert_eq!(languages, ["en", "id"]);
    assert_eq!(title(&english), "We could not accept your ID card");
    assert_eq!(title(&own), "Foto KTP belum dapat diterima");
    app.stop().await;
}

#[tokio::test]
async fn silence_is_broken_every_fifteen_seconds() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "51").await;
    let mut stream = app.watch(&token, &id).await;
    stream.event().await;

    for _ in 0..3 {
        beat(&app, 1).await;

        assert_eq!(stream.next().await, Some(Block::Comment));
    }
    change(&app, &token, &id).await;
    assert_eq!(stream.event().await.json()["nextAction"], "wait");
    app.stop().await;
}
