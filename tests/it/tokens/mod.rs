//! Access tokens: who is believed, and as whom.

mod attacks;
mod callers;
mod development;
mod forged;
mod key_server;
mod mint;
mod rotation;
