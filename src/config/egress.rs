//! `[egress]`: networks that force a proxy on us or have a certificate authority of their own.
//!
//! Invariant: this is the only way to a proxy. Variables such as `HTTPS_PROXY` are never obeyed,
//! because whoever sets them would read partner tokens.

use secrecy::SecretString;
use url::Url;

use super::key_material;
use super::mistake::Flaw;
use super::parse::{self, Reach};
use super::reader::{Read, Section};
use super::values::TextFile;

/// How outgoing calls leave this network.
#[derive(Debug, Clone)]
pub struct Egress {
    /// The proxy for all outgoing calls; secret, because it may hold a password.
    pub proxy_url: Option<SecretString>,
    /// Certificates, in PEM form, trusted beside the public ones.
    pub ca: Option<TextFile>,
}

pub(super) fn read(section: &Section<'_>) -> Read<Egress> {
    let proxy_url = section.secret(["proxy_url", "proxy_url_file"], proxy);
    let ca = section.text_file("ca_file", key_material::check_certificates);
    Ok(Egress { proxy_url: proxy_url?, ca: ca? })
}

/// An address that may hold a user and a password, unlike every other one.
fn proxy(text: &str) -> Result<(), Flaw> {
    let form = || {
        Flaw::new(
            "is no proxy's address",
            "write \"http://proxy.example:3128\", with user:password@ before the host if it asks",
        )
    };
    let mut url = Url::parse(text).map_err(|_| form())?;
    url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| form())?;
    parse::base_url(url.as_str(), Reach::Local).map_err(|_| form())?;
    if url.path() != "/" {
        return Err(form());
    }
    Ok(())
}
