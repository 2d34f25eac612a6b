//! Typed settings, a file a section; knows no other room.

mod auth;
mod callbacks;
mod egress;
mod log;
mod provider;
mod reconcile;
mod redirects;
mod server;
mod settings;
mod storage;
mod values;
mod verifications;

pub use auth::{Algorithm, Auth, Claims, ContactProof, Issuer, KeySource, TokenUse};
pub use callbacks::{CallbackHeader, Callbacks};
pub use egress::Egress;
pub use log::{Log, LogFormat};
pub use provider::{DetailsSession, OnboardingPartner, Provider, Sdk};
pub use reconcile::Reconcile;
pub use redirects::{RedirectPair, RedirectPattern, Redirects};
pub use server::Server;
pub use settings::Settings;
pub use storage::{Database, Storage};
pub use values::{BaseUrl, TextFile};
pub use verifications::Verifications;
