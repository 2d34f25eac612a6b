//! `[server]`: where the gateway listens and how patient it is with those who call it.
//!
//! Invariant: without `https` in front, only this machine can reach the gateway. Everything that is
//! laxer for development asks [`Server::is_local`], and nothing else.

use std::net::SocketAddr;
use std::num::NonZero;
use std::thread;
use std::time::Duration;

use ipnet::IpNet;
use url::Host;

use super::mistake::Flaw;
use super::parse::{self, Reach, secs};
use super::reader::{Read, Section};
use super::values::BaseUrl;

/// How callers reach the gateway, and how long they may take.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where apps, back ends and the provider's callbacks arrive. On a loopback address the
    /// development rules hold (`http` upstreams, generated keys); anything else is production.
    pub listen: SocketAddr,
    /// Where `/livez`, `/readyz` and `/metrics` answer. It has no authentication: reachable from
    /// outside, it tells strangers how busy the gateway is.
    pub admin_listen: SocketAddr,
    /// The address by which callers know the gateway. Wrong: links in answers lead nowhere.
    pub public_url: BaseUrl,
    /// Proxies whose word about the caller's address is believed. One too many, and whoever calls
    /// from there can pretend to be anybody; one missing, and all its callers look like one.
    pub trusted_proxies: Vec<IpNet>,
    /// Connections of callers at once; whoever comes then waits until one ends. Too low leaves
    /// waiting apps outside, too high lets strangers take the memory.
    pub max_connections: usize,
    /// Threads that serve requests; 0 means one a core. Too low leaves cores idle, too high makes
    /// them take turns.
    pub workers: usize,
    /// How long a caller waits for a start. Too low: apps see time-outs although the provider
    /// answers; too high: users stare at a spinner.
    pub start_deadline: Duration,
    /// How long a request body may take to arrive. Too low cuts off slow phones; too high lets a
    /// dripping client hold a connection.
    pub body_deadline: Duration,
    /// How long an idle connection is kept. Too low costs handshakes; shorter than a proxy's own
    /// keep-alive in front of us it costs failed requests.
    pub keep_alive: Duration,
    /// How long a request's head may take to arrive. Too low cuts off slow phones; too high lets a
    /// dripping client hold a connection.
    pub header_deadline: Duration,
    /// How long a caller may leave an answer or an event unread. Too low cuts off phones that pass
    /// through a tunnel; too high lets a client that never reads hold a connection.
    pub write_deadline: Duration,
    /// How long the gateway goes on serving after it said that it is not ready. Shorter than the
    /// load balancer's check interval, requests fail at each deployment.
    pub lame_duck: Duration,
    /// How long stopping may take in all. Longer than the supervisor's own patience (30 s in
    /// Kubernetes), the process is killed in the middle of its work.
    pub shutdown_deadline: Duration,
    /// The largest request body of an app or back end, in bytes. Too low refuses honest requests;
    /// too high lets anyone make the gateway hold memory.
    pub max_body: usize,
}

impl Server {
    /// Whether only this machine can reach the gateway; the one condition under which plain `http`
    /// upstreams and generated keys are accepted.
    pub fn is_local(&self) -> bool {
        self.listen.ip().is_loopback()
    }

    /// How many threads serve.
    pub fn threads(&self) -> usize {
        match self.workers {
            0 => thread::available_parallelism().map_or(1, NonZero::get),
            workers => workers,
        }
    }
}

pub(super) fn read(section: &Section<'_>) -> Read<Server> {
    let listen = section.required("listen", parse::socket_addr);
    let admin_listen = section.required("admin_listen", parse::socket_addr);
    let public_url = public_url(section, listen);
    let trusted_proxies = section.list("trusted_proxies", proxies);
    let max_connections = section.number("max_connections", 16..=1_000_000);
    let workers = section.number("workers", 0..=1024);
    let start_deadline = section.duration("start_deadline", secs(1)..=secs(60));
    let body_deadline = section.duration("body_deadline", secs(1)..=secs(120));
    let keep_alive = section.duration("keep_alive", secs(1)..=secs(600));
    let header_deadline = section.duration("header_deadline", secs(1)..=secs(60));
    let write_deadline = section.duration("write_deadline", secs(1)..=secs(300));
    let lame_duck = section.duration("lame_duck", secs(0)..=secs(120));
    let shutdown_deadline = section.duration("shutdown_deadline", secs(1)..=secs(600));
    let max_body = section.number("max_body", 1024..=1024 * 1024);
    let apart = listen.and_then(|listen| check_ports(section, listen, admin_listen?));
    let stop = lame_duck.and_then(|lame_duck| check_stop(section, lame_duck, shutdown_deadline?));
    apart.and(stop)?;
    Ok(Server {
        listen: listen?,
        admin_listen: admin_listen?,
        public_url: public_url?,
        trusted_proxies: trusted_proxies?,
        max_connections: max_connections?,
        workers: workers?,
        start_deadline: start_deadline?,
        body_deadline: body_deadline?,
        keep_alive: keep_alive?,
        header_deadline: header_deadline?,
        write_deadline: write_deadline?,
        lame_duck: lame_duck?,
        shutdown_deadline: shutdown_deadline?,
        max_body: max_body?,
    })
}

/// Whether plain `http` and generated keys are acceptable.
pub(super) fn reach(section: &Section<'_>) -> Reach {
    match section.peek("listen", parse::socket_addr) {
        Some(listen) if listen.ip().is_loopback() => Reach::Local,
        Some(_) => Reach::Public,
        None => Reach::Unknown,
    }
}

/// A network of proxies. All addresses together are no such network: any caller's own word about its
/// address would be believed.
fn proxies(text: &str) -> Result<IpNet, Flaw> {
    let network = parse::network(text)?;
    if network.prefix_len() == 0 {
        return Err(Flaw::new(
            "trusts every address, so callers could say where they come from",
            "list the addresses of your own proxies",
        ));
    }
    Ok(network)
}

/// Whether somebody stands in front of the listener, as far as the settings tell: the gateway is
/// known by the address of another machine, or proxies are named.
pub(super) fn is_fronted(section: &Section<'_>) -> bool {
    let public = section.peek("public_url", |text| parse::base_url(text, Reach::Local));
    let is_here = public.is_none_or(|url| match url.endpoint("/").host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    });
    !is_here || !section.is_empty_list("trusted_proxies")
}

/// The public address; on a loopback listener it need not be said.
fn public_url(section: &Section<'_>, listen: Read<SocketAddr>) -> Read<BaseUrl> {
    let reach = reach(section);
    match section.optional("public_url", |text| parse::base_url(text, reach))? {
        Some(url) => Ok(url),
        None if listen?.ip().is_loopback() => {
            parse::base_url(&format!("http://{}", listen?), Reach::Local)
                .map_err(|flaw| section.fault("public_url", flaw))
        }
        None => Err(section.missing("public_url")),
    }
}

/// Two listeners cannot take one port, unless the system picks it or their addresses differ.
fn check_ports(section: &Section<'_>, listen: SocketAddr, admin: SocketAddr) -> Read<()> {
    let same_port = listen.port() == admin.port() && listen.port() != 0;
    let overlaps =
        listen.ip() == admin.ip() || listen.ip().is_unspecified() || admin.ip().is_unspecified();
    if same_port && overlaps {
        return Err(section.fault(
            "admin_listen",
            Flaw::new("takes the same port as `server.listen`", "give it a port of its own"),
        ));
    }
    Ok(())
}

fn check_stop(section: &Section<'_>, lame_duck: Duration, deadline: Duration) -> Read<()> {
    if lame_duck >= deadline {
        return Err(section.fault(
            "lame_duck",
            Flaw::new(
                "leaves no time to stop",
                "choose less than `server.shutdown_deadline`, which counts from the same moment",
            ),
        ));
    }
    Ok(())
}
