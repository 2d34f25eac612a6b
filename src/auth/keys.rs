//! An issuer's keys, each with the algorithms it may be used for.
//!
//! Invariant: a key is found by its own type and by the name it has in the issuer's set. A public
//! key can never serve as a shared secret, nor an RSA key for an elliptic curve, and a key too weak
//! to trust serves for nothing.

use std::fmt;

use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::Value;

use super::{compact::Jws, error::AuthError, strength};
use crate::config::{self, Algorithm, KeySource};

/// Keys to verify signatures with.
pub(super) struct KeySet {
    keys: Vec<Key>,
    /// The only key serves whatever name a token gives it.
    nameless: bool,
}

struct Key {
    name: Option<String>,
    fits: Vec<Algorithm>,
    verifies_with: DecodingKey,
}

const RSA: [Algorithm; 6] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
];

impl KeySet {
    /// The keys of an issuer whose settings hold them; `None` if they have to be fetched.
    pub(super) fn configured(settings: &config::Issuer) -> Option<Result<Self, &'static str>> {
        Some(match &settings.keys {
            KeySource::JwksUrl(_) => return None,
            KeySource::Jwks(file) => Self::from_jwks(file.text.as_bytes()),
            KeySource::PublicKey(file) => Self::from_pem(&file.text, &settings.algorithms),
            KeySource::Hs256(secret) => Self::from_secret(secret.expose_secret().as_bytes()),
        })
    }

    /// Reads a key set (RFC 7517). Keys we cannot use are left out, as section 5 asks; a set
    /// without any that we can use is an error, so that it never replaces a good one.
    pub(super) fn from_jwks(text: &[u8]) -> Result<Self, &'static str> {
        #[derive(Deserialize)]
        struct Wire {
            keys: Vec<Value>,
        }
        let wire: Wire = serde_json::from_slice(text).map_err(|_| "not a JSON Web Key Set")?;
        let usable = |(at, value)| match Key::from_jwk(value) {
            Ok(key) => Some(key),
            Err(why) => {
                tracing::debug!(key.index = at, why, "a key of a set is left out");
                None
            }
        };
        let keys: Vec<_> = wire.keys.into_iter().enumerate().filter_map(usable).collect();
        if keys.is_empty() {
            return Err("no key in the set can verify signatures");
        }
        Ok(Self { keys, nameless: false })
    }

    /// Takes one public key in PEM form, to be used with `algorithms`, which are of one family.
    pub(super) fn from_pem(text: &str, algorithms: &[Algorithm]) -> Result<Self, &'static str> {
        let read = match algorithms.first() {
            None => return Err("no algorithm is configured"),
            Some(Algorithm::Hs256) => return Err("a public key is no shared secret"),
            Some(
                Algorithm::Rs256
                | Algorithm::Rs384
                | Algorithm::Rs512
                | Algorithm::Ps256
                | Algorithm::Ps384
                | Algorithm::Ps512,
            ) => DecodingKey::from_rsa_pem,
            Some(Algorithm::Es256 | Algorithm::Es384) => DecodingKey::from_ec_pem,
            Some(Algorithm::EdDsa) => DecodingKey::from_ed_pem,
        };
        let key = read(text.as_bytes()).map_err(|_| "not a public key for its algorithms")?;
        Self::single(key, algorithms.to_vec())
    }

    /// Takes a shared secret.
    pub(super) fn from_secret(secret: &[u8]) -> Result<Self, &'static str> {
        Self::single(DecodingKey::from_secret(secret), vec![Algorithm::Hs256])
    }

    fn single(key: DecodingKey, fits: Vec<Algorithm>) -> Result<Self, &'static str> {
        let verifies_with = strength::sound(key, &fits)?;
        Ok(Self { keys: vec![Key { name: None, fits, verifies_with }], nameless: true })
    }

    /// Whether the signature was made with one of these keys, by `algorithm`.
    pub(super) fn verify(&self, jws: &Jws<'_>, algorithm: Algorithm) -> Result<(), AuthError> {
        let key = self.find(jws.key_id.as_deref(), algorithm).ok_or(AuthError::UnknownKey)?;
        let (signed, algorithm) = (jws.signed.as_bytes(), library(algorithm));
        match jsonwebtoken::crypto::verify(jws.signature, signed, key, algorithm) {
            Ok(true) => Ok(()),
            Ok(false) => Err(AuthError::Signature),
            Err(_) => Err(AuthError::Malformed("the signature")),
        }
    }

    /// The key that a token means. One without a name means the only key there is for its
    /// algorithm; if there are several, or several of one name, we do not guess.
    fn find(&self, name: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let is_meant =
            |key: &Key| self.nameless || name.is_none_or(|name| key.name.as_deref() == Some(name));
        let mut fitting =
            self.keys.iter().filter(|key| key.fits.contains(&algorithm) && is_meant(key));
        let only = fitting.next();
        only.filter(|_| fitting.next().is_none()).map(|key| &key.verifies_with)
    }
}

impl Key {
    /// Takes a key that is public, meant for signatures, of a type we know, and sound.
    fn from_jwk(value: Value) -> Result<Self, &'static str> {
        /// What only private and shared keys have (RFC 7518, section 6).
        const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];
        if PRIVATE.iter().any(|member| value.get(member).is_some()) {
            return Err("it is not public");
        }
        let jwk: Jwk = serde_json::from_value(value).map_err(|_| "it is no JSON Web Key")?;
        let of_use = jwk.common.public_key_use.as_ref();
        let operations = jwk.common.key_operations.as_ref();
        if of_use.is_some_and(|of_use| *of_use != PublicKeyUse::Signature)
            || operations.is_some_and(|all| !all.contains(&KeyOperations::Verify))
        {
            return Err("it is not meant for signatures");
        }
        let named = jwk.common.key_algorithm;
        let fits = |algorithm: &Algorithm| {
            named.is_none_or(|named| named == KeyAlgorithm::from(library(*algorithm)))
        };
        let fits: Vec<_> = by_type(&jwk.algorithm).iter().copied().filter(fits).collect();
        if fits.is_empty() {
            return Err("it is for none of the algorithms in use here");
        }
        let key = DecodingKey::from_jwk(&jwk).map_err(|_| "its numbers cannot be read")?;
        Ok(Self { name: jwk.common.key_id, verifies_with: strength::sound(key, &fits)?, fits })
    }
}

/// The algorithm of a token, if it is one of those `allowed`.
pub(super) fn chosen(jws: &Jws<'_>, allowed: &[Algorithm]) -> Result<Algorithm, AuthError> {
    let known = by_name(&jws.algorithm).filter(|algorithm| allowed.contains(algorithm));
    known.ok_or(AuthError::Algorithm)
}

/// The algorithms that a key of this type can be used for. Shared secrets do not belong into sets
/// that are published.
#[expect(clippy::wildcard_enum_match_arm, reason = "the library's enum is non-exhaustive")]
fn by_type(key: &AlgorithmParameters) -> &'static [Algorithm] {
    match key {
        AlgorithmParameters::RSA(_) => &RSA,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            &[Algorithm::Es256]
        }
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => {
            &[Algorithm::Es384]
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            &[Algorithm::EdDsa]
        }
        _ => &[],
    }
}

/// The library's name for an algorithm.
const fn library(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Rs384 => jsonwebtoken::Algorithm::RS384,
        Algorithm::Rs512 => jsonwebtoken::Algorithm::RS512,
        Algorithm::Ps256 => jsonwebtoken::Algorithm::PS256,
        Algorithm::Ps384 => jsonwebtoken::Algorithm::PS384,
        Algorithm::Ps512 => jsonwebtoken::Algorithm::PS512,
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::Es384 => jsonwebtoken::Algorithm::ES384,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
    }
}

/// The algorithm of this name in RFC 7518 and RFC 8037. `none` is not one.
fn by_name(name: &str) -> Option<Algorithm> {
    Some(match name {
        "HS256" => Algorithm::Hs256,
        "RS256" => Algorithm::Rs256,
        "RS384" => Algorithm::Rs384,
        "RS512" => Algorithm::Rs512,
        "PS256" => Algorithm::Ps256,
        "PS384" => Algorithm::Ps384,
        "PS512" => Algorithm::Ps512,
        "ES256" => Algorithm::Es256,
        "ES384" => Algorithm::Es384,
        "EdDSA" => Algorithm::EdDsa,
        _ => return None,
    })
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7517, appendix A.1, and RFC 8037, appendix A.2, with a shared secret and a key for
    // encryption thrown in.
    const SET: &str = r#"{"keys":[
        {"kty":"EC","crv":"P-256","use":"sig","kid":"ec",
         "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
         "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"},
        {"kty":"RSA","kid":"rsa","alg":"RS256","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB"},
        {"kty":"OKP","crv":"Ed25519","kid":"ed",
         "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty":"EC","crv":"P-256","use":"enc","kid":"enc",
         "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
         "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"},
        {"kty":"oct","kid":"oct","k":"c2VjcmV0"},
        {"kty":"NEW","kid":"new"}, 7]}"#;

    #[test]
    fn a_key_serves_only_under_its_name_and_for_its_algorithms() {
        let set = KeySet::from_jwks(SET.as_bytes()).unwrap();

        for (name, algorithm, found) in [
            ("ec", Algorithm::Es256, true),
            ("ec", Algorithm::Es384, false),
            ("ec", Algorithm::Rs256, false),
            ("rsa", Algorithm::Rs256, true),
            ("rsa", Algorithm::Ps256, false),
            ("rsa", Algorithm::Hs256, false),
            ("ed", Algorithm::EdDsa, true),
            ("enc", Algorithm::Es256, false),
            ("oct", Algorithm::Hs256, false),
            ("other", Algorithm::Rs256, false),
        ] {
            assert_eq!(set.find(Some(name), algorithm).is_some(), found, "{name} {algorithm:?}");
        }
    }

    #[test]
    fn a_nameless_token_means_the_only_fitting_key() {
        let set = KeySet::from_jwks(SET.as_bytes()).unwrap();
        let two = SET.replace(r#""use":"enc""#, r#""use":"sig""#);
        let ambiguous = KeySet::from_jwks(two.as_bytes()).unwrap();

        assert!(set.find(None, Algorithm::Es256).is_some());
        assert!(ambiguous.find(None, Algorithm::Es256).is_none());
    }

    #[test]
    fn two_keys_of_one_name_are_none() {
        let twins = SET.replace(r#""kid":"enc""#, r#""kid":"ec""#).replace("\"enc\"", "\"sig\"");
        let set = KeySet::from_jwks(twins.as_bytes()).unwrap();

        assert!(set.find(Some("ec"), Algorithm::Es256).is_none());
        assert!(set.find(Some("rsa"), Algorithm::Rs256).is_some());
    }

    #[test]
    fn the_operations_of_a_key_are_what_it_is_used_for() {
        for (operations, found) in [
            (r#"["verify"]"#, true),
            (r#"["sign","verify"]"#, true),
            (r#"["encrypt"]"#, false),
            (r#"["sign"]"#, false),
            ("[]", false),
        ] {
            let text = SET.replace(r#""use":"enc""#, &format!(r#""key_ops":{operations}"#));
            let set = KeySet::from_jwks(text.as_bytes()).unwrap();

            let is_found = set.find(Some("enc"), Algorithm::Es256).is_some();

            assert_eq!(is_found, found, "{operations}");
        }
    }

    #[test]
    fn a_published_private_key_is_not_believed() {
        let leaked = SET.replace(r#""kid":"ed","#, r#""kid":"ed","d":"nWGxne_9","#);
        let set = KeySet::from_jwks(leaked.as_bytes()).unwrap();

        assert!(set.find(Some("ed"), Algorithm::EdDsa).is_none());
    }

    #[test]
    fn a_set_without_a_usable_key_is_an_error() {
        for text in ["", "{}", "[]", r#"{"keys":[]}"#, r#"{"keys":{}}"#, r#"{"keys":[1]}"#] {
            assert!(KeySet::from_jwks(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_single_key_serves_whatever_name_a_token_gives_it() {
        let set = KeySet::from_secret(b"0123456789abcdef0123456789abcdef").unwrap();

        assert!(set.find(Some("any"), Algorithm::Hs256).is_some());
        assert!(set.find(None, Algorithm::Hs256).is_some());
        assert!(set.find(None, Algorithm::Rs256).is_none());
    }

    #[test]
    fn names_of_algorithms_are_exact() {
        for name in ["none", "None", "", "rs256", "HS384", "ES512", "RS256 "] {
            assert_eq!(by_name(name), None, "{name}");
        }
    }
}
