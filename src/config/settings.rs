//! All settings together.
//!
//! Invariant: a `Settings` exists only if the whole configuration was free of mistakes, those
//! between sections included; what `config check` accepts, `serve` accepts.

use std::time::Duration;

use jiff::SignedDuration;

use super::apps::{self, App};
use super::auth::{self, Auth, ContactProof};
use super::callbacks::{self, Callbacks};
use super::directory::{self, Directory};
use super::egress::{self, Egress};
use super::issuers;
use super::limits::{self, Limits};
use super::log::{self, Log};
use super::mistake::Flaw;
use super::provider::{self, Provider};
use super::reader::{Read, Section};
use super::reconcile::{self, Reconcile};
use super::redirects::{self, RedirectMode, Redirects};
use super::retention;
use super::server::{self, Server};
use super::storage::{self, Storage};
use super::verifications::{self, Verifications};
use super::webhooks::{self, Webhook};
use crate::domain::{Policy, Retention};

/// Everything an operator decides, a field a section.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the gateway listens.
    pub server: Server,
    /// Whom it asks.
    pub provider: Provider,
    /// Whom it believes.
    pub auth: Auth,
    /// Who knows the users' contacts, if anybody is asked.
    pub directory: Option<Directory>,
    /// What is known of single apps.
    pub apps: Vec<App>,
    /// How results arrive.
    pub callbacks: Callbacks,
    /// Where browsers may be sent.
    pub redirects: Redirects,
    /// What it remembers in.
    pub storage: Storage,
    /// How long a verification lives.
    pub verifications: Verifications,
    /// Which back ends are told of changes.
    pub webhooks: Vec<Webhook>,
    /// How often callers may call.
    pub limits: Limits,
    /// How late results are fetched.
    pub reconcile: Reconcile,
    /// How long what is held.
    pub retention: Retention,
    /// What it writes about itself.
    pub log: Log,
    /// How its calls leave the network.
    pub egress: Egress,
}

impl Settings {
    /// The numbers that decide when a verification changes, as the domain wants them.
    pub fn policy(&self) -> Policy {
        Policy {
            confirm: self.callbacks.confirm,
            confirm_for: signed(self.callbacks.confirm_for),
            ttl: signed(self.verifications.ttl),
            resume_margin: signed(self.verifications.resume_margin),
            attempts_per_day: self.verifications.attempts_per_day,
            // The call, and the writing down of its answer on a disk that has trouble.
            attempt_lasts: signed(self.provider.initiate_timeout.saturating_mul(2)),
            after_hint: signed(self.reconcile.after_hint),
            after_silence: signed(self.reconcile.after_silence),
            max_interval: signed(self.reconcile.max_interval),
            partial_interval: signed(self.reconcile.partial_interval),
            orphan_life: self.retention.orphans,
        }
    }
}

/// No range goes beyond what both types hold.
fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// Reads all sections, however many of them have mistakes.
pub(super) fn read(root: &Section<'_>) -> Read<Settings> {
    let reach = server::reach(&root.table("server"));
    let server = server::read(&root.table("server"));
    let provider = provider::read(&root.table("provider"), reach);
    let auth = issuers::read(&root.table("auth"), reach);
    let directory = directory::read(&root.table("directory"), reach);
    let apps = apps::read(root);
    let callbacks = callbacks::read(&root.table("callbacks"));
    let redirects = redirects::read(&root.table("redirects"));
    let storage = storage::read(&root.table("storage"), reach);
    let verifications = verifications::read(&root.table("verifications"));
    let webhooks = webhooks::read(root, reach);
    let limits = limits::read(&root.table("limits"));
    let reconcile = reconcile::read(&root.table("reconcile"));
    let retention = retention::read(&root.table("retention"));
    let log = log::read(&root.table("log"));
    let egress = egress::read(&root.table("egress"));
    if let (Ok(server), Ok(provider)) = (&server, &provider) {
        check_patience(root, server, provider)?;
    }
    if let Ok(auth) = &auth {
        check_development(root, auth)?;
    }
    if let (Ok(auth), Ok(None)) = (&auth, &directory) {
        check_directory(root, auth)?;
    }
    if let Ok(redirects) = &redirects {
        check_web_channel(root, redirects).and(check_way_back(root, redirects))?;
    }
    Ok(Settings {
        server: server?,
        provider: provider?,
        auth: auth?,
        directory: directory?,
        apps: apps?,
        callbacks: callbacks?,
        redirects: redirects?,
        storage: storage?,
        verifications: verifications?,
        webhooks: webhooks?,
        limits: limits?,
        reconcile: reconcile?,
        retention: retention?,
        log: log?,
        egress: egress?,
    })
}

/// Whoever got his place after his time was over would be told so, and nothing else.
fn check_patience(root: &Section<'_>, server: &Server, provider: &Provider) -> Read<()> {
    if provider.patience <= server.start_deadline {
        return Ok(());
    }
    let flaw = Flaw::new(
        "is longer than `server.start_deadline`, after which the caller is told that it took too long",
        "make it shorter, or the deadline longer",
    );
    Err(root.table("provider").fault("patience", flaw))
}

/// A loopback listener with a proxy on the same machine is reached from everywhere, and a token for
/// development opens it to whoever has a file.
fn check_development(root: &Section<'_>, found: &Auth) -> Read<()> {
    if !server::is_fronted(&root.table("server")) {
        return Ok(());
    }
    let flaw = || {
        Flaw::new(
            "is an issuer for development, and others reach this gateway through a proxy",
            "name your own issuer, or take `server.trusted_proxies` and a `server.public_url` that \
             is not this machine's out",
        )
    };
    let mut result = Ok(());
    let entries = root.table("auth").entries("issuers");
    for (entry, issuer) in entries.iter().zip(&found.issuers) {
        if issuer.is_development() {
            result = Err(entry.fault("issuer", flaw()));
        }
        if issuer.proof.as_ref().is_some_and(|proof| auth::is_development(&proof.issuer)) {
            result = Err(entry.table("proof").fault("issuer", flaw()));
        }
    }
    result
}

/// A directory that is to be asked has to be somewhere.
fn check_directory(root: &Section<'_>, auth: &Auth) -> Read<()> {
    let mut ways = auth.issuers.iter().flat_map(|issuer| &issuer.contact);
    if ways.any(|way| *way == ContactProof::Directory) {
        return Err(root.table("directory").fault(
            "url",
            Flaw::new(
                "is not set, although an issuer's `contact` lists \"directory\"",
                "set it to the address of your user service, with {userId} in it, or take \
                 \"directory\" out of `contact`",
            ),
        ));
    }
    Ok(())
}

/// A web start needs redirect URLs; a channel on which every start fails was not meant to be open.
fn check_web_channel(root: &Section<'_>, redirects: &Redirects) -> Read<()> {
    let table = root.table("redirects");
    let is_open = root.table("provider").table("onboarding_partner").has("web");
    if is_open && table.is_empty_list("allowed") && redirects.default.is_none() {
        return Err(table.fault(
            "allowed",
            Flaw::new(
                "allows nothing, so no start of the web channel could succeed",
                "list your return URLs, set `redirects.default`, or remove \
                 `provider.onboarding_partner.web`",
            ),
        ));
    }
    Ok(())
}

/// The provider is given addresses below the public one, so it must be the real one; what is made up
/// from the listener leads other machines nowhere.
fn check_way_back(root: &Section<'_>, redirects: &Redirects) -> Read<()> {
    if redirects.mode == RedirectMode::Gateway && !root.table("server").has("public_url") {
        return Err(root.table("redirects").fault(
            "mode",
            Flaw::new(
                "is \"gateway\", but nothing says where browsers reach the gateway",
                "set `server.public_url`, or write \"direct\"",
            ),
        ));
    }
    Ok(())
}
