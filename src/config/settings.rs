//! All settings together.
//!
//! Invariant: a `Settings` exists only if the whole configuration was free of mistakes, those
//! between sections included; what `config check` accepts, `serve` accepts.

use super::auth::Auth;
use super::callbacks::Callbacks;
use super::egress::Egress;
use super::log::Log;
use super::provider::Provider;
use super::reconcile::Reconcile;
use super::redirects::Redirects;
use super::server::Server;
use super::storage::Storage;
use super::verifications::Verifications;

/// Everything an operator decides, a field a section.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the gateway listens.
    pub server: Server,
    /// Whom it asks.
    pub provider: Provider,
    /// Whom it believes.
    pub auth: Auth,
    /// How results arrive.
    pub callbacks: Callbacks,
    /// Where browsers may be sent.
    pub redirects: Redirects,
    /// What it remembers in.
    pub storage: Storage,
    /// How long a verification lives.
    pub verifications: Verifications,
    /// How late results are fetched.
    pub reconcile: Reconcile,
    /// What it writes about itself.
    pub log: Log,
    /// How its calls leave the network.
    pub egress: Egress,
}
