//! Ten thousand at once: however many need a partner token or an issuer's keys in the same instant,
//! one call fetches them.

use std::future::Future;

use futures_util::{
    future::{join, join_all},
    poll,
};
use gerbang::{
    config::{Algorithm, KeySource, Sources},
    sandbox::{Fault, FaultRule, Operation},
};
use jiff::SignedDuration;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::{
    crash::Bed,
    provider::{Rig, flow},
    support::{PATIENCE, Process, read_answer},
    tokens::{
        key_server::{KeyServer, Mood},
        mint::{Gate, Signer, issuer, key_set},
    },
};

const MANY: usize = 10_000;

/// Lets everybody begin before anybody goes on.
async fn begin<F: Future + Unpin>(mut all: Vec<F>) -> Vec<F> {
    for one in &mut all {
        assert!(poll!(one).is_pending());
    }
    all
}

/// A client of the sandbox. Everybody needs a token before a place; how many places there are is
/// bounded by the files that a process may open. Nobody is late where the machine is busy.
fn rig() -> Rig {
    Rig::with(
        |_| {},
        |provider| {
            provider.max_concurrent = 500;
            provider.connect_timeout = PATIENCE;
            provider.token_timeout = PATIENCE;
            provider.initiate_timeout = PATIENCE;
        },
    )
}

/// Ten thousand starts at once while `operation` hangs; how many of them went well.
async fn stampede(rig: &Rig, operation: Operation, calls: u64) -> usize {
    let flows: Vec<_> = (0..MANY).map(|_| flow()).collect();
    let starts = begin(flows.iter().map(|flow| rig.provider.initiate(flow)).collect()).await;
    let let_go = async {
        rig.control().wait_for_calls(operation, calls).await;
        rig.control().clear_faults();
    };
    let (ended, ()) = join(join_all(starts), let_go).await;
    ended.iter().filter(|start| start.is_ok()).count()
}

fn hang(rig: &Rig, operation: Operation) {
    rig.control().push_fault(FaultRule::always(operation, Fault::Hang));
}

#[tokio::test]
async fn ten_thousand_starts_on_a_cold_cache_make_one_token_call() {
    let rig = rig();
    hang(&rig, Operation::Token);

    let well = stampede(&rig, Operation::Token, 1).await;

    assert!(well >= 500, "{well}");
    assert_eq!(rig.control().calls(Operation::Token), 1);
}

#[tokio::test]
async fn ten_thousand_starts_across_a_refresh_make_one_more_token_call() {
    let rig = rig();
    rig.provider.initiate(&flow()).await.unwrap();
    hang(&rig, Operation::Token);
    rig.clock.advance(SignedDuration::from_mins(27));
    rig.control().wait_for_calls(Operation::Token, 2).await;

    let well = stampede(&rig, Operation::Initiate, 2).await;

    assert!(well >= 500, "the old token serves meanwhile: {well}");
    assert_eq!(rig.control().calls(Operation::Token), 2);
}

#[tokio::test]
async fn ten_thousand_starts_whose_token_was_revoked_make_one_more_token_call() {
    let rig = rig();
    rig.provider.initiate(&flow()).await.unwrap();
    rig.clock.advance(SignedDuration::from_mins(1));
    rig.control().revoke_partner_tokens();
    hang(&rig, Operation::Token);

    let well = stampede(&rig, Operation::Token, 2).await;
    let next = rig.provider.initiate(&flow()).await;

    // How many find a place once more before those who still come with the old token depends on the
    // machine.
    assert!(well > 0);
    assert!(next.is_ok(), "{next:?}");
    assert_eq!(rig.control().calls(Operation::Token), 2);
}

#[tokio::test]
async fn ten_thousand_callers_ask_an_issuer_that_is_down_once() {
    let signer = Signer::new("k1", Algorithm::EdDsa);
    let server = KeyServer::start(Mood::Close).await;
    let gate = Gate::new(&[issuer(&[Algorithm::EdDsa], KeySource::JwksUrl(server.url()))]);
    let token = signer.sign(&gate.claims());

    let met = join_all((0..MANY).map(|_| gate.verifier.app(&token))).await;
    let visits = server.visits();
    server.set(Mood::Serve(key_set(&[&signer])));
    gate.clock.advance(SignedDuration::from_secs(1));
    let later = join_all((0..MANY).map(|_| gate.verifier.app(&token))).await;

    assert!(
        met.iter().all(|met| met.as_ref().is_err_and(gerbang::auth::AuthError::is_unavailable))
    );
    assert_eq!(visits, 1);
    assert!(later.iter().all(Result::is_ok));
    assert_eq!(server.visits(), 2);
}

/// How many sockets this process may have, as far as the system lets it.
fn files() -> usize {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    limit.maximum.map_or(usize::MAX, |most| usize::try_from(most).unwrap())
}

/// Waits until so many starts are in the line.
async fn in_line(process: &Process, number: usize) {
    let wanted = format!("gerbang_starts_waiting {number}\n");
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let wait = async {
        loop {
            let url = format!("{}/metrics", process.admin_url);
            let metrics = http.get(url).send().await.unwrap().text().await.unwrap();
            if metrics.contains(&wanted) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("all of them are in the line");
}

/// Each on a connection of its own, against the binary. `GERBANG_STAMPEDE` says how many, if it is set;
/// the files that this process may open bound it.
#[tokio::test]
async fn callers_who_all_come_while_there_is_no_token_share_one() {
    const PLACES: usize = 64;
    let mut env = Sources::from_process(None).env.into_iter();
    let named = env.find(|(name, _)| name == "GERBANG_STAMPEDE");
    let wanted = named.map_or(1_000, |(_, number)| number.parse().unwrap());
    let many = wanted.min(files().saturating_sub(1_500));
    let roomy = "max_waiting = 100000\npatience = \"10s\"\ntoken_timeout = \"60s\"\npass_key = ";
    let patient = "workers = 2\nstart_deadline = \"60s\"";
    let bed = Bed::with(&[("pass_key = ", roomy), ("workers = 1", patient)]);
    let process = bed.raise();
    let address = process.base_url.trim_start_matches("http://").to_owned();
    bed.provider.push_fault(FaultRule::always(Operation::Token, Fault::Hang));

    // Signed beforehand: a connection that says nothing is not kept for long.
    let request = |number| {
        format!(
            "POST /v1/verifications HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: 17\r\n\r\n{{\"channel\":\"sdk\"}}",
            bed.token(&format!("cust-{number}"))
        )
    };
    let requests: Vec<_> = (0..many).map(request).collect();
    let mut callers = Vec::new();
    for request in requests {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        callers.push(stream);
    }
    in_line(&process, many - PLACES).await;
    bed.provider.clear_faults();
    let answers = join_all(callers.iter_mut().map(read_answer)).await;

    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    // Of very many on a slow machine the last have waited for too long.
    let (well, refused) = (count(201), count(503));
    assert!(well >= many.min(1_000) && well + refused == many, "{well} and {refused} of {many}");
    assert_eq!(bed.provider.calls(Operation::Token), 1);
    process.kill();
    bed.stop().await;
}
