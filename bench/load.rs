//! The load of `bench/run`: mints the users' tokens ahead of time, then starts verifications.
//!
//! Each token is another user's and is used once, so that each start is a new verification and never
//! a resumed one. The number of requests is given, not the time; whatever answers otherwise than
//! expected ends the run.

mod client;
mod tokens;

use std::{fs, net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, ensure};
use clap::{Args, Parser, Subcommand};

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes `tokens` (one a line) and `issuer.pem` into a folder.
    Mint(Mint),
    /// Sends one start a token and prints requests/s, p50 and p99 in milliseconds.
    Start(Load),
    /// Asks for each user's list instead, so that the tokens have been seen when the starts come.
    Visit(Load),
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

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Mint(args) => mint(&args),
        Command::Start(args) => load(&args, client::Call::Start),
        Command::Visit(args) => load(&args, client::Call::List),
    }
}

fn mint(args: &Mint) -> Result<()> {
    let issuer = tokens::Issuer::generate()?;
    let minted = issuer.mint(args.count, args.now)?;
    fs::write(args.out.join("issuer.pem"), issuer.public_pem()?)?;
    fs::write(args.out.join("tokens"), minted.join("\n"))?;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the line that `bench/run` reads")]
fn load(args: &Load, call: client::Call) -> Result<()> {
    let file = fs::read_to_string(&args.tokens).context("the tokens cannot be read")?;
    let tokens: Vec<&str> = file.lines().skip(args.skip).take(args.count).collect();
    ensure!(tokens.len() == args.count, "only {} tokens are left", tokens.len());

    let pace = args.rate.map(|rate| Duration::from_secs_f64(1.0 / rate));
    let target = client::Target { address: args.address, expected: args.expect, call, pace };
    let mut figures = client::run(&target, &tokens, args.connections)?;

    println!(
        "{:.0} {:.3} {:.3}",
        figures.per_second(),
        figures.percentile(50).as_secs_f64() * 1000.0,
        figures.percentile(99).as_secs_f64() * 1000.0,
    );
    Ok(())
}
