//! The values that are in force, each with its origin, for people to read.
//!
//! Invariant: no secret is shown, nor the credentials somebody put into an address by mistake.

use std::fmt;

use config::{Value, ValueKind};

use super::keys::{KEYS, Key, Shape};
use super::mistake::Origin;
use super::tree;

/// One key and its value, fit to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The key, with indices.
    pub key: String,
    /// Its value as it would stand in a file; nothing if it is not set.
    pub value: Option<String>,
    /// Where the value came from.
    pub origin: Origin,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{} = {value}  # {}", self.key, self.origin),
            None => write!(f, "# {} is not set", self.key),
        }
    }
}

/// All keys of a merged tree, list entries one after the other.
pub(super) fn all(tree: &Value) -> Vec<Shown> {
    let mut shown = Vec::new();
    let group = |one: &Key, other: &Key| list_of(one).is_some() && list_of(one) == list_of(other);
    for keys in KEYS.chunk_by(group) {
        match keys.first().and_then(list_of) {
            None => shown.extend(keys.iter().map(|key| line(tree, key, key.path.to_owned()))),
            Some(list) => {
                for index in 0..tree::length(tree, list) {
                    let path = |key: &Key| key.path.replace("[]", &format!("[{index}]"));
                    shown.extend(keys.iter().map(|key| line(tree, key, path(key))));
                }
            }
        }
    }
    shown
}

/// The list of tables that a key's entry belongs to.
fn list_of(key: &Key) -> Option<&'static str> {
    key.path.split_once("[]").map(|(list, _)| list)
}

fn line(tree: &Value, key: &Key, path: String) -> Shown {
    let value = tree::find(tree, &path);
    Shown {
        value: value.map(|value| printable(key.shape, value)),
        origin: value.map_or(Origin::Unset, Origin::of),
        key: path,
    }
}

fn printable(shape: Shape, value: &Value) -> String {
    match (shape, &value.kind) {
        (Shape::Secret, _) => "\"(hidden)\"".to_owned(),
        (Shape::Address, ValueKind::String(text)) => quoted(&without_credentials(text)),
        (Shape::Receiver, ValueKind::String(text)) => quoted(&host_of(text)),
        (Shape::Number | Shape::Flag, ValueKind::String(text)) => text.trim().to_owned(),
        (_, ValueKind::String(text)) => quoted(text),
        (_, ValueKind::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| printable(shape, item)).collect();
            format!("[{}]", items.join(", "))
        }
        (_, _) => value.to_string(),
    }
}

/// JSON's escapes are among those of TOML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Everything between the scheme and the last `@` may be a password, whether or not the rest is a
/// proper address.
fn without_credentials(text: &str) -> String {
    match text.rsplit_once('@') {
        None => text.to_owned(),
        Some((before, after)) => match before.split_once("://") {
            Some((scheme, _)) => format!("{scheme}://(hidden)@{after}"),
            None => format!("(hidden)@{after}"),
        },
    }
}

/// Scheme and host, and that there is more.
fn host_of(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return "(hidden)".to_owned() };
    match rest.split_once(['/', '?', '#']) {
        // What stands before it may be a password, or what stands behind it part of the path.
        _ if rest.contains('@') => format!("{scheme}://(hidden)"),
        Some((host, more)) if !more.is_empty() => format!("{scheme}://{host}/(hidden)"),
        Some(_) | None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_receiver_the_host_alone_is_shown() {
        assert_eq!(host_of("https://h.example"), "https://h.example");
        assert_eq!(host_of("https://h.example/"), "https://h.example/");
        assert_eq!(host_of("https://h.example:8/T0/B0?t=x"), "https://h.example:8/(hidden)");
        assert_eq!(host_of("https://h.example?t=x"), "https://h.example/(hidden)");
        assert_eq!(host_of("https://u:p@h.example/x"), "https://(hidden)");
        assert_eq!(host_of("https://h.example/x@y"), "https://(hidden)");
        assert_eq!(host_of("h.example/x"), "(hidden)");
    }

    #[test]
    fn credentials_in_addresses_are_hidden() {
        assert_eq!(without_credentials("https://h.example/x"), "https://h.example/x");
        assert_eq!(without_credentials("https://u:p@h.example"), "https://(hidden)@h.example");
        assert_eq!(without_credentials("https://u:p@p@h.example"), "https://(hidden)@h.example");
        assert_eq!(without_credentials("u:p@h.example"), "(hidden)@h.example");
    }
}
