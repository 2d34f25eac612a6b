//! Access tokens: who is believed, and as whom.

mod callers;
mod forged;
mod key_server;
pub(crate) mod mint;
mod rotation;
