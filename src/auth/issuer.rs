//! One trusted issuer: its rules, its keys, and whether a token is from it.
//!
//! Invariant: the algorithm and the key come from here; a token only says which of them it means.

use std::sync::Arc;

use jsonwebtoken::{DecodingKey, Validation, errors::ErrorKind};
use secrecy::ExposeSecret;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{
    compact::Compact,
    error::{AuthError, AuthSetupError},
    keys::{self, KeySet},
};
use crate::{
    config::{self, Algorithm, KeySource},
    domain::{Clock, Tasks},
    upstream::{FetchedKeys, HttpClient, RemoteKeys},
};

/// An entry of the configuration, ready to verify.
#[derive(Debug)]
pub(super) struct TrustedIssuer {
    pub(super) settings: config::Issuer,
    keys: Keys,
    rules: Vec<(Algorithm, Validation)>,
}

#[derive(Debug)]
enum Keys {
    /// From a file or a secret, for as long as the process lives.
    Fixed(Arc<KeySet>),
    /// From the issuer, and changing with it.
    Remote(RemoteKeys<KeySet>),
}

/// The set of keys a token was verified with. Once another has taken its place, what was verified
/// with it is verified anew.
#[derive(Clone, Debug)]
pub(super) enum VerifiedWith {
    Fixed,
    Fetched(Arc<FetchedKeys<KeySet>>),
}

impl TrustedIssuer {
    pub(super) fn new(
        settings: &config::Issuer,
        http: &HttpClient,
        clock: &Arc<dyn Clock>,
        tasks: &Tasks,
    ) -> Result<Self, AuthSetupError> {
        let fault = |why| AuthSetupError { issuer: settings.issuer.clone(), why };
        let fixed = |read: Result<KeySet, _>| read.map(Arc::new).map(Keys::Fixed).map_err(fault);
        let keys = match &settings.keys {
            KeySource::JwksUrl(url) => Keys::Remote(RemoteKeys::new(
                http.clone(),
                url.clone(),
                KeySet::from_jwks,
                Arc::clone(clock),
                tasks.clone(),
            )),
            KeySource::Jwks(file) => fixed(KeySet::from_jwks(file.text.as_bytes()))?,
            KeySource::PublicKey(file) => {
                fixed(KeySet::from_pem(&file.text, &settings.algorithms))?
            }
            KeySource::Hs256(secret) => fixed(Ok(KeySet::from_secret(secret.expose_secret())))?,
        };
        let rules =
            settings.algorithms.iter().map(|&algorithm| (algorithm, rule(settings, algorithm)));
        Ok(Self { settings: settings.clone(), keys, rules: rules.collect() })
    }

    /// Whether a token says that it is from here and meant for us.
    pub(super) fn is_named_by(&self, compact: &Compact) -> bool {
        let audience = match compact.claims.get("aud") {
            Some(Value::String(one)) => *one == self.settings.audience,
            Some(Value::Array(all)) => {
                all.iter().any(|one| one.as_str() == Some(self.settings.audience.as_str()))
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
                false
            }
        };
        let issuer = compact.claims.get("iss").and_then(Value::as_str);
        audience && issuer == Some(self.settings.issuer.as_str())
    }

    /// Whether the keys of an earlier verification are still the present ones.
    pub(super) fn still_has(&self, with: &VerifiedWith) -> bool {
        match (&self.keys, with) {
            (Keys::Fixed(_), VerifiedWith::Fixed) => true,
            (Keys::Remote(remote), VerifiedWith::Fetched(then)) => {
                remote.kept().is_some_and(|now| Arc::ptr_eq(&now, then))
            }
            (Keys::Fixed(_), VerifiedWith::Fetched(_)) | (Keys::Remote(_), VerifiedWith::Fixed) => {
                false
            }
        }
    }

    /// Checks everything about a token but its times and what its claims mean.
    pub(super) async fn verify(
        &self,
        token: &str,
        compact: &Compact,
    ) -> Result<VerifiedWith, AuthError> {
        let algorithm = keys::by_name(&compact.algorithm).ok_or(AuthError::Algorithm)?;
        let rule = self.rules.iter().find(|(configured, _)| *configured == algorithm);
        let (_, rule) = rule.ok_or(AuthError::Algorithm)?;
        self.check_type(compact.typ.as_deref())?;
        let name = compact.key_id.as_deref();
        match &self.keys {
            Keys::Fixed(set) => {
                let key = set.find(name, algorithm).ok_or(AuthError::UnknownKey)?;
                check_signature(token, key, rule)?;
                Ok(VerifiedWith::Fixed)
            }
            Keys::Remote(remote) => {
                let mut set = remote.get().await.map_err(AuthError::KeysUnavailable)?;
                if set.keys.find(name, algorithm).is_none() {
                    set = remote.look_again().await.map_err(AuthError::KeysUnavailable)?;
                }
                let key = set.keys.find(name, algorithm).ok_or(AuthError::UnknownKey)?;
                check_signature(token, key, rule)?;
                Ok(VerifiedWith::Fetched(set))
            }
        }
    }

    /// Compares types as RFC 9068, section 4, has it: the prefix of media types may be left out.
    fn check_type(&self, typ: Option<&str>) -> Result<(), AuthError> {
        let Some(wanted) = &self.settings.typ else { return Ok(()) };
        let plain = |typ: &str| {
            let lower = typ.to_ascii_lowercase();
            lower.strip_prefix("application/").map_or(lower.clone(), str::to_owned)
        };
        let fits = typ.is_some_and(|typ| plain(typ) == plain(wanted));
        if fits { Ok(()) } else { Err(AuthError::Type) }
    }
}

/// What the library checks: signature, issuer, audience, and that an expiry is there. Times are
/// checked by our own clock.
fn rule(settings: &config::Issuer, algorithm: Algorithm) -> Validation {
    let mut rule = Validation::new(keys::library(algorithm));
    rule.set_issuer(&[&settings.issuer]);
    rule.set_audience(&[&settings.audience]);
    rule.set_required_spec_claims(&["exp", "iss", "aud"]);
    rule.validate_exp = false;
    rule.validate_nbf = false;
    rule
}

fn check_signature(token: &str, key: &DecodingKey, rule: &Validation) -> Result<(), AuthError> {
    match jsonwebtoken::decode::<IgnoredAny>(token, key, rule) {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::InvalidSignature) => {
            Err(AuthError::Signature)
        }
        Err(_) => Err(AuthError::Malformed("the library refuses it")),
    }
}
