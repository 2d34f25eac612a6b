//! The load of `bench/run` and `bench/callbacks`: mints the users' tokens, or writes the provider's
//! callbacks, ahead of time, then sends them.
//!
//! Each token is another user's and is used once, so that each start is a new verification and never
//! a resumed one. The number of requests is given, not the time; whatever answers otherwise than
//! expected ends the run.

mod client;
mod disk;
mod provider;
mod tokens;

use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use clap::{Args, Parser, Subcommand};

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes `tokens` (one a line), `issuer.pem` and, for RSA, `jwks.json` into a folder.
    Mint(Mint),
    /// Sends one start a token and prints requests/s, p50 and p99 in milliseconds.
    Start(Load),
    /// Asks for each user's list instead, so that the tokens have been seen when the starts come.
    Visit(Load),
    /// Writes callbacks (one a line) into a file.
    Write(Callbacks),
    /// Sends the callbacks of a file and prints the same figures.
    Callback(Load),
    /// Appends 4 KiB to a file and syncs it, again and again, and prints the same figures.
    Sync(Callbacks),
}

#[derive(Debug, Args)]
struct Mint {
    /// How many users.
    #[arg(long)]
    count: usize,
    /// The present time in seconds of the epoch; tokens live two hours from then.
    #[arg(long)]
    now: u64,
    /// Where the files go.
    #[arg(long)]
    out: PathBuf,
    /// What they are signed with.
    #[arg(long, default_value = "RS256")]
    algorithm: tokens::Algorithm,
}

#[derive(Debug, Args)]
struct Load {
    /// Whom to ask.
    #[arg(long)]
    address: SocketAddr,
    /// The file of tokens.
    #[arg(long)]
    tokens: PathBuf,
    /// How many tokens earlier rounds have used up.
    #[arg(long)]
    skip: usize,
    /// How many requests.
    #[arg(long)]
    count: usize,
    /// How many connections, kept alive.
    #[arg(long)]
    connections: usize,
    /// The one status that counts as success.
    #[arg(long)]
    expect: u16,
    /// Requests a second, sent on time whatever the answers do; as fast as they are answered if
    /// left out. A latency then begins when its request was due.
    #[arg(long)]
    rate: Option<f64>,
}

#[derive(Debug, Args)]
struct Callbacks {
    /// How many.
    #[arg(long)]
    count: usize,
    /// The file.
    #[arg(long)]
    out: PathBuf,
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Mint(args) => mint(&args),
        Command::Start(args) => load(&args, client::Call::Start),
        Command::Visit(args) => load(&args, client::Call::List),
        Command::Write(args) => write(&args),
        Command::Callback(args) => load(&args, client::Call::Callback),
        Command::Sync(args) => sync(&args),
    }
}

fn mint(args: &Mint) -> Result<()> {
    let issuer = tokens::Issuer::generate(args.algorithm)?;
    let minted = issuer.mint(args.count, args.now)?;
    issuer.publish(&args.out)?;
    fs::write(args.out.join("tokens"), minted.join("\n"))?;
    Ok(())
}

fn write(args: &Callbacks) -> Result<()> {
    let bodies: Vec<_> = (0..args.count).map(provider::callback).collect();
    Ok(fs::write(&args.out, bodies.join("\n"))?)
}

fn sync(args: &Callbacks) -> Result<()> {
    let begun = Instant::now();
    let latencies = disk::syncs(&args.out, args.count)?;
    print(client::Figures::new(begun.elapsed(), latencies));
    Ok(())
}

fn load(args: &Load, call: client::Call) -> Result<()> {
    let file = fs::read_to_string(&args.tokens).context("the tokens cannot be read")?;
    let tokens: Vec<&str> = file.lines().skip(args.skip).take(args.count).collect();
    ensure!(tokens.len() == args.count, "only {} tokens are left", tokens.len());

    let pace = args.rate.map(|rate| Duration::from_secs_f64(1.0 / rate));
    let target = client::Target { address: args.address, expected: args.expect, call, pace };
    print(client::run(&target, &tokens, args.connections)?);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the line that the scripts read")]
fn print(mut figures: client::Figures) {
    println!(
        "{:.0} {:.3} {:.3}",
        figures.per_second(),
        figures.percentile(50).as_secs_f64() * 1000.0,
        figures.percentile(99).as_secs_f64() * 1000.0,
    );
}
