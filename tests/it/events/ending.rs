//! What ends a stream beside a verdict.

use futures_util::future::join;
use jiff::SignedDuration;
use serde_json::json;

use super::given::{at_rest, beat, started};
use crate::support::{Block, PATIENCE, TestApp};

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let app = TestApp::start().await;
    let (_, id) = started(&app, "51").await;
    let end = app.now() + SignedDuration::from_secs(20);
    let short = app.token_with(json!({ "sub": "cust-1", "exp": end.as_second() }));
    let mut stream = app.watch(&short, &id).await;
    stream.event().await;

    beat(&app, 1).await;
    let before = stream.next().await;
    at_rest(&app, end, 1).await;
    app.advance(SignedDuration::from_secs(5)).await;
    let after = stream.next().await;

    assert_eq!((before, after), (Some(Block::Comment), None));
    app.stop().await;
}

#[tokio::test]
async fn a_stopping_gateway_ends_streams_in_order_and_does_not_wait_for_them() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "51").await;
    let mut stream = app.watch(&token, &id).await;
    let last = stream.event().await;

    let both = join(app.stop(), stream.rest());
    let ((), rest) = tokio::time::timeout(PATIENCE / 4, both).await.unwrap();

    assert_eq!(last.status(), "pending", "so the client knows that it is not over");
    assert_eq!(rest, []);
}

#[tokio::test]
async fn a_client_finds_its_place_again_after_a_restart() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "01").await;
    let mut stream = app.watch(&token, &id).await;
    let last = stream.event().await;

    let app = app.restart().await;
    app.provider.finish_capture(&app.session(&id).await).unwrap();
    let again = app.watching(&token, &id).header("Last-Event-ID", last.id);
    let events = app.open_stream(again).await.unwrap().rest().await;

    assert_eq!(events.last().unwrap().status(), "approved");
    app.stop().await;
}
