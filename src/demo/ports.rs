//! The demo's ports, looked at before anything starts.
//!
//! All of them are tried first, so that one message names every port that is taken and nothing has
//! to be taken down again. Between this look and the real start somebody may still take one; then
//! that part's own error tells.

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use super::error::DemoError;
use super::options::DemoOptions;

/// A port that the demo cannot have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenPort {
    /// The port.
    pub port: u16,
    /// What was to listen there.
    pub part: &'static str,
    /// Which flag chooses another.
    pub flag: &'static str,
    /// Why not.
    pub why: String,
}

impl fmt::Display for TakenPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { port, part, flag, why } = self;
        write!(f, "port {port} {why}: choose another for the {part} with {flag} PORT")
    }
}

/// An address on this machine.
pub(super) fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// The page's listener, once every port has been found free. Only this one is kept: the other
/// parts bind their own.
pub(super) fn claim(options: &DemoOptions) -> Result<TcpListener, DemoError> {
    let wanted = [
        (options.port, "demo page", "--port"),
        (options.gateway_port, "gateway", "--gateway-port"),
        (options.admin_port, "gateway's admin listener", "--admin-port"),
        (options.sandbox_port, "sandbox", "--sandbox-port"),
    ];
    let mut given = HashSet::new();
    let mut taken = Vec::new();
    let mut held = Vec::new();
    for (port, part, flag) in wanted {
        if port != 0 && !given.insert(port) {
            let why = "was given twice".to_owned();
            taken.push(TakenPort { port, part, flag, why });
            continue;
        }
        match TcpListener::bind(local(port)) {
            Ok(listener) => held.push(listener),
            Err(error) => taken.push(TakenPort { port, part, flag, why: reason(&error) }),
        }
    }
    if !taken.is_empty() {
        return Err(DemoError::Ports(taken));
    }
    held.into_iter().next().ok_or_else(|| DemoError::Page("no listener was made".into()))
}

fn reason(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::AddrInUse {
        "is in use by another program".to_owned()
    } else {
        format!("cannot be used ({error})")
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::{DemoOptions, claim, local};

    fn free() -> DemoOptions {
        DemoOptions { port: 0, gateway_port: 0, admin_port: 0, sandbox_port: 0, fast: true }
    }

    #[test]
    fn taken_ports_are_all_named_with_their_flags() {
        let (one, two) =
            (TcpListener::bind(local(0)).unwrap(), TcpListener::bind(local(0)).unwrap());
        let gateway_port = one.local_addr().unwrap().port();
        let sandbox_port = two.local_addr().unwrap().port();

        let error = claim(&DemoOptions { gateway_port, sandbox_port, ..free() }).unwrap_err();

        assert_eq!(
            error.to_string(),
            format!(
                "port {gateway_port} is in use by another program: choose another for the gateway \
                 with --gateway-port PORT\n\
                 port {sandbox_port} is in use by another program: choose another for the sandbox \
                 with --sandbox-port PORT"
            )
        );
    }

    #[test]
    fn a_port_given_twice_is_refused() {
        let port = TcpListener::bind(local(0)).unwrap().local_addr().unwrap().port();

        let error = claim(&DemoOptions { port, admin_port: port, ..free() }).unwrap_err();

        assert_eq!(
            error.to_string(),
            format!(
                "port {port} was given twice: choose another for the gateway's admin listener \
                 with --admin-port PORT"
            )
        );
    }
}
