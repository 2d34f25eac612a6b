//! The provider's identity verification API, in the generation its documents describe.

mod breaker;
mod client;
mod credential;
mod document;
mod fault;
mod images;
mod initiate;
mod lifetime;
mod mint;
mod operation;
mod report;
mod wire;

pub use client::Gtf;
pub use document::document;
pub(super) use fault::retry_after;
pub use images::image_links;
