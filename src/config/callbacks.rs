//! `[callbacks]`: how the provider's callbacks arrive and when they are believed.
//!
//! Invariant: at least one header is configured. No callback carries a signature, so this header
//! is all that tells the provider from a stranger; without it the gateway does not start.

use std::time::Duration;

use ipnet::IpNet;
use secrecy::{ExposeSecret as _, SecretString};

use super::mistake::Flaw;
use super::parse::{self, hours};
use super::reader::{Read, Section};

/// How callbacks are received and confirmed.
#[derive(Debug, Clone)]
pub struct Callbacks {
    /// The path the provider was told to call.
    pub path: String,
    /// Headers that prove the provider, any one of them suffices; two while a value is rotated.
    pub headers: Vec<CallbackHeader>,
    /// Where the provider calls from; empty takes callbacks from anywhere. Too narrow refuses
    /// results when the provider moves; too wide adds nothing to the header.
    pub networks: Vec<IpNet>,
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

pub(super) fn read(section: &Section<'_>) -> Read<Callbacks> {
    let path = section.required("path", path);
    let headers = headers(section);
    let networks = section.list("networks", parse::network);
    let confirm = section.flag("confirm");
    let confirm_for = section.duration("confirm_for", hours(1)..=hours(30 * 24));
    let max_body = section.number("max_body", 1024..=4 * 1024 * 1024);
    Ok(Callbacks {
        path: path?,
        headers: headers?,
        networks: networks?,
        confirm: confirm?,
        confirm_for: confirm_for?,
        max_body: max_body?,
    })
}

/// First segments of the paths that the gateway answers itself.
const TAKEN: [&str; 9] =
    ["v1", "openapi.yaml", "docs", "problems", "return", "livez", "readyz", "metrics", "healthz"];

/// A path that stands for itself: nothing in it is encoded, matched or cut off on the way.
fn path(text: &str) -> Result<String, Flaw> {
    let form = || {
        Flaw::new(
            "is no plain path",
            "write a path of letters, digits and -._~ such as \"/callbacks/provider\"",
        )
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let segments = text.strip_prefix('/').ok_or_else(form)?;
    let is_plain =
        |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(plain);
    if text.len() > 200 || !segments.split('/').all(is_plain) {
        return Err(form());
    }
    if segments.split('/').next().is_some_and(|first| TAKEN.contains(&first)) {
        return Err(Flaw::new(
            "collides with a path of the gateway's own",
            "choose another first segment, such as \"/callbacks/…\"",
        ));
    }
    Ok(text.to_owned())
}

fn headers(section: &Section<'_>) -> Read<Vec<CallbackHeader>> {
    let entries = section.entries("headers");
    if entries.is_empty() {
        return Err(section.fault(
            "headers",
            Flaw::new(
                "names no header, so nothing would tell the provider from a stranger",
                "add [[callbacks.headers]] with `name` and `value_file`, as agreed with the \
                 provider",
            ),
        ));
    }
    let read: Vec<Read<CallbackHeader>> = entries.iter().map(header).collect();
    let mut together = Ok(());
    for (at, (entry, one)) in entries.iter().zip(&read).enumerate() {
        let Ok(one) = one else { continue };
        let same = |other: &CallbackHeader| {
            other.name == one.name && other.value.expose_secret() == one.value.expose_secret()
        };
        if read.iter().take(at).flatten().any(same) {
            together = Err(entry.fault_here(Flaw::new(
                "repeats the name and value of an earlier entry",
                "remove it, or give it the next value of a rotation",
            )));
        }
    }
    together.and(read.into_iter().collect())
}

fn header(entry: &Section<'_>) -> Read<CallbackHeader> {
    entry.refuse_gap()?;
    let name = entry.required("name", parse::header_name);
    let value = entry
        .secret(["value", "value_file"], secret_value)
        .and_then(|value| value.ok_or_else(|| entry.missing("value_file")));
    Ok(CallbackHeader { name: name?, value: value? })
}

/// A value that nobody guesses, and that HTTP can carry.
fn secret_value(text: &str) -> Result<(), Flaw> {
    parse::header_value(text)?;
    if text.len() < 16 {
        return Err(Flaw::new(
            "is a secret of less than 16 characters",
            "agree on a longer one with the provider: openssl rand -base64 24",
        ));
    }
    Ok(())
}
