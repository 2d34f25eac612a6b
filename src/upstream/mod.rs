//! Whom we ask: the provider, and key sets.
//!
//! Every answer is hostile until parsed: bounded in time and size, read leniently, and never shown
//! to an app.

pub mod error;
mod provider;

pub use error::UpstreamError;
pub use provider::{InitiateFlow, Provider, SubmissionQuery, UnreadableCallback};
