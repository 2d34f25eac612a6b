//! An issuer of access tokens: signs what a test tells it to.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// DER before an Ed25519 public key (RFC 8410, section 4).
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0];

pub(crate) struct Issuer {
    name: &'static str,
    key: EncodingKey,
    public_pem: String,
}

impl Issuer {
    pub(crate) fn new(name: &'static str) -> Self {
        let document =
            Ed25519KeyPair::generate_pkcs8v1(&aws_lc_rs::rand::SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
        let spki = [&SPKI_PREFIX, pair.public_key().as_ref()].concat();
        let public_pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(spki)
        );
        Self { name, key: EncodingKey::from_ed_der(document.as_ref()), public_pem }
    }

    pub(crate) fn public_pem(&self) -> &str {
        &self.public_pem
    }

    /// A token of an hour from `now` (Unix seconds), with `claims` put over the usual ones.
    pub(crate) fn token(&self, now: i64, claims: Value) -> String {
        let mut all = json!({ "iss": self.name, "aud": "gerbang", "iat": now, "exp": now + 3600 });
        let members = all.as_object_mut().unwrap();
        for (name, value) in claims.as_object().unwrap() {
            members.insert(name.clone(), value.clone());
        }
        members.retain(|_, value| !value.is_null());
        jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &all, &self.key).unwrap()
    }
}
