//! Told to stop: nobody who is being served is failed, and nobody waits for ever.

use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use gerbang::sandbox::{Fault, FaultRule, Operation};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use super::bed::{Bed, once};
use crate::support::{CALLBACK_KEY, PATIENCE, Process, read_answer};

const TWO_WORKERS: (&str, &str) = ("workers = 1", "workers = 2");

fn lasting(lame_duck: &str, deadline: &str) -> String {
    format!("lame_duck = \"{lame_duck}\"\nshutdown_deadline = \"{deadline}\"")
}

/// Its end, without holding up whoever else is at work.
async fn ended(process: Process) -> (Option<i32>, Vec<Value>, Duration) {
    let begun = Instant::now();
    let ended = tokio::task::spawn_blocking(|| process.wait());
    let (status, log) = tokio::time::timeout(PATIENCE, ended).await.unwrap().unwrap();
    (status.code(), log, begun.elapsed())
}

fn says(log: &[Value], message: &str) -> bool {
    log.iter().any(|line| line["fields"]["message"] == message)
}

/// What a client that honours `Connection: close` met until it was turned away.
#[derive(Debug, Default)]
struct Client {
    answered: u32,
    failed: Vec<String>,
}

impl Client {
    /// One request after the other, each of another kind. Told to close, it asks for another way in,
    /// as a load balancer does, and there is none while the only gateway is not ready.
    async fn call(bed: &Bed, process: &Process, name: String) -> Self {
        let base = &process.base_url;
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let mut met = Self::default();
        for number in 0.. {
            let request = match number % 3 {
                0 => bed.start(base, &format!("{name}-{number}")),
                1 => bed.list(base, &format!("{name}-{}", number - 1)),
                _ => http
                    .post(format!("{base}/callbacks/provider"))
                    .header("x-callback-key", CALLBACK_KEY)
                    .json(&json!({
                        "submissionId": format!("{name}-{number}"), "status": "COMPLETED",
                    })),
            };
            let (_, request) = request.build_split();
            match http.execute(request.unwrap()).await {
                Ok(answer) => {
                    let closes = answer.headers().get("connection").is_some_and(|it| it == "close");
                    met.answered += 1;
                    if !answer.status().is_success() {
                        met.failed.push(answer.status().to_string());
                    }
                    if closes && bed.asked(process, "/readyz").await != 200 {
                        return met;
                    }
                }
                Err(error) => {
                    met.failed.push(format!("{error:?}"));
                    return met;
                }
            }
        }
        met
    }
}

#[tokio::test]
async fn a_stop_under_load_fails_no_request() {
    let bed = Bed::with(&[TWO_WORKERS, ("lame_duck = \"0s\"", &lasting("500ms", "10s"))]);
    let process = bed.raise();
    let clients = (0..8).map(|number| Client::call(&bed, &process, format!("cust-{number}")));
    let stop = async {
        bed.provider.wait_for_calls(Operation::Initiate, 40).await;
        process.signal("TERM");
        // Not ready while it still takes connections.
        bed.ready(&process, 503).await;
        TcpStream::connect(process.base_url.trim_start_matches("http://")).await.is_ok()
    };

    let both = tokio::time::timeout(PATIENCE * 2, join(join_all(clients), stop)).await;
    let (clients, open_when_not_ready) = both.expect("everybody is told to go elsewhere");
    let (code, log, _) = ended(process).await;

    let failed: Vec<_> = clients.iter().flat_map(|client| &client.failed).collect();
    let answered: u32 = clients.iter().map(|client| client.answered).sum();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(answered > 100 && open_when_not_ready, "{answered}");
    assert_eq!(code, Some(0));
    assert!(says(&log, "the gateway has stopped"));
    assert!(!says(&log, "stopped with work in progress"));
    bed.stop().await;
}

/// A start, byte by byte, so that its connection can be reset.
async fn begin_start(bed: &Bed, base: &str, user: &str) -> TcpStream {
    let mut stream = TcpStream::connect(base.trim_start_matches("http://")).await.unwrap();
    let request = format!(
        "POST /v1/verifications HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 17\r\n\r\n{{\"channel\":\"sdk\"}}",
        bed.token(user)
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn starts_whose_callers_go_away_while_it_stops_are_finished() {
    let bed = Bed::with(&[TWO_WORKERS]);
    let process = bed.raise();
    let base = process.base_url.clone();
    bed.provider.push_fault(FaultRule::always(Operation::Initiate, Fault::Hang));
    let users: Vec<_> = (0..8).map(|number| format!("cust-{number}")).collect();
    let starts = join_all(users.iter().map(|user| begin_start(&bed, &base, user))).await;
    bed.provider.wait_for_calls(Operation::Initiate, 8).await;

    process.signal("TERM");
    bed.ready(&process, 503).await;
    let mut starts = starts.into_iter();
    for gone in starts.by_ref().take(4) {
        gone.set_zero_linger().unwrap();
    }
    // Refused once it no longer takes connections: whoever is left now is being waited for.
    let address = base.trim_start_matches("http://");
    while TcpStream::connect(address).await.is_ok() {}
    bed.provider.clear_faults();
    let answers = join_all(starts.map(async |mut stream| read_answer(&mut stream).await)).await;
    let (code, log, _) = ended(process).await;
    let process = bed.raise();
    let mut resumed = Vec::new();
    for user in &users {
        resumed.push(once(bed.start(&process.base_url, user)).await.unwrap());
    }

    assert!(answers.iter().all(|answer| answer.status == 201), "{answers:?}");
    assert_eq!(code, Some(0));
    assert!(!says(&log, "stopped with work in progress"));
    assert!(resumed.iter().all(|answer| answer.status == 200));
    assert_eq!(bed.provider.calls(Operation::Initiate), 8);
    process.kill();
    bed.stop().await;
}

#[tokio::test]
async fn a_hanging_provider_holds_a_stop_up_to_the_deadline_and_no_longer() {
    let bed = Bed::with(&[("lame_duck = \"0s\"", &lasting("0s", "1s"))]);
    let process = bed.raise();
    let base = process.base_url.clone();
    bed.provider.push_fault(FaultRule::always(Operation::Initiate, Fault::Hang));
    let start = begin_start(&bed, &base, "cust-1").await;
    bed.provider.wait_for_calls(Operation::Initiate, 1).await;

    process.signal("TERM");
    let (code, log, took) = ended(process).await;
    bed.provider.clear_faults();
    let process = bed.raise();
    let again = once(bed.start(&process.base_url, "cust-1")).await.unwrap();
    let listed = once(bed.list(&process.base_url, "cust-1")).await.unwrap().json();

    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(6), "{took:?}");
    assert!(says(&log, "stopped with work in progress"));
    assert!(again.json()["sdkToken"].is_string());
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    drop(start);
    process.kill();
    bed.stop().await;
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    for (first, second) in [("TERM", "TERM"), ("INT", "TERM"), ("TERM", "INT")] {
        let bed = Bed::new();
        let process = bed.raise();
        bed.provider.push_fault(FaultRule::always(Operation::Initiate, Fault::Hang));
        let start = begin_start(&bed, &process.base_url, "cust-1").await;
        bed.provider.wait_for_calls(Operation::Initiate, 1).await;

        process.signal(first);
        bed.ready(&process, 503).await;
        process.signal(second);
        let (code, log, took) = ended(process).await;

        assert_eq!(code, Some(1));
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert!(!says(&log, "the gateway has stopped"));
        drop(start);
        bed.provider.clear_faults();
        bed.stop().await;
    }
}
