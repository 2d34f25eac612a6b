//! Listeners who do not listen.

use jiff::SignedDuration;
use serde_json::json;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
};

use super::given::{at_rest, beat, change};
use crate::support::{Block, PATIENCE, TestApp};

/// A connection that asks for a stream and then reads nothing, with as little room for what it does
/// not read as the system gives.
async fn deaf(app: &TestApp, token: &str, id: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(1).unwrap();
    let address = app.base_url.trim_start_matches("http://").parse().unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let head = format!(
        "GET /v1/verifications/{id}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_client_that_never_reads_is_dropped_and_harms_nobody() {
    let app = TestApp::builder().server("write_deadline = \"1s\"").start().await;
    // Longer than all the time that passes here, so that nothing ends by itself.
    let lasting = |user: &str| {
        app.token_with(json!({
            "sub": user, "exp": app.now().as_second() + 80_000, "phone_number": "+6281234560051",
            "phone_number_verified": true, "phone_reference": "otp-0001",
        }))
    };
    let (token, other) = (lasting("cust-1"), lasting("cust-2"));
    let sdk = json!({ "channel": "sdk" });
    let id = app.start_verification(&token, sdk.clone()).await.text("/id");
    let others = app.start_verification(&other, sdk).await.text("/id");
    let mut sockets = Vec::new();
    for _ in 0..4 {
        sockets.push(deaf(&app, &token, &id).await);
    }
    at_rest(&app, app.now() + SignedDuration::from_secs(15), 4).await;
    let mut listener = app.watch(&other, &others).await;
    listener.event().await;

    // Heartbeats fill what the clients do not read, and the listener shows that they were sent.
    for _ in 0..1000 {
        beat(&app, 1).await;
        assert_eq!(listener.next().await, Some(Block::Comment));
    }
    let fifth = async {
        loop {
            if let Ok(stream) = app.open_stream(app.watching(&token, &id)).await {
                return stream;
            }
        }
    };
    let mut fifth = tokio::time::timeout(PATIENCE, fifth).await.expect("a place became free");
    change(&app, &other, &others).await;

    assert_eq!(fifth.event().await.status(), "pending", "nothing but the deadline freed it");
    assert_eq!(listener.event().await.json()["nextAction"], "wait");
    drop(sockets);
    app.stop().await;
}
