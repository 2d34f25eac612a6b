//! The composition root: builds the parts, binds, runs, drains.
//!
//! Invariant: the admin listener goes last. As long as there is work in progress, others can ask
//! whether traffic may be sent here, and hear that it may not.

use std::{
    fmt,
    future::Future,
    io,
    net::{Shutdown, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
    http::KeepAlive,
    middleware::from_fn,
    web,
};
use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use socket2::Socket;
use tokio_util::sync::CancellationToken;
use tracing_actix_web::TracingLogger;

pub use crate::api::{OPENAPI, export_document, receipt_document};
use crate::{
    api::{
        self, AppState, Crowd, Limiter, Limits, Origins, Readiness, RequestSpan, TrustedProxies,
    },
    auth::{self, CallbackGate, TokenVerifier},
    config::{RedirectMode, Settings},
    domain::{Clock, Tasks},
    jobs,
    storage::{self, Options, Store},
    telemetry::Metrics,
    upstream::{Courier, Directory, Gtf, HttpClient, RemoteImages, SignedPost, UserService},
    usecase::{self, Admission, Parts, Ports, RedirectRules, SdkEndpoint},
};

/// What the host of a gateway hands in.
#[derive(Clone, Debug)]
pub struct Host {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where work that outlives a request runs.
    pub tasks: Tasks,
}

/// A running gateway.
pub struct Gateway {
    addr: SocketAddr,
    admin_addr: SocketAddr,
    public: ServerHandle,
    door: Socket,
    admin: ServerHandle,
    listeners: Listeners,
    state: AppState,
    host: Host,
    lame_duck: Duration,
    shutdown_deadline: Duration,
}

impl Gateway {
    /// Opens the store, binds both listeners and starts the jobs. On `Ok` the gateway serves.
    pub async fn start(settings: Settings, host: Host) -> anyhow::Result<Self> {
        auth::install_crypto();
        let metrics = Metrics::install();
        let state = state(&settings, &host).await?;
        usecase::subject::reapply(&state.ports).await.context("the erasures cannot be applied")?;
        usecase::audit::note_start(&state.ports, settings.fingerprint())
            .await
            .context("the store cannot be written")?;
        usecase::verification::recover(&state.ports).await.context("the store cannot be read")?;
        usecase::webhook::prepare(&state.ports).await.context("the store cannot be written")?;
        let (public, addr, door) = public_listener(&settings, &state)?;
        let (admin, admin_addr) = admin_listener(&settings, &state, metrics.clone())?;
        let pace = jobs::Pace {
            tick: signed(settings.reconcile.tick),
            reads: settings.reconcile.concurrency,
            reads_per_second: settings.reconcile.reads_per_second,
        };
        jobs::start(&host.tasks, &state.ports, pace);
        host.tasks.spawn(keep_metrics(host.clone(), metrics));
        host.tasks.spawn(keep_limiter(host.clone(), Arc::clone(&state.limiter)));
        let gateway = Self {
            addr,
            admin_addr,
            public: public.handle(),
            door,
            admin: admin.handle(),
            listeners: Listeners::new(),
            state,
            lame_duck: settings.server.lame_duck,
            shutdown_deadline: settings.server.shutdown_deadline,
            host,
        };
        gateway.listeners.run(public);
        gateway.listeners.run(admin);
        Ok(gateway)
    }

    /// Where callers arrive.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where operators' tools arrive.
    pub const fn admin_addr(&self) -> SocketAddr {
        self.admin_addr
    }

    /// Completes when a listener has ended although nobody told it to. The gateway cannot serve then,
    /// and whoever runs it should stop it and say so, so that a supervisor starts another.
    pub async fn failed(&self) {
        self.listeners.ended.cancelled().await;
    }

    /// Stops without failing a request: not ready first, so that a load balancer looks elsewhere,
    /// then no new connections, then the rest of the work. Actix refuses new connections at once,
    /// which is why the lame-duck time comes before it is told.
    pub async fn drain(self) {
        self.state.draining.store(true, Ordering::Relaxed);
        let clock = &self.host.clock;
        let until = clock.now().saturating_add(signed(self.lame_duck)).unwrap_or(Timestamp::MAX);
        clock.sleep_until(until).await;
        self.stop().await;
    }

    /// Stops now: lets requests and tasks in progress end, up to the deadline.
    pub async fn stop(self) {
        self.state.draining.store(true, Ordering::Relaxed);
        // Waiters are let go and loops end; without this a long-poll would hold its worker.
        self.host.tasks.stop();
        let work = async {
            // Work whose caller has gone still uses its worker's connections, so the workers end
            // after it.
            self.public.pause().await;
            // To the kernel a paused listener still listens: who connects would be kept waiting for
            // as long as the work takes, and then be cut off. Some systems cannot do better.
            let _ = self.door.shutdown(Shutdown::Both);
            self.host.tasks.drained().await;
            self.public.stop(true).await;
            self.host.tasks.drained().await;
        };
        let deadline = self.shutdown_deadline.saturating_sub(self.lame_duck);
        if tokio::time::timeout(deadline, work).await.is_err() {
            tracing::warn!(tasks = self.host.tasks.running(), "stopped with work in progress");
        }
        // Last, because it is how others see that we are stopping; and at once, because the
        // connection that a scraper keeps open would hold it up.
        self.admin.stop(false).await;
        self.state.ports.close().await;
    }
}

/// The servers' own futures. They are counted apart from the tasks that stopping waits for: the
/// admin listener outlives these, so the wait would never end.
struct Listeners {
    tasks: Tasks,
    /// Set when one ends, be it told to or not.
    ended: CancellationToken,
}

impl Listeners {
    fn new() -> Self {
        Self { tasks: Tasks::on_current_runtime(), ended: CancellationToken::new() }
    }

    fn run(&self, server: impl Future<Output = io::Result<()>> + Send + 'static) {
        let ended = self.ended.clone().drop_guard();
        self.tasks.spawn(async move {
            // Moved in, so that a server that panics is noticed too.
            let _ended = ended;
            if let Err(error) = server.await {
                tracing::error!(%error, "a listener has failed");
            }
        });
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("addr", &self.addr).finish_non_exhaustive()
    }
}

async fn state(settings: &Settings, host: &Host) -> anyhow::Result<AppState> {
    // The store is opened by a thread of its own, so the machine's certificates are read meanwhile:
    // either takes half the time until the gateway serves.
    let (store, http) = tokio::join!(open_store(settings), async {
        HttpClient::new(&settings.egress, settings.provider.connect_timeout)
    });
    let (store, http) = (store?, http.context("the HTTP client cannot be built")?);
    let Host { clock, tasks } = host.clone();
    let tokens = TokenVerifier::new(&settings.auth.issuers, &http, Arc::clone(&clock), &tasks)
        .context("the issuers' keys cannot be used")?;
    let provider = Gtf::new(&settings.provider, &http, Arc::clone(&clock), tasks.clone())
        .context("the provider's settings cannot be used")?;
    let directory = settings.directory.as_ref().map(|directory| UserService::new(directory, &http));
    let directory = directory.transpose().context("the user service's settings cannot be used")?;
    let images = RemoteImages::new(&settings.provider, &http, settings.server.is_local())
        .context("the settings of images cannot be used")?;
    let limiter = Limiter::new(&settings.limits, &clock);
    let sdk = settings.provider.sdk.as_ref();
    let ports = Ports::new(Parts {
        store,
        provider: Arc::new(provider),
        directory: directory.map(|service| -> Arc<dyn Directory> { Arc::new(service) }),
        images: Arc::new(images),
        couriers: couriers(settings, &http)?,
        clock,
        tasks,
        policy: settings.policy(),
        retention: settings.retention.clone(),
        redirects: redirect_rules(settings),
        sdk: sdk.map(|sdk| SdkEndpoint {
            base_url: sdk.base_url.clone(),
            environment: sdk.environment.clone(),
        }),
        admission: Admission::new(
            settings.provider.max_concurrent,
            settings.provider.max_waiting,
            settings.provider.patience,
        ),
        start_deadline: signed(settings.server.start_deadline),
        attempt_deadline: signed(settings.provider.initiate_timeout),
    });
    Ok(AppState {
        ports,
        tokens: Arc::new(tokens),
        gate: Arc::new(CallbackGate::new(&settings.callbacks)),
        proxies: Arc::new(TrustedProxies::new(settings.server.trusted_proxies.clone())),
        origins: Arc::new(Origins::new(settings)),
        limiter: Arc::new(limiter),
        https: settings.server.public_url.as_str().starts_with("https:"),
        crowd: Arc::new(Crowd::of(settings)),
        rush: Arc::default(),
        limits: Limits {
            body: settings.server.max_body,
            callback_body: settings.callbacks.max_body,
            body_deadline: settings.server.body_deadline,
        },
        draining: Arc::new(AtomicBool::new(false)),
    })
}

fn redirect_rules(settings: &Settings) -> RedirectRules {
    RedirectRules {
        allowed: settings.redirects.allowed.clone(),
        default: settings.redirects.default.clone(),
        through: match settings.redirects.mode {
            RedirectMode::Direct => None,
            RedirectMode::Gateway => Some(settings.server.public_url.as_str().to_owned()),
        },
    }
}

fn couriers(settings: &Settings, http: &HttpClient) -> anyhow::Result<Vec<Arc<dyn Courier>>> {
    let local = settings.server.is_local();
    let courier = |webhook| -> anyhow::Result<Arc<dyn Courier>> {
        let post = SignedPost::new(webhook, http, local);
        Ok(Arc::new(post.context("the settings of webhooks cannot be used")?))
    };
    settings.webhooks.iter().map(courier).collect()
}

async fn open_store(settings: &Settings) -> anyhow::Result<Arc<dyn Store>> {
    let opened = storage::open(Options::from(&settings.storage)).await;
    let opened = opened.context("the store cannot be opened")?;
    if let Some(keys) = opened.generated_keys {
        tracing::warn!(
            path = %keys.display(),
            "a key ring was made up; keep a copy, since nothing can be read without it"
        );
    }
    Ok(opened.store)
}

/// The server, its address, and the socket that it listens on.
fn public_listener(
    settings: &Settings,
    state: &AppState,
) -> anyhow::Result<(Server, SocketAddr, Socket)> {
    let shared = web::Data::new(state.clone());
    let callbacks = settings.callbacks.path.clone();
    let listen = settings.server.listen;
    let mut server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            // The last one named is the outermost.
            .wrap(from_fn(api::bound_head))
            .wrap(from_fn(api::check_origin))
            .wrap(TracingLogger::<RequestSpan>::new())
            .wrap(from_fn(api::around))
            .configure(|config| api::configure(config, &callbacks))
    })
    .keep_alive(KeepAlive::Timeout(settings.server.keep_alive))
    .client_request_timeout(settings.server.header_deadline)
    .client_disconnect_timeout(Duration::from_secs(1))
    // Whoever hangs up gives its place back at once, not when the next thing is written to it.
    .h1_allow_half_closed(false)
    // Two changes in a row are two small writes, and the second must not wait for the first to be
    // acknowledged.
    .tcp_nodelay(true)
    // What waits for a client that does not read; the buffer is made with this size anyway.
    .h1_write_buffer_size(8 * 1024)
    .on_connect(api::admit(Arc::clone(&state.crowd), settings.server.write_deadline))
    .shutdown_timeout(settings.server.shutdown_deadline.as_secs())
    .disable_signals();
    let workers = settings.server.threads();
    // Workers get connections in turns, so each has its share.
    server = server.workers(workers).max_connections(state.crowd.most().div_ceil(workers));
    let door = api::listen(listen).with_context(|| taken(listen, "server.listen"))?;
    let server = server.listen(door.try_clone()?.into())?;
    let addr = server.addrs().first().copied().unwrap_or(listen);
    Ok((server.run(), addr, door))
}

fn admin_listener(
    settings: &Settings,
    state: &AppState,
    metrics: Metrics,
) -> anyhow::Result<(Server, SocketAddr)> {
    let shared = web::Data::new(Readiness { state: state.clone(), metrics });
    let listen = settings.server.admin_listen;
    let server = HttpServer::new(move || {
        App::new().app_data(shared.clone()).configure(api::configure_admin)
    })
    .workers(1)
    .shutdown_timeout(1)
    .disable_signals();
    let server = server.bind(listen).with_context(|| taken(listen, "server.admin_listen"))?;
    let addr = server.addrs().first().copied().unwrap_or(listen);
    Ok((server.run(), addr))
}

fn taken(listen: SocketAddr, setting: &str) -> String {
    format!("cannot listen on {listen}; choose another `{setting}`")
}

/// Folds recorded durations into their histograms, which would grow otherwise.
async fn keep_metrics(host: Host, metrics: Metrics) {
    repeat(&host, SignedDuration::from_secs(5), || metrics.upkeep()).await;
}

/// Forgets callers who have not called for some minutes, whose number would grow otherwise.
async fn keep_limiter(host: Host, limiter: Arc<Limiter>) {
    repeat(&host, SignedDuration::from_mins(1), || limiter.forget_idle()).await;
}

async fn repeat(host: &Host, pause: SignedDuration, work: impl Fn()) {
    loop {
        work();
        let until = host.clock.now().saturating_add(pause).unwrap_or(Timestamp::MAX);
        tokio::select! {
            () = host.tasks.stopping() => return,
            () = host.clock.sleep_until(until) => {}
        }
    }
}

/// No setting goes beyond what both types hold.
fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn a_listener_that_ends_is_noticed() {
        let listeners = Listeners::new();
        listeners.run(pending());
        assert!(!listeners.ended.is_cancelled());

        listeners.run(ready(Err(io::ErrorKind::Other.into())));

        listeners.ended.cancelled().await;
    }

    #[tokio::test]
    async fn a_listener_that_panics_is_noticed() {
        let listeners = Listeners::new();

        listeners.run(async { panic!("as a bug would") });

        listeners.ended.cancelled().await;
    }
}
