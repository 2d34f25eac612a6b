//! `[redirects]`: where the provider may send a browser after the web flow.
//!
//! Invariant: nothing here matches URLs. Patterns are checked for their form; what they mean is
//! the domain's to say.

/// The URLs apps may ask for, and those used when they do not ask.
#[derive(Debug, Clone)]
pub struct Redirects {
    /// Patterns of allowed URLs. Too wide makes the gateway an open redirector; empty allows none.
    pub allowed: Vec<RedirectPattern>,
    /// The pair used when the app names none; without it a web start must name its own.
    pub default: Option<RedirectPair>,
}

/// An allowed URL, or its beginning followed by `*`; well-formed, not yet understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectPattern(pub(super) String);

impl RedirectPattern {
    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where the browser goes when capture ended well, and when it did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectPair {
    /// After a capture that ended well.
    pub success: String,
    /// After one that did not.
    pub failure: String,
}
