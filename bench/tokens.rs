//! Access tokens as an identity provider would issue them: RS256, with a verified phone number.
//!
//! They are minted before anything is measured, since signing costs far more than what follows.

use std::thread;

use anyhow::{Context as _, Result, anyhow};
use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::json;

/// Long enough for any run.
const LIFE_SECONDS: u64 = 2 * 60 * 60;

/// Who signs.
#[derive(Debug)]
pub(crate) struct Issuer {
    key: KeyPair,
}

impl Issuer {
    /// A fresh key of 2048 bits, as most issuers have.
    pub(crate) fn generate() -> Result<Self> {
        let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no key was made"))?;
        Ok(Self { key })
    }

    /// The public key as the gateway reads it.
    pub(crate) fn public_pem(&self) -> Result<String> {
        let der: PublicKeyX509Der<'_> =
            self.key.public_key().as_der().map_err(|_| anyhow!("the key cannot be written"))?;
        let body = STANDARD.encode(der.as_ref());
        Ok(format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"))
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
        let header = json!({"alg": "RS256", "typ": "JWT"});
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| anyhow!("nothing was signed"))
            .context("RS256")?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn part(value: &serde_json::Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
