//! Every key there is: what may stand in a file or a variable, and of which shape.
//!
//! Invariant: a key that is read stands here, and a key that stands here is read; a value under any
//! other key is a mistake. `docs/configuration.md` lists the same keys (a test compares).

use config::{Value, ValueKind};

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Text: names, paths, durations.
    Text,
    /// An address; what stands before an `@` in it is never shown.
    Address,
    /// An address of which only the host is shown: many a receiver is known by its path alone.
    Receiver,
    /// Text that is never shown.
    Secret,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Flag,
    /// A list of texts.
    List,
    /// One text or a list of texts.
    TextOrList,
}

/// What an entry of a list of tables holds unless it says otherwise. The defaults of all other keys
/// stand in `config/default.toml`, which cannot speak of entries that do not exist yet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fallback {
    /// Nothing: the key is needed or may be absent.
    None,
    /// This text.
    Text(&'static str),
    /// This flag.
    Flag(bool),
    /// A list of this one text.
    List(&'static str),
}

impl Fallback {
    /// The value as the configuration tree holds it.
    pub(super) fn value(self) -> Option<Value> {
        let kind = match self {
            Self::None => return None,
            Self::Text(text) => ValueKind::from(text),
            Self::Flag(flag) => ValueKind::from(flag),
            Self::List(text) => ValueKind::from(vec![Value::from(text)]),
        };
        Some(Value::new(None, kind))
    }
}

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    /// Its path; `[]` stands for any index.
    pub(super) path: &'static str,
    /// What its value looks like.
    pub(super) shape: Shape,
    /// Its value in an entry that does not set it.
    pub(super) fallback: Fallback,
}

const fn key(path: &'static str, shape: Shape) -> Key {
    Key { path, shape, fallback: Fallback::None }
}

const fn entry(path: &'static str, shape: Shape, fallback: Fallback) -> Key {
    Key { path, shape, fallback }
}

/// All keys, in the order in which they are shown.
pub(super) const KEYS: &[Key] = &[
    key("server.listen", Shape::Text),
    key("server.admin_listen", Shape::Text),
    key("server.public_url", Shape::Address),
    key("server.trusted_proxies", Shape::List),
    key("server.max_connections", Shape::Number),
    key("server.workers", Shape::Number),
    key("server.start_deadline", Shape::Text),
    key("server.body_deadline", Shape::Text),
    key("server.keep_alive", Shape::Text),
    key("server.header_deadline", Shape::Text),
    key("server.write_deadline", Shape::Text),
    key("server.lame_duck", Shape::Text),
    key("server.shutdown_deadline", Shape::Text),
    key("server.max_body", Shape::Number),
    key("provider.token_base_url", Shape::Address),
    key("provider.api_base_url", Shape::Address),
    key("provider.client_id", Shape::Text),
    key("provider.pass_key", Shape::Secret),
    key("provider.pass_key_file", Shape::Text),
    key("provider.user_id_type", Shape::Text),
    key("provider.onboarding_partner.sdk", Shape::Text),
    key("provider.onboarding_partner.web", Shape::Text),
    key("provider.onboarding_header", Shape::TextOrList),
    key("provider.sdk.base_url", Shape::Address),
    key("provider.sdk.environment", Shape::Text),
    key("provider.launch_hosts", Shape::List),
    key("provider.image_hosts", Shape::List),
    key("provider.connect_timeout", Shape::Text),
    key("provider.token_timeout", Shape::Text),
    key("provider.details_timeout", Shape::Text),
    key("provider.initiate_timeout", Shape::Text),
    key("provider.image_timeout", Shape::Text),
    key("provider.max_answer", Shape::Number),
    key("provider.max_concurrent", Shape::Number),
    key("provider.max_waiting", Shape::Number),
    key("provider.patience", Shape::Text),
    key("provider.max_image", Shape::Number),
    key("provider.max_concurrent_images", Shape::Number),
    key("provider.details_session", Shape::Text),
    key("auth.issuers[].use", Shape::Text),
    key("auth.issuers[].issuer", Shape::Text),
    key("auth.issuers[].audience", Shape::Text),
    key("auth.issuers[].algorithms", Shape::List),
    key("auth.issuers[].jwks_url", Shape::Address),
    key("auth.issuers[].jwks_file", Shape::Text),
    key("auth.issuers[].public_key_file", Shape::Text),
    key("auth.issuers[].hs256_secret_file", Shape::Text),
    entry("auth.issuers[].leeway", Shape::Text, Fallback::Text("30s")),
    key("auth.issuers[].typ", Shape::Text),
    entry("auth.issuers[].user_prefix", Shape::Text, Fallback::Text("")),
    key("auth.issuers[].app", Shape::Text),
    entry("auth.issuers[].contact", Shape::List, Fallback::List("claims")),
    key("auth.issuers[].proof.issuer", Shape::Text),
    key("auth.issuers[].proof.audience", Shape::Text),
    key("auth.issuers[].proof.algorithms", Shape::List),
    key("auth.issuers[].proof.jwks_url", Shape::Address),
    key("auth.issuers[].proof.jwks_file", Shape::Text),
    key("auth.issuers[].proof.public_key_file", Shape::Text),
    key("auth.issuers[].proof.hs256_secret_file", Shape::Text),
    key("auth.issuers[].proof.typ", Shape::Text),
    entry("auth.issuers[].claims.user_id", Shape::Text, Fallback::Text("sub")),
    entry("auth.issuers[].claims.phone", Shape::Text, Fallback::Text("phone_number")),
    entry(
        "auth.issuers[].claims.phone_verified",
        Shape::Text,
        Fallback::Text("phone_number_verified"),
    ),
    entry("auth.issuers[].claims.email", Shape::Text, Fallback::Text("email")),
    entry("auth.issuers[].claims.email_verified", Shape::Text, Fallback::Text("email_verified")),
    entry(
        "auth.issuers[].claims.phone_reference",
        Shape::Text,
        Fallback::Text("phone_verification_reference"),
    ),
    entry(
        "auth.issuers[].claims.email_reference",
        Shape::Text,
        Fallback::Text("email_verification_reference"),
    ),
    entry("auth.issuers[].claims.reference_required", Shape::Flag, Fallback::Flag(false)),
    entry("auth.issuers[].claims.scope", Shape::Text, Fallback::Text("scope")),
    entry("auth.issuers[].claims.app", Shape::Text, Fallback::Text("client_id")),
    entry("auth.issuers[].shared_users", Shape::Flag, Fallback::Flag(false)),
    key("directory.url", Shape::Address),
    key("directory.header.name", Shape::Text),
    key("directory.header.value", Shape::Secret),
    key("directory.header.value_file", Shape::Text),
    key("directory.timeout", Shape::Text),
    key("apps[].id", Shape::Text),
    key("apps[].origins", Shape::List),
    key("callbacks.path", Shape::Text),
    key("callbacks.headers[].name", Shape::Text),
    key("callbacks.headers[].value", Shape::Secret),
    key("callbacks.headers[].value_file", Shape::Text),
    key("callbacks.networks", Shape::List),
    key("callbacks.confirm", Shape::Flag),
    key("callbacks.confirm_for", Shape::Text),
    key("callbacks.max_body", Shape::Number),
    key("redirects.mode", Shape::Text),
    key("redirects.allowed", Shape::List),
    key("redirects.default.success", Shape::Text),
    key("redirects.default.failure", Shape::Text),
    key("storage.url", Shape::Address),
    key("storage.encryption_keys", Shape::Secret),
    key("storage.encryption_keys_file", Shape::Text),
    key("storage.erasures_file", Shape::Text),
    key("verifications.ttl", Shape::Text),
    key("verifications.resume_margin", Shape::Text),
    key("verifications.attempts_per_day", Shape::Number),
    key("webhooks[].id", Shape::Text),
    key("webhooks[].url", Shape::Receiver),
    key("webhooks[].secret", Shape::Secret),
    key("webhooks[].secret_file", Shape::Text),
    key("webhooks[].previous_secret", Shape::Secret),
    key("webhooks[].previous_secret_file", Shape::Text),
    key("webhooks[].events", Shape::List),
    key("webhooks[].allow_networks", Shape::List),
    entry("webhooks[].timeout", Shape::Text, Fallback::Text("10s")),
    key("limits.user_starts_per_minute", Shape::Number),
    key("limits.user_reads_per_minute", Shape::Number),
    key("limits.app_requests_per_minute", Shape::Number),
    key("limits.backend_requests_per_minute", Shape::Number),
    key("limits.failed_authentications_per_minute", Shape::Number),
    key("reconcile.after_hint", Shape::Text),
    key("reconcile.after_silence", Shape::Text),
    key("reconcile.max_interval", Shape::Text),
    key("reconcile.partial_interval", Shape::Text),
    key("reconcile.tick", Shape::Text),
    key("reconcile.concurrency", Shape::Number),
    key("reconcile.reads_per_second", Shape::Number),
    key("retention.submissions", Shape::Text),
    key("retention.verifications", Shape::Text),
    key("retention.contacts", Shape::Text),
    key("retention.credentials", Shape::Text),
    key("retention.callbacks", Shape::Text),
    key("retention.callbacks_aside", Shape::Text),
    key("retention.orphans", Shape::Text),
    key("retention.webhooks", Shape::Text),
    key("retention.tombstones", Shape::Text),
    key("retention.audit", Shape::Text),
    key("retention.hold", Shape::List),
    key("retention.hold_for", Shape::Text),
    key("log.format", Shape::Text),
    key("log.filter", Shape::Text),
    key("egress.proxy_url", Shape::Secret),
    key("egress.proxy_url_file", Shape::Text),
    key("egress.ca_file", Shape::Text),
];

/// What stands at a path.
#[derive(Debug)]
pub(super) enum Place {
    /// A value.
    Value(&'static Key),
    /// A table that holds keys.
    Table,
    /// A list of tables.
    Tables,
    /// Nothing known.
    Unknown,
}

/// What stands at `path`, in which `[]` stands for any index.
pub(super) fn place(path: &str) -> Place {
    for key in KEYS {
        match key.path.strip_prefix(path) {
            Some("") => return Place::Value(key),
            Some(rest) if rest.starts_with('.') => return Place::Table,
            Some(rest) if rest.starts_with("[]") => return Place::Tables,
            Some(_) | None => {}
        }
    }
    Place::Unknown
}

/// The known path that `path` was probably meant to be.
pub(super) fn nearest(path: &str) -> Option<&'static str> {
    let allowed = 1 + path.len() / 6;
    let close = known_paths()
        .map(|known| (strsim::damerau_levenshtein(known, path), known))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance);
    // The right name in the wrong section is the other common slip.
    let name = last_name(path);
    close
        .map(|(_, known)| known)
        .or_else(|| KEYS.iter().map(|key| key.path).find(|known| last_name(known) == name))
}

/// Every key's path, and those of the tables above it.
fn known_paths() -> impl Iterator<Item = &'static str> {
    KEYS.iter().flat_map(|key| {
        let above = key.path.match_indices(['.', '[']).filter_map(|(at, _)| key.path.get(..at));
        above.chain([key.path])
    })
}

fn last_name(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_stands_once() {
        for (at, key) in KEYS.iter().enumerate() {
            assert!(KEYS.iter().skip(at + 1).all(|other| other.path != key.path), "{}", key.path);
        }
    }

    #[test]
    fn only_entries_of_lists_have_fallbacks() {
        for key in KEYS {
            assert!(key.fallback.value().is_none() || key.path.contains("[]"), "{}", key.path);
        }
    }

    #[test]
    fn places_are_told_apart() {
        assert!(matches!(place("server.listen"), Place::Value(_)));
        assert!(matches!(place("server"), Place::Table));
        assert!(matches!(place("auth.issuers"), Place::Tables));
        assert!(matches!(place("auth.issuers[]"), Place::Table));
        assert!(matches!(place("auth.issuers[].claims"), Place::Table));
        assert!(matches!(place("serve"), Place::Unknown));
        assert!(matches!(place("server.listen.port"), Place::Unknown));
        assert!(matches!(place("redirects.allowed[]"), Place::Unknown));
    }

    #[test]
    fn slips_are_recognised_and_nonsense_is_not() {
        assert_eq!(nearest("servr.listen"), Some("server.listen"));
        assert_eq!(nearest("servr"), Some("server"));
        assert_eq!(nearest("provider.passkey"), Some("provider.pass_key"));
        assert_eq!(nearest("listen"), Some("server.listen"));
        assert_eq!(nearest("callbacks.headers[].valu"), Some("callbacks.headers[].value"));
        assert_eq!(nearest("colour"), None);
    }
}
