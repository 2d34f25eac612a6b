//! Key sets that are fetched: new keys, withdrawn keys, and servers that are down.

use std::time::Duration;

use futures_util::future::join_all;
use gerbang::config::{Algorithm, KeySource};
use jiff::SignedDuration;
use tokio::net::{TcpSocket, TcpStream};

use super::{
    key_server::{KeyServer, Mood, url_at},
    mint::{Gate, Signer, issuer, key_set},
};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn gate(server: &KeyServer) -> Gate {
    Gate::new(&[issuer(&[Algorithm::EdDsa], KeySource::JwksUrl(server.url()))])
}

/// Lets time pass until the server is visited again. A fetch that is still being answered plans the
/// next one from the moment it lands, so one step of any length may be too early.
async fn pass_time_until_visit(gate: &Gate, server: &KeyServer, number: u64) {
    while server.visits() < number {
        gate.clock.advance(MINUTE);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
}

fn signer(kid: &str) -> Signer {
    Signer::new(kid, Algorithm::EdDsa)
}

#[tokio::test]
async fn a_cold_stampede_fetches_the_set_once() {
    let known = signer("k1");
    let server = KeyServer::start(Mood::Serve(key_set(&[&known]))).await;
    let gate = gate(&server);
    let token = known.sign(&gate.claims());

    let answers = join_all((0..1_000).map(|_| gate.verifier.app(&token))).await;

    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(server.visits(), 1);
}

#[tokio::test]
async fn a_new_key_is_looked_for_and_found() {
    let (old, new) = (signer("k1"), signer("k2"));
    let server = KeyServer::start(Mood::Serve(key_set(&[&old]))).await;
    let gate = gate(&server);
    assert_eq!(gate.refusal(&old.sign(&gate.claims())).await, "taken");

    server.set(Mood::Serve(key_set(&[&old, &new])));

    assert_eq!(gate.refusal(&new.sign(&gate.claims())).await, "taken");
    assert_eq!(server.visits(), 2);
}

#[tokio::test]
async fn invented_key_names_cost_one_fetch_a_minute() {
    let (known, stranger) = (signer("k1"), signer("k2"));
    let server = KeyServer::start(Mood::Serve(key_set(&[&known]))).await;
    let gate = gate(&server);
    assert_eq!(gate.refusal(&known.sign(&gate.claims())).await, "taken");

    for round in 0..100 {
        let token = stranger
            .sign_with(&gate.claims(), |header| header.kid = Some(format!("invented-{round}")));
        assert_eq!(gate.refusal(&token).await, "UnknownKey");
    }
    assert_eq!(server.visits(), 2);
    gate.clock.advance(MINUTE);
    assert_eq!(gate.refusal(&stranger.sign(&gate.claims())).await, "UnknownKey");
    assert_eq!(server.visits(), 3);
}

#[tokio::test]
async fn a_withdrawn_key_ends_what_was_verified_with_it() {
    let (old, new) = (signer("k1"), signer("k2"));
    let server = KeyServer::start(Mood::Serve(key_set(&[&old]))).await;
    let gate = gate(&server);
    let token = old.sign(&gate.claims());
    assert_eq!(gate.refusal(&token).await, "taken");

    server.set(Mood::Serve(key_set(&[&new])));
    assert_eq!(gate.refusal(&token).await, "taken");
    assert_eq!(gate.refusal(&new.sign(&gate.claims())).await, "taken");

    assert_eq!(gate.refusal(&token).await, "UnknownKey");
}

#[tokio::test]
async fn a_set_is_fetched_again_from_time_to_time() {
    let (old, new) = (signer("k1"), signer("k2"));
    let server = KeyServer::start(Mood::Serve(key_set(&[&old]))).await;
    let gate = gate(&server);
    assert_eq!(gate.refusal(&old.sign(&gate.claims())).await, "taken");

    server.set(Mood::Serve(key_set(&[&new])));
    pass_time_until_visit(&gate, &server, 2).await;

    let claims = gate.claims();
    assert_eq!(gate.refusal(&new.sign(&claims)).await, "taken");
    assert_eq!(gate.refusal(&old.sign(&claims)).await, "UnknownKey");
}

#[tokio::test]
async fn the_last_good_set_outlives_every_kind_of_outage() {
    let signer = signer("k1");
    let server = KeyServer::start(Mood::Serve(key_set(&[&signer]))).await;
    let gate = gate(&server);
    assert_eq!(gate.refusal(&signer.sign(&gate.claims())).await, "taken");
    let moved = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n";
    for (mood, visit) in [
        Mood::Close,
        Mood::Serve("<html>".into()),
        Mood::Serve(r#"{"keys":[]}"#.into()),
        Mood::Serve(" ".repeat(300 * 1024)),
        Mood::Raw("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n".into()),
        Mood::Raw(moved.into()),
    ]
    .into_iter()
    .zip(2..)
    {
        server.set(mood);
        pass_time_until_visit(&gate, &server, visit).await;

        assert_eq!(gate.refusal(&signer.sign(&gate.claims())).await, "taken");
    }
}

#[tokio::test]
async fn without_any_set_nothing_is_said_about_a_token() {
    let signer = signer("k1");
    for mood in [Mood::Close, Mood::Serve("{}".into())] {
        let server = KeyServer::start(mood).await;
        let gate = gate(&server);

        let error = gate.verifier.app(&signer.sign(&gate.claims())).await.unwrap_err();

        assert!(error.is_unavailable(), "{error:?}");
        server.set(Mood::Serve(key_set(&[&signer])));
        gate.clock.advance(SignedDuration::from_secs(1));
        assert_eq!(gate.refusal(&signer.sign(&gate.claims())).await, "taken");
    }
}

#[tokio::test]
async fn a_set_that_cannot_be_searched_now_says_nothing_about_a_new_key() {
    let (old, new) = (signer("k1"), signer("k2"));
    let server = KeyServer::start(Mood::Serve(key_set(&[&old]))).await;
    let gate = gate(&server);
    assert_eq!(gate.refusal(&old.sign(&gate.claims())).await, "taken");
    server.set(Mood::Close);

    let error = gate.verifier.app(&new.sign(&gate.claims())).await.unwrap_err();

    assert!(error.is_unavailable(), "{error:?}");
    assert_eq!(gate.refusal(&old.sign(&gate.claims())).await, "taken");
}

#[tokio::test]
async fn a_hanging_server_does_not_hold_up_tokens_of_known_keys() {
    let signer = signer("k1");
    let server = KeyServer::start(Mood::Serve(key_set(&[&signer]))).await;
    let gate = gate(&server);
    assert_eq!(gate.refusal(&signer.sign(&gate.claims())).await, "taken");
    server.set(Mood::Hang);
    pass_time_until_visit(&gate, &server, 2).await;

    assert_eq!(gate.refusal(&signer.sign(&gate.claims())).await, "taken");
}

/// A listener whose queue is full drops what knocks; the client's connection is not made in time.
#[tokio::test]
async fn a_connection_that_was_not_made_is_tried_once_more() {
    let signer = signer("k1");
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let queue = [TcpStream::connect(address).await, TcpStream::connect(address).await];
    let entry = issuer(&[Algorithm::EdDsa], KeySource::JwksUrl(url_at(address)));
    let gate = Gate::with_patience(&[entry], Duration::from_millis(300));
    let token = signer.sign(&gate.claims());
    let open = async {
        // The first knock happens meanwhile.
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
        KeyServer::behind(listener, Mood::Serve(key_set(&[&signer])))
    };

    let (refusal, _server) = tokio::join!(gate.refusal(&token), open);

    assert_eq!(refusal, "taken");
    drop(queue);
}
