//! `[callbacks]`: how the provider's callbacks arrive and when they are believed.
//!
//! Invariant: at least one header is configured. No callback carries a signature, so this header
//! is all that tells the provider from a stranger; without it the gateway does not start.

use std::time::Duration;

use secrecy::SecretString;

/// How callbacks are received and confirmed.
#[derive(Debug, Clone)]
pub struct Callbacks {
    /// The path the provider was told to call.
    pub path: String,
    /// Headers that prove the provider, any one of them suffices; two while a value is rotated.
    pub headers: Vec<CallbackHeader>,
    /// Whether a final result counts only after it was read from the provider. Switched off, one
    /// leaked header value is enough to approve anybody.
    pub confirm: bool,
    /// How long confirmation is tried before a negative callback takes effect unconfirmed. Too low
    /// gives up during an outage; too high leaves users waiting after it.
    pub confirm_for: Duration,
    /// The largest callback body, in bytes. Too low loses results; too high lets a stranger make
    /// the gateway hold memory.
    pub max_body: usize,
}

/// A header the provider was told to send.
#[derive(Debug, Clone)]
pub struct CallbackHeader {
    /// Its name, lower-case.
    pub name: String,
    /// Its whole value; Basic and Bearer credentials are written with their scheme.
    pub value: SecretString,
}
