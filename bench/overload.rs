//! The load of `bench/overload`: finds the most starts a second that the gateway serves, offers that
//! many, twice and four times as many, and looks at what becomes of everything else meanwhile.
//!
//! One thread sends everything and is the provider's neighbour, so its own work is part of every
//! latency.

mod canned;
mod gateway;
mod offered;
mod tokens;

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use futures_util::future::{join, join4, try_join_all};
use serde_json::json;

use canned::Provider;
use gateway::{CALLBACK_KEY, Gateway};
use offered::{Line, Offer, Outcome, Sample, Tokens};

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
    /// How many users there are.
    #[arg(long)]
    users: usize,
    /// How long each load lasts.
    #[arg(long)]
    seconds: u32,
    /// How many kept-alive connections bring it.
    #[arg(long)]
    connections: usize,
    /// Milliseconds after which the provider answers.
    #[arg(long)]
    provider_ms: u64,
}

/// Starts before anything is measured. Callbacks are about these.
const WARM_UP: usize = 2_000;
/// As many callers as there are places ask one after another while the peak is looked for.
const CALLERS: usize = 64;
/// For so many seconds.
const PEAK: f64 = 3.0;
/// Where `gateway.rs` has the admin listener.
const ADMIN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 18090);
/// Everything else that is looked at goes out this often.
const PROBE: Duration = Duration::from_millis(10);
/// An answer later than this is no recovery.
const FINE: Duration = Duration::from_millis(100);

/// What is running.
struct Bed {
    gateway: Gateway,
    provider: Provider,
    tokens: Tokens,
    /// Those whose verification is there, and their tokens.
    started: Vec<String>,
    called: Cell<usize>,
    over: Cell<bool>,
}

/// What a load met.
struct Met {
    samples: Vec<Sample>,
    callbacks: Vec<Duration>,
    reads: Vec<Duration>,
    health: Vec<Duration>,
    /// The most memory, in KiB.
    resident: f64,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let issuer = tokens::Issuer::generate(tokens::Algorithm::Es256)?;
    issuer.publish(&cli.work)?;
    let tokens = issuer.mint(cli.users, cli.now)?;
    let provider = Provider::start(cli.now, Duration::from_millis(cli.provider_ms))?;
    let gateway = Gateway::start(&cli.gateway, &cli.work, provider.address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let started = tokens.iter().take(WARM_UP).cloned().collect();
    let (tokens, called, over) = (RefCell::new(tokens.into()), Cell::new(0), Cell::new(false));
    let bed = Bed { gateway, provider, tokens, started, called, over };
    runtime.block_on(measure(&cli, &bed))
}

async fn measure(cli: &Cli, bed: &Bed) -> Result<()> {
    let mut callers = lines(bed, CALLERS);
    peak(bed, &mut callers, WARM_UP).await?;
    let mut peak_before = peak(bed, &mut callers, WARM_UP).await?;
    let mut lines = lines(bed, cli.connections);
    for level in [1_u32, 2, 4] {
        // Anew each time: the more is stored, the lower it is.
        let peak = peak(bed, &mut callers, whole(peak_before * PEAK)).await?;
        peak_before = peak;
        let offer = |times: f64, seconds: u32| Offer {
            begun: Instant::now(),
            pace: Duration::from_secs_f64(1.0 / peak / times),
            count: u32::try_from(whole(peak * times * f64::from(seconds))).unwrap_or(u32::MAX),
        };
        let rush = offer(f64::from(level), cli.seconds);
        let (used, begun) = (bed.gateway.used()?, Instant::now());
        let met = meet(bed, rush, &mut lines).await?;
        let busy =
            bed.gateway.used()?.saturating_sub(used).as_secs_f64() / begun.elapsed().as_secs_f64();
        let ended = Instant::now();
        let after = meet(bed, offer(0.5, 2), &mut lines).await?;
        print(level, rush, peak, &met);
        print_rest(&met, busy, recovery(&after, ended));
    }
    Ok(())
}

fn lines(bed: &Bed, number: usize) -> Vec<Line> {
    (0..number).map(|_| Line::to(bed.gateway.address())).collect()
}

/// How many starts a second are served, when each caller waits for its answer.
async fn peak(bed: &Bed, callers: &mut [Line], count: usize) -> Result<f64> {
    let offer = Offer {
        begun: Instant::now(),
        pace: Duration::ZERO,
        count: u32::try_from(count).unwrap_or(u32::MAX),
    };
    let left = Cell::new(offer.count);
    try_join_all(callers.iter_mut().map(|line| {
        let left = &left;
        async move {
            while let Some(less) = left.get().checked_sub(1) {
                left.set(less);
                let token = bed.tokens.borrow_mut().pop_front().context("no token is left")?;
                ensure!(line.start(&token).await? == Outcome::Served, "refused without a rush");
            }
            anyhow::Ok(())
        }
    }))
    .await?;
    Ok(f64::from(offer.count) / offer.begun.elapsed().as_secs_f64())
}

/// Offers starts, and meanwhile does what others do: calls back, reads a status, asks for health.
async fn meet(bed: &Bed, offer: Offer, lines: &mut [Line]) -> Result<Met> {
    bed.over.set(false);
    let load = async {
        let samples = offered::send(offer, lines, &bed.tokens).await;
        bed.over.set(true);
        samples
    };
    let resident = Cell::new(0.0);
    let health = async {
        let (mut line, mut latencies) = (Line::to(ADMIN), Vec::new());
        probe(bed, async || {
            resident.set(bed.gateway.resident()?.max(resident.get()));
            let begun = Instant::now();
            let status = line.send("GET /readyz", ["accept: ", "*/*"], "").await?;
            ensure!(status == 200, "not ready: {status}");
            latencies.push(begun.elapsed());
            Ok(())
        })
        .await?;
        anyhow::Ok(latencies)
    };
    let (samples, callbacks, reads, health) = join4(load, call_back(bed), read(bed), health).await;
    let (callbacks, reads, health) = (callbacks?, reads?, health?);
    Ok(Met { samples: samples?, callbacks, reads, health, resident: resident.get() })
}

async fn call_back(bed: &Bed) -> Result<Vec<Duration>> {
    let (mut line, mut latencies) = (Line::to(bed.gateway.address()), Vec::new());
    probe(bed, async || {
        let number = bed.called.replace(bed.called.get() + 1) % WARM_UP;
        let user = format!("bench-{number:07}");
        let body = json!({
            "submissionId": format!("sub-{number}"), "userId": user, "userIdType": "BENCH",
            "partnerSessionId": bed.provider.session(&user).context("no session")?,
            "status": "COMPLETED", "result": "VALID",
        });
        let begun = Instant::now();
        let proof = ["x-callback-key: ", CALLBACK_KEY];
        let status = line.send("POST /callbacks/provider", proof, &body.to_string()).await?;
        ensure!(status == 200, "a callback was answered {status}");
        latencies.push(begun.elapsed());
        Ok(())
    })
    .await?;
    Ok(latencies)
}

async fn read(bed: &Bed) -> Result<Vec<Duration>> {
    let (mut line, mut latencies) = (Line::to(bed.gateway.address()), Vec::new());
    let mut users = bed.started.iter().cycle();
    probe(bed, async || {
        let token = users.next().context("nobody has started")?;
        let begun = Instant::now();
        let header = ["authorization: Bearer ", token];
        let status = line.send("GET /v1/verifications", header, "").await?;
        ensure!(status == 200, "a read was answered {status}");
        latencies.push(begun.elapsed());
        Ok(())
    })
    .await?;
    Ok(latencies)
}

/// Does it again and again until the load has ended.
async fn probe(bed: &Bed, mut once: impl AsyncFnMut() -> Result<()>) -> Result<()> {
    while !bed.over.get() {
        let next = Instant::now() + PROBE;
        let (done, ()) = join(once(), offered::wait(next)).await;
        done?;
    }
    Ok(())
}

/// How long after `ended` something was still refused, late or not even sent.
fn recovery(after: &Met, ended: Instant) -> Duration {
    let bad = after.samples.iter().filter(|it| it.outcome != Outcome::Served || it.latency > FINE);
    bad.map(|it| it.at.saturating_duration_since(ended)).max().unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "the lines that `bench/overload` prints")]
fn print(level: u32, rush: Offer, peak: f64, met: &Met) {
    let lasted = rush.pace * rush.count;
    // The first second fills the line and is not counted; nor is what is answered after the load.
    let (from, to) = (rush.begun + Duration::from_secs(1), rush.begun + lasted);
    let within = |outcome: Outcome| {
        let number = met.samples.iter().filter(|it| it.outcome == outcome);
        let number = number.filter(|it| (from..to).contains(&it.at)).count();
        count(number) / (to - from).as_secs_f64()
    };
    let of = |outcome: Outcome| -> Vec<Duration> {
        let all = met.samples.iter().filter(|it| it.outcome == outcome);
        all.map(|it| it.latency).collect()
    };
    let served = within(Outcome::Served);
    print!(
        "{peak:>5.0} {level:>5} {:>9.0} {served:>9.0} {:>6.0} %",
        1.0 / rush.pace.as_secs_f64(),
        served / peak * 100.0
    );
    print!(" {:>9.0} {:>9.0}", within(Outcome::Refused), within(Outcome::NotSent));
    print!(" {:>8.1} {:>8.1}", p99(of(Outcome::Served)), p99(of(Outcome::Refused)));
}

#[expect(clippy::print_stdout, reason = "the lines that `bench/overload` prints")]
fn print_rest(met: &Met, busy: f64, recovery: Duration) {
    let recovered = recovery.as_secs_f64() * 1000.0;
    print!(
        " {:>9.1} {:>8.1} {:>7.1}",
        p99(met.callbacks.clone()),
        p99(met.reads.clone()),
        p99(met.health.clone())
    );
    println!(" {:>6.0} {:>6.0} % {recovered:>9.0}", met.resident / 1024.0, busy * 100.0);
}

/// The latency that 99 of a hundred did not exceed, in milliseconds.
fn p99(mut latencies: Vec<Duration>) -> f64 {
    latencies.sort_unstable();
    let last = latencies.len().saturating_sub(1);
    latencies.get(last * 99 / 100).copied().unwrap_or_default().as_secs_f64() * 1000.0
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of requests, far below any bound"
)]
fn whole(number: f64) -> usize {
    number as usize
}
