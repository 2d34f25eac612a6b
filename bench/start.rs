//! How soon a gateway serves: starts it again and again on the same data, and asks whether it is ready.
//!
//! Each is killed and not told to stop, so every start finds a log that was not folded into its file.

mod gateway;
mod tokens;

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use clap::Parser;

use gateway::Gateway;

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
    /// How many starts.
    #[arg(long)]
    starts: usize,
}

/// Where `gateway.rs` has the admin listener.
const ADMIN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 18090);
/// A provider that is not asked.
const NOBODY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9);

#[expect(clippy::print_stdout, reason = "the lines that `bench/start` prints")]
fn main() -> Result<()> {
    let cli = Cli::parse();
    let issuer = tokens::Issuer::generate(tokens::Algorithm::Es256)?;
    issuer.publish(&cli.work)?;
    let _one = issuer.mint(1, cli.now)?;
    // Makes the database and the keys.
    drop(Gateway::start(&cli.gateway, &cli.work, NOBODY)?);
    let mut figures = Vec::new();
    for _ in 0..cli.starts {
        let begun = Instant::now();
        let gateway = Gateway::start(&cli.gateway, &cli.work, NOBODY)?;
        ready()?;
        figures.push((begun.elapsed(), gateway.used()?, gateway.resident()?));
    }
    figures.sort_unstable_by_key(|(took, ..)| *took);
    let (took, used, resident) = *figures.get(figures.len() / 2).context("no start")?;
    let slowest = figures.last().map(|(took, ..)| *took).unwrap_or_default();
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "ready after {:.1} ms (slowest {:.1} ms), medians of {}",
        millis(took),
        millis(slowest),
        cli.starts
    );
    println!(
        "processor time until then {:.0} ms, resident {:.1} MiB",
        millis(used),
        resident / 1024.0
    );
    Ok(())
}

/// Asks until `/readyz` says yes.
fn ready() -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        let Ok(mut stream) = TcpStream::connect(ADMIN) else { continue };
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if answer.starts_with("HTTP/1.1 200") {
            return Ok(());
        }
    }
    bail!("it does not become ready")
}
