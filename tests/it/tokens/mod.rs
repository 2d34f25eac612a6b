//! Access tokens: who is believed, and as whom.

mod attacks;
mod callers;
mod development;
mod forged;
pub(crate) mod key_server;
pub(crate) mod mint;
mod rotation;
