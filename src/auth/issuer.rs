//! One trusted issuer: its rules, its keys, and whether a token is from it.
//!
//! Invariant: the algorithm and the key come from here; a token only says which of them it means.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    compact::Jws,
    error::{AuthError, AuthSetupError},
    keys::{self, KeySet},
};
use crate::{
    config::{self, KeySource},
    domain::{Clock, Tasks},
    upstream::{FetchedKeys, HttpClient, RemoteKeys},
};

/// An entry of the configuration, ready to verify.
#[derive(Debug)]
pub(super) struct TrustedIssuer {
    pub(super) settings: config::Issuer,
    keys: Keys,
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
        if settings.is_development() {
            tracing::warn!(issuer = settings.issuer, "tokens for development are trusted");
        }
        let fault = |why| AuthSetupError { issuer: settings.issuer.clone(), why };
        let keys = match &settings.keys {
            KeySource::JwksUrl(url) => Keys::Remote(RemoteKeys::new(
                http.clone(),
                url.clone(),
                KeySet::from_jwks,
                Arc::clone(clock),
                tasks.clone(),
            )),
            KeySource::Jwks(_) | KeySource::PublicKey(_) | KeySource::Hs256(_) => {
                let read = KeySet::configured(settings).unwrap_or(Err("they are not there"));
                Keys::Fixed(Arc::new(read.map_err(fault)?))
            }
        };
        Ok(Self { settings: settings.clone(), keys })
    }

    /// Whether a token says that it is from here and meant for us (RFC 7519, section 4.1).
    pub(super) fn is_named_by(&self, claims: &Map<String, Value>) -> bool {
        let audience = match claims.get("aud") {
            Some(Value::String(one)) => *one == self.settings.audience,
            Some(Value::Array(all)) => {
                all.iter().any(|one| one.as_str() == Some(self.settings.audience.as_str()))
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
                false
            }
        };
        let issuer = claims.get("iss").and_then(Value::as_str);
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

    /// Checks everything about a token that says to be from here but its times and what its claims
    /// mean. The algorithm is looked at before a key set is fetched for its sake.
    pub(super) async fn verify(&self, jws: &Jws<'_>) -> Result<VerifiedWith, AuthError> {
        let algorithm = keys::chosen(jws, &self.settings.algorithms)?;
        self.check_type(jws.typ.as_deref())?;
        match &self.keys {
            Keys::Fixed(set) => set.verify(jws, algorithm).map(|()| VerifiedWith::Fixed),
            Keys::Remote(remote) => {
                let mut set = remote.get().await.map_err(AuthError::KeysUnavailable)?;
                let mut verdict = set.keys.verify(jws, algorithm);
                if matches!(verdict, Err(AuthError::UnknownKey)) {
                    set = remote.look_again().await.map_err(AuthError::KeysUnavailable)?;
                    verdict = set.keys.verify(jws, algorithm);
                }
                verdict.map(|()| VerifiedWith::Fetched(set))
            }
        }
    }

    /// Compares types as RFC 9068, section 4, has it: the prefix of media types may be left out.
    /// Without a configured one, only types that say no more than "a token" are taken: what is
    /// typed as something else (a logout token, a proof, an event) was not made to open doors (RFC
    /// 8725, section 3.11).
    fn check_type(&self, typ: Option<&str>) -> Result<(), AuthError> {
        let plain = |typ: &str| {
            let lower = typ.to_ascii_lowercase();
            lower.strip_prefix("application/").map_or(lower.clone(), str::to_owned)
        };
        let fits = match &self.settings.typ {
            Some(wanted) => typ.is_some_and(|typ| plain(typ) == plain(wanted)),
            None => typ.is_none_or(|typ| ["jwt", "at+jwt"].contains(&plain(typ).as_str())),
        };
        if fits { Ok(()) } else { Err(AuthError::Type) }
    }
}
