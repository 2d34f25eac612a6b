//! Asking a running gateway through its admin listener, in containers that hold nothing but this
//! binary.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::Context as _;

/// Shorter than the interval at which anybody asks whether it is alive.
const PATIENCE: Duration = Duration::from_secs(2);
/// More than the longest list.
const LONGEST_ANSWER: u64 = 1024 * 1024;

/// Sends a request without a body to the gateway whose admin listener is `listen`; says the status
/// and the body.
pub(super) fn ask(listen: SocketAddr, method: &str, path: &str) -> anyhow::Result<(u16, String)> {
    let address = reachable(listen);
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).with_context(|| {
        format!(
            "nothing listens on {address}: start the gateway, or name by --config the \
                 configuration it runs with"
        )
    })?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream
        .take(LONGEST_ANSWER)
        .read_to_string(&mut answer)
        .context("the gateway did not answer in time")?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    Ok((status.context("what listens there is no gateway")?, body.to_owned()))
}

/// A listener on every address is asked on this machine's own.
fn reachable(listen: SocketAddr) -> SocketAddr {
    match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, listen.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => (Ipv6Addr::LOCALHOST, listen.port()).into(),
        IpAddr::V4(_) | IpAddr::V6(_) => listen,
    }
}
