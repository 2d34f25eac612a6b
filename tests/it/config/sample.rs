//! A configuration without mistakes, key by key, for tests to spoil in one place.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gerbang::config::{Mistakes, Settings, Sources, load};
use tempfile::{NamedTempFile, TempDir};

/// The Ed25519 public key that RFC 8410 prints as its example.
pub(crate) const ED25519_PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
    -----END PUBLIC KEY-----\n";

/// Secrets of the sample; no output may hold them.
pub(crate) const PASS_KEY: &str = "0012-canary-pass-key";
pub(crate) const CALLBACK_KEY: &str = "canary-callback-key-0001";

/// Keys with their values as TOML; those of the first issuer and the first callback header begin
/// with `issuer.` and `header.`.
pub(crate) struct Sample {
    keys: BTreeMap<String, String>,
    directory: TempDir,
}

impl Sample {
    /// A gateway that only this machine can reach.
    pub(crate) fn local() -> Self {
        let mut sample = Self { keys: BTreeMap::new(), directory: TempDir::new().unwrap() };
        let key_file = sample.file("issuer.pem", ED25519_PEM);
        for (key, value) in [
            ("provider.token_base_url", "\"http://127.0.0.1:9100\""),
            ("provider.api_base_url", "\"http://127.0.0.1:9100/\""),
            ("provider.client_id", "\"client\""),
            ("provider.pass_key", &format!("\"{PASS_KEY}\"")),
            ("provider.user_id_type", "\"PARTNER\""),
            ("provider.onboarding_partner.web", "\"WEB-CODE\""),
            ("redirects.allowed", "[\"partnerapp://kyc/*\"]"),
            ("issuer.use", "\"app\""),
            ("issuer.issuer", "\"https://login.partner.example\""),
            ("issuer.audience", "\"kyc\""),
            ("issuer.algorithms", "[\"EdDSA\"]"),
            ("issuer.public_key_file", &key_file),
            ("header.name", "\"X-Callback-Key\""),
            ("header.value", &format!("\"{CALLBACK_KEY}\"")),
        ] {
            sample.set(key, value);
        }
        sample
    }

    /// One that anybody can reach.
    pub(crate) fn public() -> Self {
        let mut sample = Self::local();
        let keys = sample.file("keys.json", "{}");
        for (key, value) in [
            ("server.listen", "\"0.0.0.0:8080\""),
            ("server.public_url", "\"https://kyc.partner.example\""),
            ("provider.token_base_url", "\"https://token.provider.example\""),
            ("provider.api_base_url", "\"https://api.provider.example\""),
            ("storage.encryption_keys_file", &keys),
        ] {
            sample.set(key, value);
        }
        sample
    }

    /// Gives `key` the TOML value `value`; an empty one takes the key away.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        if value.is_empty() {
            self.keys.remove(key);
        } else {
            self.keys.insert(key.to_owned(), value.to_owned());
        }
    }

    /// Writes a file and gives its path as a TOML value.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        format!("'{}'", path.display())
    }

    /// The configuration as text.
    pub(crate) fn toml(&self) -> String {
        let mut text = String::new();
        let (mut issuer, mut header) = (Vec::new(), Vec::new());
        for (key, value) in &self.keys {
            match key.split_once('.') {
                Some(("issuer", key)) => issuer.push(format!("{key} = {value}")),
                Some(("header", key)) => header.push(format!("{key} = {value}")),
                _ => writeln!(text, "{key} = {value}").unwrap(),
            }
        }
        for (list, entry) in [("auth.issuers", issuer), ("callbacks.headers", header)] {
            if !entry.is_empty() && !self.keys.contains_key(list) {
                writeln!(text, "{list} = [{{ {} }}]", entry.join(", ")).unwrap();
            }
        }
        text
    }

    /// The configuration as a file.
    pub(crate) fn written(&self) -> NamedTempFile {
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), self.toml()).unwrap();
        file
    }

    /// What the gateway makes of the file and `env`.
    pub(crate) fn load(&self, env: &[(&str, &str)]) -> Result<Settings, Mistakes> {
        let file = self.written();
        load(Sources { file: Some(file.path().to_owned()), env: variables(env) })
    }
}

/// Pairs as the environment gives them.
pub(crate) fn variables(env: &[(&str, &str)]) -> Vec<(String, String)> {
    env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
