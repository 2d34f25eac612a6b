//! `[server]`: where the gateway listens and how patient it is with those who call it.
//!
//! Invariant: without `https` in front, only this machine can reach the gateway. Everything that is
//! laxer for development asks [`Server::is_local`], and nothing else.

use std::net::SocketAddr;
use std::time::Duration;

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
}
