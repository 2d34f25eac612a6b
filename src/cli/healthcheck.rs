//! `gerbang healthcheck`: asks the running gateway's `/livez`, for containers that hold nothing but
//! this binary.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, ensure};

use crate::config::{self, Sources};

/// Shorter than the interval at which anybody asks.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn run(file: Option<PathBuf>) -> anyhow::Result<()> {
    let settings = config::load(Sources::from_process(file))?;
    let address = reachable(settings.server.admin_listen);
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)
        .with_context(|| format!("nothing listens on {address}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /livez HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut head = [0_u8; 12];
    stream.read_exact(&mut head).context("the gateway did not answer in time")?;
    ensure!(&head == b"HTTP/1.1 200", "the gateway answers, but not that it is alive");
    Ok(())
}

/// A listener on every address is asked on this machine's own.
fn reachable(listen: SocketAddr) -> SocketAddr {
    match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, listen.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => (Ipv6Addr::LOCALHOST, listen.port()).into(),
        IpAddr::V4(_) | IpAddr::V6(_) => listen,
    }
}
