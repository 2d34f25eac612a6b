//! Typed settings, a file a section; knows no other room but `domain`.

mod apps;
mod auth;
mod callbacks;
#[cfg(test)]
mod coverage;
mod egress;
mod environment;
mod issuers;
mod key_material;
mod keys;
mod layer;
mod limits;
mod load;
mod log;
mod mistake;
mod parse;
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

pub use apps::App;
pub use auth::{Algorithm, Auth, Claims, ContactProof, Issuer, KeySource, TokenUse};
pub use callbacks::{CallbackHeader, Callbacks};
pub use egress::Egress;
pub use limits::Limits;
pub use load::{Inspection, Sources, inspect, load, parse};
pub use log::{Log, LogFormat};
pub use mistake::{Mistake, Mistakes, Origin};
pub use provider::{DetailsSession, OnboardingPartner, Provider, Sdk};
pub use reconcile::Reconcile;
pub use redirects::Redirects;
pub use server::Server;
pub use settings::Settings;
pub use show::Shown;
pub use storage::{Database, Storage};
pub use values::{BaseUrl, TextFile};
pub use verifications::Verifications;
