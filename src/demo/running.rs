//! Starts the parts in the order in which they need each other, and ends them in the reverse.
//!
//! Whatever was started is stopped again when a later part fails, and the folder with the data
//! goes with the `Demo`.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use actix_web::web;
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::backend::{self, BackEnd};
use super::error::DemoError;
use super::guide;
use super::issuer::Issuer;
use super::options::DemoOptions;
use super::pass;
use super::ports::{self, local};
use super::settings::{self, Agreement, CALLBACK_HEADER};
use super::site::{self, Site};
use crate::domain::{Clock, SystemClock, Tasks};
use crate::sandbox::{
    CallbackMethod, CallbackTarget, OUTCOMES, Sandbox, SandboxCredentials, SandboxOptions,
};
use crate::server::{Gateway, Host};

/// A running demo.
pub struct Demo {
    page: SocketAddr,
    site: ServerHandle,
    tasks: Tasks,
    gateway: Gateway,
    sandbox: Sandbox,
    folder: TempDir,
}

impl std::fmt::Debug for Demo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Demo").field("page", &self.page).finish_non_exhaustive()
    }
}

impl Demo {
    /// Starts everything, or nothing. Must be called inside a tokio runtime.
    pub async fn start(options: DemoOptions) -> Result<Self, DemoError> {
        let listener = ports::claim(&options)?;
        let page = listener.local_addr().map_err(|error| DemoError::Page(error.into()))?;
        let folder = tempfile::Builder::new()
            .prefix("gerbang-demo-")
            .tempdir()
            .map_err(DemoError::Folder)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let issuer = Issuer::new(Arc::clone(&clock))?;
        let callback_key = settings::fresh_secret();
        let (webhook_secret, webhook_key) = backend::fresh_secret();
        let back_end = BackEnd::new(webhook_key, Arc::clone(&clock));
        let provider = provider(&options);
        let sandbox = Sandbox::start(provider.clone()).map_err(DemoError::Sandbox)?;
        let agreed = Agreement {
            options: &options,
            sandbox: &provider,
            sandbox_url: sandbox.base_url(),
            page,
            callback_key: &callback_key,
            webhook_secret: &webhook_secret,
            key_set: &issuer.key_set(),
        };
        let gateway = match start_gateway(&agreed, &folder, clock).await {
            Ok(gateway) => gateway,
            Err(error) => {
                sandbox.stop().await;
                return Err(error);
            }
        };
        sandbox.control().set_callback_target(Some(target(gateway.addr(), callback_key)));
        let tasks = Tasks::on_current_runtime();
        let parts = Parts { issuer, back_end };
        match serve(listener, parts, &gateway, &sandbox, &tasks) {
            Ok(site) => Ok(Self { page, site, tasks, gateway, sandbox, folder }),
            Err(error) => {
                gateway.stop().await;
                sandbox.stop().await;
                Err(error)
            }
        }
    }

    /// Where the demo app's page is.
    pub fn addr(&self) -> SocketAddr {
        self.page
    }

    /// Where the gateway answers.
    pub fn gateway_addr(&self) -> SocketAddr {
        self.gateway.addr()
    }

    /// The sandbox in the provider's place.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Where the data and the keys are while it runs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What to print once it runs: where everything is, and lines to try by hand.
    pub fn guide(&self) -> String {
        guide::text(&guide::Places {
            page: self.page,
            gateway: self.gateway.addr(),
            admin: self.gateway.admin_addr(),
            sandbox: self.sandbox.base_url(),
        })
    }

    /// Ends everything: first who asks, then who answers. The data is gone afterwards.
    pub async fn stop(self) -> Result<(), DemoError> {
        // At once: a long-poll in progress would otherwise hold the page's server.
        self.site.stop(false).await;
        self.tasks.stop();
        self.tasks.drained().await;
        self.gateway.stop().await;
        self.sandbox.stop().await;
        self.folder.close().map_err(DemoError::Folder)
    }
}

async fn start_gateway(
    agreed: &Agreement<'_>,
    folder: &TempDir,
    clock: Arc<dyn Clock>,
) -> Result<Gateway, DemoError> {
    let settings = settings::agree(agreed, folder.path())?;
    let host = Host { clock, tasks: Tasks::on_current_runtime() };
    Gateway::start(settings, host).await.map_err(|error| DemoError::Gateway(error.into()))
}

/// A provider that takes a moment for each step, so that a person can watch.
fn provider(options: &DemoOptions) -> SandboxOptions {
    let (step, late) = if options.fast { (300, 3_000) } else { (2_500, 20_000) };
    SandboxOptions {
        listen: local(options.sandbox_port),
        credentials: SandboxCredentials {
            client_id: "demo-client".to_owned(),
            pass_key: settings::fresh_secret(),
        },
        user_id_type: Some("DEMO_USER".to_owned()),
        outcome_delay: Duration::from_millis(step),
        late_delay: Duration::from_millis(late),
        ..SandboxOptions::default()
    }
}

fn target(gateway: SocketAddr, key: SecretString) -> CallbackTarget {
    CallbackTarget {
        url: format!("http://{gateway}/callbacks/provider"),
        method: CallbackMethod::Post,
        header: (CALLBACK_HEADER.to_owned(), key),
    }
}

/// What the page's server plays of the partner's own systems.
struct Parts {
    issuer: Issuer,
    back_end: BackEnd,
}

fn serve(
    listener: TcpListener,
    parts: Parts,
    gateway: &Gateway,
    sandbox: &Sandbox,
    tasks: &Tasks,
) -> Result<ServerHandle, DemoError> {
    let authority =
        listener.local_addr().map_err(|error| DemoError::Page(error.into()))?.to_string();
    let facts = facts(&authority, gateway.addr(), sandbox.base_url());
    let site = web::Data::new(Site {
        gateway: format!("http://{}", gateway.addr()),
        sandbox: sandbox.base_url().to_owned(),
        issuer: parts.issuer,
        back_end: parts.back_end,
        client: pass::client().map_err(|error| DemoError::Page(error.into()))?,
        facts,
        authority,
    });
    let server = HttpServer::new(move || site::app(site.clone()))
        .workers(1)
        .disable_signals()
        // Whoever leaves a stream gives its place at the gateway back at once.
        .h1_allow_half_closed(false)
        .listen(listener)
        .map_err(|error| DemoError::Page(error.into()))?
        .run();
    let handle = server.handle();
    tasks.spawn(server);
    Ok(handle)
}

/// What the page has to know of where things are.
fn facts(authority: &str, gateway: SocketAddr, sandbox: &str) -> Value {
    json!({
        "page": format!("http://{authority}"),
        "gateway": format!("http://{gateway}"),
        "sandbox": sandbox,
        "sdkUrl": format!("{sandbox}/sandbox/sdk"),
        "returnUrls": {
            "success": format!("http://{authority}/return/success"),
            "failure": format!("http://{authority}/return/failure"),
        },
        "outcomes": OUTCOMES,
    })
}
