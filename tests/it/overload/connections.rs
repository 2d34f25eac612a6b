//! Connections are bounded. Where hardly any are left, nobody keeps one that others wait for.

use std::future::Future;

use futures_util::{FutureExt as _, future::join_all};
use tokio::io::AsyncWriteExt as _;

use crate::support::{PATIENCE, TestApp, read_answer};

const REQUEST: &[u8] = b"GET /openapi.yaml HTTP/1.1\r\nhost: gateway\r\n\r\n";

/// Lets the gateway do whatever it has to do, as far as that can be seen from here.
async fn settle(app: &TestApp, so_far: &mut (impl Future + Unpin)) -> bool {
    for _ in 0..20 {
        let url = format!("{}/livez", app.admin_url);
        let asked = app.http.get(url).send().await.unwrap();
        assert_eq!(asked.status(), 200);
        if so_far.now_or_never().is_some() {
            return false;
        }
    }
    true
}

#[tokio::test]
async fn whoever_comes_when_all_connections_are_taken_waits_until_one_ends() {
    let app = TestApp::builder().server("max_connections = 16").start().await;
    let mut here = join_all((0..16).map(|_| app.connect())).await;
    let mut late = app.connect().await;
    late.write_all(REQUEST).await.unwrap();
    let mut answer = Box::pin(read_answer(&mut late));

    let waits = settle(&app, &mut answer).await;
    here.pop();
    let answer = tokio::time::timeout(PATIENCE, answer).await.unwrap();

    assert!(waits);
    assert_eq!(answer.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn connections_are_not_kept_where_hardly_any_are_left() {
    let app = TestApp::builder().server("max_connections = 16").start().await;
    let mut here = Vec::new();
    let mut kept = Vec::new();
    for _ in 0..14 {
        let mut stream = app.connect().await;
        stream.write_all(REQUEST).await.unwrap();
        kept.push(!read_answer(&mut stream).await.headers.contains_key("connection"));
        here.push(stream);
    }

    assert_eq!(kept.iter().filter(|kept| **kept).count(), 13);
    assert_eq!(kept.last(), Some(&false));
    app.stop().await;
}
