//! `[egress]`: networks that force a proxy on us or have a certificate authority of their own.
//!
//! Invariant: this is the only way to a proxy. Variables such as `HTTPS_PROXY` are never obeyed,
//! because whoever sets them would read partner tokens.

use secrecy::SecretString;

use super::values::TextFile;

/// How outgoing calls leave this network.
#[derive(Debug, Clone)]
pub struct Egress {
    /// The proxy for all outgoing calls; secret, because it may hold a password.
    pub proxy_url: Option<SecretString>,
    /// Certificates, in PEM form, trusted beside the public ones.
    pub ca: Option<TextFile>,
}
