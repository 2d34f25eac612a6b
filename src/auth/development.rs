//! Tokens for development, signed by whoever holds a file.
//!
//! Invariant: a token is made only for an issuer whose name says that it is for development, which
//! no gateway that others can reach is allowed to trust; and only if the gateway would take it.

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der},
    signature::{Ed25519KeyPair, KeyPair as _},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    compact::Compact,
    error::MintError,
    keys::{self, KeySet},
    verifier,
};
use crate::config::{Algorithm, Issuer};

/// The signing key of a development issuer.
pub struct DevelopmentKey {
    pair: Ed25519KeyPair,
}

/// From when, and for how long, a token is good.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// The moment it is issued.
    pub from: Timestamp,
    /// How long it is good.
    pub lasts: SignedDuration,
}

impl DevelopmentKey {
    /// A new key.
    pub fn generate() -> Result<Self, MintError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| MintError::Randomness)?;
        Ok(Self { pair })
    }

    /// Reads a private key as `openssl genpkey -algorithm ed25519` writes it.
    pub fn from_pem(text: &str) -> Result<Self, MintError> {
        let body = text.trim().strip_prefix("-----BEGIN PRIVATE KEY-----");
        let body = body.and_then(|rest| rest.strip_suffix("-----END PRIVATE KEY-----"));
        let body: Zeroizing<String> = Zeroizing::new(
            body.ok_or(MintError::Key)?.chars().filter(|it| !it.is_ascii_whitespace()).collect(),
        );
        let der = Zeroizing::new(STANDARD.decode(body.as_bytes()).map_err(|_| MintError::Key)?);
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|_| MintError::Key)?;
        Ok(Self { pair })
    }

    /// The private key in PEM form (PKCS#8), to be kept in a file.
    pub fn private_pem(&self) -> Result<Zeroizing<String>, MintError> {
        let der: Pkcs8V1Der<'_> = self.pair.as_der().map_err(|_| MintError::Key)?;
        Ok(Zeroizing::new(pem("PRIVATE KEY", der.as_ref())))
    }

    /// The public half, in the form that `public_key_file` takes.
    pub fn public_pem(&self) -> Result<String, MintError> {
        let key = self.pair.public_key();
        let der: PublicKeyX509Der<'_> = key.as_der().map_err(|_| MintError::Key)?;
        Ok(pem("PUBLIC KEY", der.as_ref()))
    }

    /// A token of this issuer with these claims beside those that every token has.
    pub fn mint(
        &self,
        issuer: &Issuer,
        claims: Map<String, Value>,
        life: Life,
    ) -> Result<String, MintError> {
        if !issuer.is_development() {
            return Err(MintError::NotDevelopment(issuer.issuer.clone()));
        }
        if !issuer.algorithms.contains(&Algorithm::EdDsa) {
            return Err(MintError::Algorithm);
        }
        let end = life.from.saturating_add(life.lasts).unwrap_or(Timestamp::MAX);
        let mut all = claims;
        for (name, value) in [
            ("iss", json!(issuer.issuer)),
            ("aud", json!(issuer.audience)),
            ("iat", json!(life.from.as_second())),
            ("exp", json!(end.as_second())),
            ("jti", json!(Uuid::new_v4())),
        ] {
            if all.insert(name.to_owned(), value).is_some() {
                return Err(MintError::Reserved(name.to_owned()));
            }
        }
        // RFC 9068, section 2.1; any other that the issuer is configured with is as good.
        let typ = issuer.typ.as_deref().unwrap_or("at+jwt");
        let token = self.sign(&json!({ "alg": "EdDSA", "typ": typ }), &Value::Object(all));
        try_out(&token, issuer, life.from)?;
        Ok(token)
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let [header, claims] =
            [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let signature = self.pair.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Whether the gateway would take the token: another key than the configured one, or a user id that
/// none can be, is better noticed here than by a 401 that does not say why.
fn try_out(token: &str, issuer: &Issuer, now: Timestamp) -> Result<(), MintError> {
    let compact = Compact::parse(token).map_err(MintError::Refused)?;
    // Keys that are fetched are left to the gateway.
    if let Some(set) = KeySet::configured(issuer) {
        let set = set.map_err(MintError::Keys)?;
        let algorithm = keys::chosen(&compact.jws, &issuer.algorithms);
        algorithm.and_then(|it| set.verify(&compact.jws, it)).map_err(MintError::Refused)?;
    }
    verifier::caller(&compact, 0, issuer, now).map(drop).map_err(MintError::Refused)
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = Zeroizing::new(STANDARD.encode(der));
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", body.as_str())
}

impl std::fmt::Debug for DevelopmentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DevelopmentKey").finish_non_exhaustive()
    }
}
