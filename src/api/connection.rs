//! What is asked of the system for every connection, and how many there are.
//!
//! A client that does not read is not seen by the server: once the window is closed it merely waits.
//! The system sees it, and ends the connection when its time is over. Nobody else is held up by it
//! meanwhile, and what waits for it is bounded by the server's write buffer.

use std::{
    any::Any,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{dev::Extensions, rt::net::TcpStream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

use crate::config::Settings;

/// How many callers are connected, of how many that may be.
#[derive(Debug)]
pub struct Crowd {
    here: AtomicUsize,
    most: usize,
}

/// One who is connected.
struct Present(Arc<Crowd>);

impl Crowd {
    const fn new(most: usize) -> Self {
        Self { here: AtomicUsize::new(0), most }
    }

    /// Nobody yet, of as many as `settings` and the system allow beside all that the gateway itself
    /// has open.
    pub fn of(settings: &Settings) -> Self {
        /// Files of the store, sockets of issuers and back ends, and some to spare.
        const OTHERS: usize = 128;
        let provider = &settings.provider;
        let calls = 2 * provider.max_concurrent + provider.max_concurrent_images;
        Self::new(room_for(settings.server.max_connections, calls + OTHERS))
    }

    /// How many there may be.
    pub const fn most(&self) -> usize {
        self.most
    }

    /// Whether there is hardly any room left, so that nobody's place is kept for a next request.
    pub fn is_dense(&self) -> bool {
        // An eighth is for those who come while others are being shown out.
        self.here.load(Ordering::Relaxed) >= self.most - self.most / 8
    }

    fn enter(self: Arc<Self>) -> Present {
        self.here.fetch_add(1, Ordering::Relaxed);
        metrics::gauge!("gerbang_connections").increment(1.0);
        Present(self)
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.0.here.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!("gerbang_connections").decrement(1.0);
    }
}

/// A listening socket, with room for as many callers as actix would have made.
pub fn listen(address: SocketAddr) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    Ok(socket)
}

/// Counts connections, and ends those whose client takes nothing for as long as `patience`: neither
/// reads what was sent, nor acknowledges it because it is gone.
pub fn admit(
    crowd: Arc<Crowd>,
    patience: Duration,
) -> impl Fn(&dyn Any, &mut Extensions) + Clone + Send + Sync + 'static {
    move |connection, kept| {
        kept.insert(Arc::clone(&crowd).enter());
        if let Some(stream) = connection.downcast_ref::<TcpStream>()
            && let Err(error) = limit(stream, patience)
        {
            // Nothing is lost but the bound.
            tracing::debug!(%error, "a connection has no write deadline");
        }
    }
}

/// For how many of `wanted` connections the system has room beside `others`: its limit of open files
/// is raised as far as it lets us. Where connections take the last file, no provider can be asked and
/// nothing can be written.
fn room_for(wanted: usize, others: usize) -> usize {
    let needed = u64::try_from(wanted.saturating_add(others)).unwrap_or(u64::MAX);
    let limit = getrlimit(Resource::Nofile);
    let enough = |most: Option<u64>| most.is_none_or(|most| most >= needed);
    if enough(limit.current) {
        return wanted;
    }
    let raised = if enough(limit.maximum) { Some(needed) } else { limit.maximum };
    let ours = setrlimit(Resource::Nofile, Rlimit { current: raised, ..limit });
    let files = if ours.is_ok() { raised } else { limit.current };
    let files = files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
    // Where there are hardly any files at all, half of them are better than none.
    let room = files.saturating_sub(others).max(files / 2).min(wanted);
    if room < wanted {
        tracing::warn!(files, connections = room, "the limit of open files bounds connections");
    }
    room
}

/// `TCP_USER_TIMEOUT` (RFC 5482, and tcp(7) for what it means while the window is closed).
#[cfg(any(target_os = "android", target_os = "linux"))]
fn limit(stream: &TcpStream, patience: Duration) -> std::io::Result<()> {
    socket2::SockRef::from(stream).set_tcp_user_timeout(Some(patience))
}

/// Other systems have no such option that holds while the window is closed.
#[cfg(not(any(target_os = "android", target_os = "linux")))]
fn limit(_: &TcpStream, _: Duration) -> std::io::Result<()> {
    Ok(())
}
