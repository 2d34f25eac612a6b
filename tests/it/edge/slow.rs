//! Callers that take their time.

use tokio::io::AsyncWriteExt as _;

use crate::support::{CALLBACK_KEY, TestApp, read_answer};

#[tokio::test]
async fn a_head_that_does_not_end_is_cut_off() {
    let app = TestApp::builder().server("header_deadline = \"1s\"").start().await;
    for head in ["", "GET /v1/verif", "GET /openapi.yaml HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let mut stream = app.connect().await;
        stream.write_all(head.as_bytes()).await.unwrap();

        let answer = read_answer(&mut stream).await;

        assert!(matches!(answer.status, 0 | 408), "{head:?}: {}", answer.status);
        assert_eq!(answer.body, b"", "{head:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_body_that_does_not_end_is_cut_off_however_it_was_announced() {
    let app = TestApp::builder().server("body_deadline = \"1s\"").start().await;
    let bearer = format!("Authorization: Bearer {}", app.token("cust-1", "00"));
    let key = format!("X-Callback-Key: {CALLBACK_KEY}");
    for (path, credential, framing, begun) in [
        ("/v1/verifications", &bearer, "Content-Length: 17", "{\"chan"),
        ("/v1/verifications", &bearer, "Content-Length: 17", ""),
        ("/v1/verifications", &bearer, "Transfer-Encoding: chunked", "2\r\n{\"\r\n"),
        ("/callbacks/provider", &key, "Content-Length: 17", "{\"subm"),
        ("/callbacks/provider", &key, "Transfer-Encoding: chunked", "2\r\n{\"\r\n"),
    ] {
        let mut stream = app.connect().await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\n{credential}\r\nContent-Type: application/json\r\n\
             {framing}\r\n\r\n{begun}"
        );
        stream.write_all(head.as_bytes()).await.unwrap();

        let answer = read_answer(&mut stream).await;

        app.check("POST", path, &answer);
        assert_eq!((answer.status, answer.problem().as_str()), (408, "request-timeout"), "{head}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_body_announced_too_large_is_not_waited_for() {
    let app = TestApp::start().await;
    let bearer = format!("Authorization: Bearer {}", app.token("cust-1", "00"));
    let key = format!("X-Callback-Key: {CALLBACK_KEY}");
    for (path, credential) in [("/v1/verifications", &bearer), ("/callbacks/provider", &key)] {
        for length in [300_000_u64, 1 << 62] {
            let mut stream = app.connect().await;
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\n{credential}\r\n\
                 Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.unwrap();

            let answer = read_answer(&mut stream).await;

            app.check("POST", path, &answer);
            assert_eq!((answer.status, answer.problem().as_str()), (413, "payload-too-large"));
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn a_caller_that_hangs_up_in_the_middle_leaves_nothing_behind() {
    let app = TestApp::start().await;
    let key = format!("X-Callback-Key: {CALLBACK_KEY}");
    for _ in 0..20 {
        let mut stream = app.connect().await;
        let head = format!(
            "POST /callbacks/provider HTTP/1.1\r\nHost: x\r\n{key}\r\nContent-Length: 99\r\n\r\n{{"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
    }

    let answer = app.http.get(format!("{}/openapi.yaml", app.base_url)).send().await.unwrap();

    assert_eq!(answer.status(), 200);
    app.stop().await;
}
