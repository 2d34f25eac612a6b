//! Whom we ask: the provider, the partner's user service, and key sets; and whom we tell.
//!
//! Every answer is hostile until parsed: bounded in time and size, read leniently, and never shown
//! to an app.

mod budget;
mod directory;
pub mod error;
mod flight;
mod gtf;
mod http;
mod image;
mod jwks;
mod meter;
mod provider;
mod spread;
mod tls;
mod token;
mod webhook;

pub use directory::{Directory, UserService};
pub use error::{SetupError, UpstreamError};
pub use gtf::{Gtf, document, image_links};
pub use http::HttpClient;
pub use image::{Images, OpenImage, RemoteImages};
pub use jwks::{FetchedKeys, RemoteKeys};
pub use provider::{InitiateFlow, Provider, SubmissionQuery, UnreadableCallback};
pub use token::{Mint, MintedToken, PartnerToken, TokenCache};
pub use webhook::{Courier, SignedPost};
