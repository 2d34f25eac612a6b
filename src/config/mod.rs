//! Typed settings, a file a section; knows no other room but `domain`.

mod auth;
mod callbacks;
#[cfg(test)]
mod coverage;
mod directory;
mod egress;
mod environment;
mod issuers;
mod key_material;
mod keys;
mod layer;
mod load;
mod log;
mod mistake;
mod parse;
mod proof;
mod provider;
mod reader;
mod reconcile;
mod redirects;
mod server;
mod settings;
mod show;
mod storage;
mod tree;
mod values;
mod verifications;

pub use auth::{Algorithm, Auth, Claims, ContactProof, Issuer, KeySource, Proof, TokenUse};
pub use callbacks::{CallbackHeader, Callbacks};
pub use directory::{Directory, DirectoryHeader};
pub use egress::Egress;
pub use load::{Inspection, Sources, inspect, load, parse};
pub use log::{Log, LogFormat};
pub use mistake::{Mistake, Mistakes, Origin};
pub use provider::{DetailsSession, OnboardingPartner, Provider, Sdk};
pub use reconcile::Reconcile;
pub use redirects::{RedirectMode, Redirects};
pub use server::Server;
pub use settings::Settings;
pub use show::Shown;
pub use storage::{Database, Storage};
pub use values::{BaseUrl, TextFile};
pub use verifications::Verifications;
