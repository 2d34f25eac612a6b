//! Starting and stopping a sandbox.
//!
//! The address is bound before anything runs, so that a port in use is an error and not a panic.
//! Stopping ends every open call at once: a simulator owes nobody a graceful end.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use tokio::net::TcpSocket;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::book::Book;
use super::control::Control;
use super::courier::Courier;
use super::fault::FaultBoard;
use super::http;
use super::journal::Journal;
use super::link::LinkKey;
use super::options::SandboxOptions;
use super::token::PartnerTokens;
use super::world::World;

/// Connections that may wait to be accepted; a load test opens thousands at once.
const BACKLOG: u32 = 4_096;

/// A running sandbox. Dropping it leaves it running until the runtime ends: call `stop`.
#[derive(Debug)]
pub struct Sandbox {
    addr: SocketAddr,
    control: Control,
    server: ServerHandle,
}

impl Sandbox {
    /// Binds, then answers until `stop`. Must be called inside a tokio runtime, which also runs
    /// the sandbox's background work.
    pub fn start(options: SandboxOptions) -> io::Result<Self> {
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        let listener = listen(options.listen)?;
        let addr = listener.local_addr()?;
        let base_url = options.public_url.clone().unwrap_or_else(|| format!("http://{addr}"));
        let courier = Courier::new(options.callback.clone()).map_err(io::Error::other)?;
        let workers = options.workers.max(1);
        let world = Arc::new(World {
            base_url: base_url.trim_end_matches('/').to_owned(),
            tokens: Mutex::new(PartnerTokens::default()),
            book: Mutex::new(Book::default()),
            faults: FaultBoard::new(),
            journal: Journal::new(options.record),
            courier,
            links: LinkKey::new(Uuid::new_v4().as_bytes()),
            playing: AtomicUsize::new(0),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            runtime: runtime.clone(),
            options,
        });
        let control = Control { world: Arc::clone(&world) };
        let app = Control::clone(&control);
        let server = HttpServer::new(move || {
            App::new().app_data(web::Data::new(app.clone())).configure(http::configure)
        })
        .workers(workers)
        .keep_alive(Duration::from_secs(75))
        .disable_signals()
        .listen(listener)?
        .run();
        let handle = server.handle();
        world.tasks.spawn_on(server, &runtime);
        Ok(Self { addr, control, server: handle })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What to give a gateway as token base and as API base; also the base of launch URLs.
    pub fn base_url(&self) -> &str {
        &self.control.world.base_url
    }

    /// The hand on it.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Ends all calls and all background work, and returns when both have ended.
    pub async fn stop(self) {
        let world = &self.control.world;
        world.stopping.cancel();
        world.faults.clear();
        self.server.stop(false).await;
        world.tasks.close();
        world.tasks.wait().await;
    }
}

fn listen(addr: SocketAddr) -> io::Result<std::net::TcpListener> {
    let bind = || {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(addr)?;
        socket.listen(BACKLOG)?.into_std()
    };
    bind().map_err(|error| {
        io::Error::new(error.kind(), format!("the sandbox cannot listen on {addr}: {error}"))
    })
}
