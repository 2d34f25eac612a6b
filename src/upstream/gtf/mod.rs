//! The provider's identity verification API, in the generation its documents describe.

mod client;
mod credential;
mod fault;
mod images;
mod initiate;
mod lifetime;
mod mint;
mod operation;
mod report;
mod wire;

pub use client::Gtf;
pub(super) use fault::retry_after;
pub use images::image_links;
