//! An issuer of the test's own: keys, tokens, and the settings of a gateway that trusts it.

use std::time::Duration;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair, RsaKeyPair,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use gerbang::{
    auth::{TokenVerifier, install_crypto},
    config::{self, Algorithm, Claims, ContactProof, Egress, KeySource, TextFile, TokenUse},
    domain::{Clock, Tasks},
    upstream::HttpClient,
};
use jsonwebtoken::{EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};

use crate::support::ManualClock;

pub(crate) const ISSUER: &str = "https://login.partner.example/";
pub(crate) const AUDIENCE: &str = "https://kyc.partner.example";

/// A private key and what it signs.
pub(crate) struct Signer {
    pub(crate) algorithm: jsonwebtoken::Algorithm,
    pub(crate) key: EncodingKey,
    pub(crate) kid: String,
}

impl Signer {
    /// A fresh key of this kind.
    pub(crate) fn new(kid: &str, algorithm: Algorithm) -> Self {
        install_crypto();
        let random = SystemRandom::new();
        let (algorithm, key) = match algorithm {
            Algorithm::Hs256 => {
                (jsonwebtoken::Algorithm::HS256, EncodingKey::from_secret(SECRET.as_bytes()))
            }
            Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 => {
                (jsonwebtoken::Algorithm::RS256, rsa())
            }
            Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512 => {
                (jsonwebtoken::Algorithm::PS256, rsa())
            }
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
                (jsonwebtoken::Algorithm::ES256, EncodingKey::from_ec_der(pair.unwrap().as_ref()))
            }
            Algorithm::Es384 => {
                let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &random);
                (jsonwebtoken::Algorithm::ES384, EncodingKey::from_ec_der(pair.unwrap().as_ref()))
            }
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::generate_pkcs8v1(&random).unwrap();
                (jsonwebtoken::Algorithm::EdDSA, EncodingKey::from_ed_der(pair.as_ref()))
            }
        };
        Self { algorithm, key, kid: kid.to_owned() }
    }

    /// The public half, for a key set.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.kid.clone());
        serde_json::to_value(jwk).unwrap()
    }

    /// A token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_with(claims, |_| {})
    }

    /// The same, with another header.
    pub(crate) fn sign_with(&self, claims: &Value, header: impl FnOnce(&mut Header)) -> String {
        let mut chosen = Header::new(self.algorithm);
        chosen.kid = Some(self.kid.clone());
        header(&mut chosen);
        jsonwebtoken::encode(&chosen, claims, &self.key).unwrap()
    }
}

/// The shared secret of issuers that have one.
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn rsa() -> EncodingKey {
    rsa_key(&RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
}

/// The private key as the library takes it.
pub(crate) fn rsa_key(pair: &RsaKeyPair) -> EncodingKey {
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let body = STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()
}

/// The public keys as issuers publish them.
pub(crate) fn key_set(signers: &[&Signer]) -> String {
    let keys: Vec<_> = signers.iter().map(|signer| signer.jwk()).collect();
    json!({ "keys": keys }).to_string()
}

/// The same in a file.
pub(crate) fn key_file(signers: &[&Signer]) -> KeySource {
    KeySource::Jwks(TextFile { path: "jwks.json".into(), text: key_set(signers) })
}

/// An entry for the issuer of users.
pub(crate) fn issuer(algorithms: &[Algorithm], keys: KeySource) -> config::Issuer {
    config::Issuer {
        token_use: TokenUse::App,
        issuer: ISSUER.into(),
        audience: AUDIENCE.into(),
        algorithms: algorithms.to_vec(),
        keys,
        leeway: Duration::from_secs(30),
        typ: None,
        user_prefix: String::new(),
        app: None,
        contact: vec![ContactProof::Claims],
        proof: None,
        claims: Claims {
            user_id: "sub".into(),
            phone: "phone_number".into(),
            phone_verified: "phone_number_verified".into(),
            email: "email".into(),
            email_verified: "email_verified".into(),
            phone_reference: "phone_reference".into(),
            email_reference: "email_reference".into(),
            reference_required: false,
            scope: "scope".into(),
            app: "client_id".into(),
        },
        shared_users: false,
    }
}

/// A gateway's verifier on a clock of the test's.
pub(crate) struct Gate {
    pub(crate) clock: ManualClock,
    pub(crate) verifier: TokenVerifier,
}

impl Gate {
    pub(crate) fn new(issuers: &[config::Issuer]) -> Self {
        Self::with_patience(issuers, Duration::from_secs(1))
    }

    /// The same, with another deadline for making a connection.
    pub(crate) fn with_patience(issuers: &[config::Issuer], patience: Duration) -> Self {
        install_crypto();
        let clock = ManualClock::new();
        let egress = Egress { proxy_url: None, ca: None };
        let http = HttpClient::new(&egress, patience).unwrap();
        let tasks = Tasks::on_current_runtime();
        let verifier = TokenVerifier::new(issuers, &http, clock.shared(), &tasks).unwrap();
        Self { clock, verifier }
    }

    /// Claims of a token that is good for five minutes.
    pub(crate) fn claims(&self) -> Value {
        let now = self.clock.now().as_second();
        json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "cust-000481", "client_id": "consumer-app",
            "iat": now, "nbf": now, "exp": now + 300, "jti": "t-1",
        })
    }

    /// The claims with some of them replaced; null removes.
    pub(crate) fn claims_but(&self, other: Value) -> Value {
        let mut claims = self.claims();
        let all = claims.as_object_mut().unwrap();
        for (name, value) in other.as_object().unwrap() {
            if value.is_null() {
                all.remove(name);
            } else {
                all.insert(name.clone(), value.clone());
            }
        }
        claims
    }

    /// What an app's token is refused for, in the words of the log.
    pub(crate) async fn refusal(&self, token: &str) -> String {
        match self.verifier.app(token).await {
            Ok(_) => "taken".into(),
            Err(error) => format!("{error:?}"),
        }
    }
}
