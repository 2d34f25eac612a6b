//! Access tokens: who is believed, and as whom.

mod callers;
mod development;
mod forged;
mod key_server;
mod mint;
mod rotation;
