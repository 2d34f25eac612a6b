//! The load of `bench/watchers`: opens as many streams as it is told, each of another user, calls
//! back as the provider would, and measures from the callback's answer to the watcher's event.
//!
//! One thread reads all streams, so its own work is part of every figure.

mod canned;
mod gateway;
mod tokens;
mod wire;

use std::{
    cell::{Cell, RefCell},
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use clap::Parser;
use futures_util::future::{try_join, try_join_all};
use serde_json::json;
use tokio::{sync::mpsc, task::LocalSet};

use canned::Provider;
use gateway::{CALLBACK_KEY, Gateway};
use wire::{Caller, Listener};

#[derive(Debug, Parser)]
struct Cli {
    /// The gateway's program.
    #[arg(long)]
    gateway: PathBuf,
    /// An empty folder for its files.
    #[arg(long)]
    work: PathBuf,
    /// The present time in seconds of the epoch.
    #[arg(long)]
    now: u64,
    /// How many watch.
    #[arg(long)]
    watchers: usize,
    /// How many callbacks come one after another, at most one a watcher.
    #[arg(long)]
    rounds: usize,
}

/// One user's verification.
#[derive(Debug)]
struct Watched {
    user: String,
    token: String,
    session: String,
    id: String,
}

/// Which watcher was told which status, and when.
type Told = (usize, String, Instant);

/// Connections that start and call back; kept alive.
const CONNECTIONS: usize = 64;

fn main() -> Result<()> {
    let cli = Cli::parse();
    let issuer = tokens::Issuer::generate(tokens::Algorithm::Es256)?;
    issuer.publish(&cli.work)?;
    let tokens = issuer.mint(cli.watchers, cli.now)?;
    let provider = Provider::start(cli.now, Duration::ZERO)?;
    let gateway = Gateway::start(&cli.gateway, &cli.work, provider.address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(async {
        let watched = start(&gateway, &provider, tokens).await?;
        measure(&cli, &gateway, &watched).await
    }))
}

/// Starts one verification a token.
async fn start(
    gateway: &Gateway,
    provider: &Provider,
    tokens: Vec<String>,
) -> Result<Vec<Watched>> {
    let (next, ids) = (Cell::new(0), RefCell::new(vec![String::new(); tokens.len()]));
    let callers = (0..CONNECTIONS).map(|_| Caller::connect(gateway.address()));
    let starting = try_join_all(callers).await?.into_iter().map(|mut caller| {
        let (next, ids, tokens) = (&next, &ids, &tokens);
        async move {
            while let Some((number, token)) = turn(next, tokens) {
                let bearer = format!("authorization: Bearer {token}");
                let body = json!({ "channel": "sdk" });
                let started = caller.post("/v1/verifications", &bearer, &body).await?;
                let id = started.get("id").and_then(|id| id.as_str()).context("no id")?;
                if let Some(place) = ids.borrow_mut().get_mut(number) {
                    id.clone_into(place);
                }
            }
            anyhow::Ok(())
        }
    });
    try_join_all(starting).await?;
    let all = tokens.into_iter().zip(ids.into_inner()).enumerate();
    all.map(|(number, (token, id))| {
        let user = format!("bench-{number:07}");
        let session = provider.session(&user).context("no session")?;
        Ok(Watched { user, token, session, id })
    })
    .collect()
}

#[expect(clippy::print_stdout, reason = "the line that `bench/watchers` prints")]
async fn measure(cli: &Cli, gateway: &Gateway, watched: &[Watched]) -> Result<()> {
    let before = gateway.resident()?;
    let mut told = open(gateway, watched).await?;
    let each = (gateway.resident()? - before) / count(watched.len());
    let idle = idle(gateway).await?;

    let mut single = one_by_one(cli, gateway, watched, &mut told).await?;
    let mut burst = all_at_once(gateway, watched, &mut told).await?;

    let after = (gateway.resident()? - before) / count(watched.len());
    print!("{:>8} {each:>13.1} {after:>13.1} {idle:>13.2}", watched.len());
    print!(" {:>9.2} {:>9.2}", percentile(&mut single, 50), percentile(&mut single, 99));
    println!(" {:>11.0} {:>9.0}", percentile(&mut burst, 50), percentile(&mut burst, 99));
    Ok(())
}

/// Opens a stream each and waits until everybody has the present state.
async fn open(gateway: &Gateway, watched: &[Watched]) -> Result<mpsc::UnboundedReceiver<Told>> {
    let (tell, told) = mpsc::unbounded_channel();
    for (number, one) in watched.iter().enumerate() {
        let mut listener = Listener::connect(gateway.address(), &one.token, &one.id).await?;
        listener.status().await?;
        let tell = tell.clone();
        listen(async move {
            while let Ok(status) = listener.status().await {
                let _ = tell.send((number, status, Instant::now()));
            }
        });
    }
    Ok(told)
}

#[expect(clippy::disallowed_methods, reason = "a load has no gateway's tasks")]
fn listen(work: impl Future<Output = ()> + 'static) {
    tokio::task::spawn_local(work);
}

/// The percentage of its core that the gateway uses while nothing happens but heartbeats.
#[expect(clippy::disallowed_methods, reason = "a load runs by the machine's own time")]
async fn idle(gateway: &Gateway) -> Result<f64> {
    let (begun, used) = (Instant::now(), gateway.used()?);
    tokio::time::sleep(Duration::from_secs(30)).await;
    let used = gateway.used()?.saturating_sub(used);
    Ok(used.as_secs_f64() / begun.elapsed().as_secs_f64() * 100.0)
}

/// One callback after another, each when the watcher of the one before was told.
async fn one_by_one(
    cli: &Cli,
    gateway: &Gateway,
    watched: &[Watched],
    told: &mut mpsc::UnboundedReceiver<Told>,
) -> Result<Vec<Duration>> {
    let mut caller = Caller::connect(gateway.address()).await?;
    let mut latencies = Vec::new();
    for (number, one) in watched.iter().enumerate().take(cli.rounds) {
        call_back(&mut caller, one, "IN_PROGRESS").await?;
        let answered = Instant::now();
        loop {
            let (who, status, at) = told.recv().await.context("nobody listens any more")?;
            if who == number && status == "processing" {
                // Told before we had looked at the answer: no time at all.
                latencies.push(at.saturating_duration_since(answered));
                break;
            }
        }
    }
    Ok(latencies)
}

/// A callback for everybody, as fast as they are answered.
async fn all_at_once(
    gateway: &Gateway,
    watched: &[Watched],
    told: &mut mpsc::UnboundedReceiver<Told>,
) -> Result<Vec<Duration>> {
    let next = Cell::new(0);
    let answered = RefCell::new(vec![None; watched.len()]);
    let callers = (0..CONNECTIONS).map(|_| Caller::connect(gateway.address()));
    let calling = try_join_all(callers).await?.into_iter().map(|mut caller| {
        let (next, answered) = (&next, &answered);
        async move {
            while let Some((number, one)) = turn(next, watched) {
                call_back(&mut caller, one, "PARTIALLY_COMPLETED").await?;
                if let Some(place) = answered.borrow_mut().get_mut(number) {
                    *place = Some(Instant::now());
                }
            }
            anyhow::Ok(())
        }
    });
    let hearing = async {
        let mut heard = Vec::with_capacity(watched.len());
        while heard.len() < watched.len() {
            let (who, status, at) = told.recv().await.context("nobody listens any more")?;
            if status == "partially_completed" {
                heard.push((who, at));
            }
        }
        anyhow::Ok(heard)
    };
    let (_, heard) = try_join(try_join_all(calling), hearing).await?;
    let answered = answered.into_inner();
    let latency = |(who, at): (usize, Instant)| {
        let answered = answered.get(who).copied().flatten().unwrap_or(at);
        at.saturating_duration_since(answered)
    };
    Ok(heard.into_iter().map(latency).collect())
}

async fn call_back(caller: &mut Caller, one: &Watched, status: &str) -> Result<()> {
    let body = json!({
        "submissionId": format!("sub-{}", one.user), "userId": one.user, "userIdType": "BENCH",
        "partnerSessionId": one.session, "status": status, "result": "VALID",
    });
    let key = format!("x-callback-key: {CALLBACK_KEY}");
    caller.post("/callbacks/provider", &key, &body).await?;
    Ok(())
}

fn turn<'a, T>(next: &Cell<usize>, all: &'a [T]) -> Option<(usize, &'a T)> {
    let number = next.replace(next.get() + 1);
    all.get(number).map(|one| (number, one))
}

/// The latency that `percent` of all did not exceed, in milliseconds.
fn percentile(latencies: &mut [Duration], percent: usize) -> f64 {
    latencies.sort_unstable();
    let last = latencies.len().saturating_sub(1);
    latencies.get(last * percent / 100).copied().unwrap_or_default().as_secs_f64() * 1000.0
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
