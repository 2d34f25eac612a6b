//! Access tokens as an identity provider would issue them, with a verified phone number.
//!
//! They are minted before anything is measured, since signing costs far more than what follows.

use std::{fs, path::Path, thread};

use anyhow::{Context as _, Result, anyhow};
use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        RSA_PKCS1_SHA256,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use clap::ValueEnum;
use serde_json::{Value, json};

/// Long enough for any run.
const LIFE_SECONDS: u64 = 2 * 60 * 60;

/// What tokens are signed with (RFC 7518, section 3.1; RFC 8037).
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Algorithm {
    #[value(name = "RS256")]
    Rs256,
    #[value(name = "ES256")]
    Es256,
    #[value(name = "EdDSA")]
    EdDsa,
}

/// Who signs.
#[derive(Debug)]
pub(crate) struct Issuer {
    key: Key,
}

/// Of the kind that most issuers have: RSA with 2048 bits, P-256, Ed25519.
#[derive(Debug)]
enum Key {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Issuer {
    /// A fresh key.
    pub(crate) fn generate(algorithm: Algorithm) -> Result<Self> {
        let key = match algorithm {
            Algorithm::Rs256 => RsaKeyPair::generate(KeySize::Rsa2048).map(Key::Rsa),
            Algorithm::Es256 => {
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Key::P256)
            }
            Algorithm::EdDsa => Ed25519KeyPair::generate().map(Key::Ed25519),
        };
        Ok(Self { key: key.map_err(|_| anyhow!("no key was made"))? })
    }

    /// Writes the public key: `issuer.pem` as the gateway reads it, and `jwks.json` for others.
    pub(crate) fn publish(&self, folder: &Path) -> Result<()> {
        fs::write(folder.join("issuer.pem"), self.public_pem()?)?;
        if let Some(keys) = self.key_set() {
            fs::write(folder.join("jwks.json"), keys)?;
        }
        Ok(())
    }

    fn public_pem(&self) -> Result<String> {
        let der: PublicKeyX509Der<'_> = match &self.key {
            Key::Rsa(key) => key.public_key().as_der(),
            Key::P256(key) => key.public_key().as_der(),
            Key::Ed25519(key) => key.public_key().as_der(),
        }
        .map_err(|_| anyhow!("the key cannot be written"))?;
        let body = STANDARD.encode(der.as_ref());
        Ok(format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"))
    }

    /// For RSA alone, which is what others are compared with.
    fn key_set(&self) -> Option<String> {
        let Key::Rsa(key) = &self.key else { return None };
        let public = key.public_key();
        let (modulus, exponent) = (public.modulus(), public.exponent());
        let bytes = |it: &[u8]| URL_SAFE_NO_PAD.encode(it);
        let key = json!({
            "kty": "RSA", "alg": "RS256", "use": "sig",
            "n": bytes(modulus.big_endian_without_leading_zero()),
            "e": bytes(exponent.big_endian_without_leading_zero()),
        });
        Some(json!({ "keys": [key] }).to_string())
    }

    /// One token each for `count` users, signed on all cores.
    pub(crate) fn mint(&self, count: usize, now: u64) -> Result<Vec<String>> {
        let threads = thread::available_parallelism()?.get();
        let share = count.div_ceil(threads);
        let shares: Vec<Result<Vec<String>>> = thread::scope(|scope| {
            let running: Vec<_> = (0..threads)
                .map(|part| {
                    let users = (part * share).min(count)..((part + 1) * share).min(count);
                    scope.spawn(move || users.map(|user| self.token(user, now)).collect())
                })
                .collect();
            let ended = running.into_iter().map(thread::ScopedJoinHandle::join);
            ended.map(|end| end.unwrap_or_else(|_| Err(anyhow!("a signer fell over")))).collect()
        });
        let shares: Vec<Vec<String>> = shares.into_iter().collect::<Result<_>>()?;
        Ok(shares.concat())
    }

    fn token(&self, user: usize, now: u64) -> Result<String> {
        let claims = json!({
            "iss": "https://login.bench.example/",
            "aud": "kyc-gateway",
            "sub": format!("bench-{user:07}"),
            "client_id": "bench-app",
            "iat": now,
            "exp": now + LIFE_SECONDS,
            "jti": format!("t-{user:07}"),
            "phone_number": format!("+62812{user:08}"),
            "phone_number_verified": true,
        });
        let header = json!({"alg": self.key.name(), "typ": "JWT"});
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.key.sign(signed.as_bytes()).context("nothing was signed")?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl Key {
    const fn name(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
                Some(signature)
            }
            Self::P256(key) => {
                key.sign(&SystemRandom::new(), message).ok().map(|it| it.as_ref().to_vec())
            }
            Self::Ed25519(key) => Some(key.sign(message).as_ref().to_vec()),
        }
    }
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
