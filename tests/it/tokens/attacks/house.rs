//! A gateway that trusts issuers of every kind, and the hand of a forger.

use std::sync::LazyLock;

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rsa::KeySize,
    signature::{KeyPair, RsaKeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use gerbang::config::Algorithm;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::mint::{SECRET, Signer, key_set, rsa_key};
use crate::support::{Answer, TestApp};

/// An issuer with a key set, one key a kind, and every algorithm.
pub(super) const MANY: &str = "https://many.example/";
/// An issuer with one RSA key in PEM form, for RS256 alone.
pub(super) const RSA: &str = "https://rsa.example/";
/// An issuer with a shared secret.
pub(super) const SHARED: &str = "https://shared.example/";
/// An issuer that types its tokens.
pub(super) const TYPED: &str = "https://typed.example/";

/// What becomes of a request: status and problem type.
pub(super) type Fate = (u16, &'static str);
pub(super) const TAKEN: Fate = (200, "");
pub(super) const REFUSED: Fate = (401, "invalid-token");
pub(super) const UNSEEN: Fate = (401, "authentication-required");
pub(super) const TOO_LARGE: Fate = (431, "header-too-large");

/// One attack: what it is, the token, and what becomes of it.
pub(super) type Row = (String, String, Fate);

pub(super) fn row(name: &str, token: String, fate: Fate) -> Row {
    (name.to_owned(), token, fate)
}

/// Keys that the gateway knows, but for the last.
pub(super) struct Keys {
    pub(super) rsa: Signer,
    pub(super) p256: Signer,
    pub(super) p384: Signer,
    pub(super) ed: Signer,
    pub(super) secret: Signer,
    pub(super) typed: Signer,
    /// The key of [`RSA`], and its public half in DER.
    pub(super) pem: (Signer, Vec<u8>),
    /// The forger's own.
    pub(super) forger: Signer,
}

/// Made once: RSA keys take their time.
pub(super) static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let of_pem = Signer {
        algorithm: jsonwebtoken::Algorithm::RS256,
        key: rsa_key(&pair),
        kid: "pem".to_owned(),
    };
    Keys {
        rsa: Signer::new("rsa", Algorithm::Rs256),
        p256: Signer::new("p256", Algorithm::Es256),
        p384: Signer::new("p384", Algorithm::Es384),
        ed: Signer::new("ed", Algorithm::EdDsa),
        secret: Signer::new("secret", Algorithm::Hs256),
        typed: Signer::new("typed", Algorithm::EdDsa),
        pem: (of_pem, der.as_ref().to_vec()),
        forger: Signer::new("ed", Algorithm::EdDsa),
    }
});

/// The public key of [`RSA`] as its file has it.
pub(super) fn public_pem() -> String {
    let body = STANDARD.encode(&KEYS.pem.1);
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
}

pub(super) struct House {
    pub(super) app: TestApp,
    now: i64,
}

impl House {
    pub(super) async fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let keys = &*KEYS;
        let all = [&keys.rsa, &keys.p256, &keys.p384, &keys.ed].map(Signer::jwk).map(unbound);
        let many = file("many.json", &json!({ "keys": all }).to_string());
        let typed = file("typed.json", &key_set(&[&keys.typed]));
        let (pem, secret) = (file("rsa.pem", &public_pem()), file("secret", SECRET));
        let all = r#"["RS256","RS384","RS512","PS256","PS384","PS512","ES256","ES384","EdDSA"]"#;
        let settings = [
            entry("app", MANY, &format!("algorithms = {all}\njwks_file = \"{many}\"")),
            entry("app", RSA, &format!("algorithms = [\"RS256\"]\npublic_key_file = \"{pem}\"")),
            entry("app", SHARED, &hs256(&secret)),
            entry(
                "app",
                TYPED,
                &format!("algorithms = [\"EdDSA\"]\njwks_file = \"{typed}\"\ntyp = \"at+jwt\""),
            ),
            entry("backend", MANY, &format!("algorithms = [\"ES256\"]\njwks_file = \"{many}\"")),
        ];
        let app = TestApp::builder().apps("shared_users = true").settings(&settings.join("\n"));
        let app = app.start().await;
        let now = app.now().as_second();
        Self { app, now }
    }

    pub(super) const fn now(&self) -> i64 {
        self.now
    }

    /// Claims that are good at [`MANY`], but for those replaced here; null removes.
    pub(super) fn claims(&self, other: Value) -> Value {
        let now = self.now;
        let mut claims = json!({
            "iss": MANY, "aud": "gerbang", "sub": "cust-1", "client_id": "app",
            "iat": now, "nbf": now, "exp": now + 300,
        });
        let all = claims.as_object_mut().unwrap();
        all.extend(other.as_object().unwrap().clone());
        all.retain(|_, value| !value.is_null());
        claims
    }

    /// A token of [`MANY`] that is good but for these claims.
    pub(super) fn claiming(&self, other: Value) -> String {
        let claims = self.claims(other).to_string();
        forge(&KEYS.ed, &head(&KEYS.ed), &claims)
    }

    /// The same with one member as this text, whatever it is.
    pub(super) fn with_member(&self, name: &str, text: &str) -> String {
        let claims = self.claims(json!({ name: null })).to_string();
        let claims = claims.replacen('{', &format!("{{\"{name}\":{text},"), 1);
        forge(&KEYS.ed, &head(&KEYS.ed), &claims)
    }

    /// A token of [`MANY`] with this header.
    pub(super) fn headed(&self, signer: &Signer, header: &str) -> String {
        forge(signer, header, &self.claims(json!({})).to_string())
    }

    /// A token that is good.
    pub(super) fn good(&self) -> String {
        self.claiming(json!({}))
    }

    /// Sends every token to an app's operation and to a back end's. No token here opens the second,
    /// and every refusal of a token reads like every other.
    pub(super) async fn judge(&self, rows: Vec<Row>) {
        let mut wrong = Vec::new();
        for (name, token, fate) in rows {
            let sent = format!("Bearer {token}");
            let at_app = self.send("/v1/verifications", &[("authorization", &sent)]).await;
            let path = "/v1/backend/verifications/ver_01h455vb4pex5vsknk084sn02q";
            let at_backend = self.send(path, &[("authorization", &sent)]).await;
            let other_fate = if fate == TAKEN { REFUSED } else { fate };
            for (place, answer, fate) in
                [("app", at_app, fate), ("back end", at_backend, other_fate)]
            {
                if let Some(fault) = fault(&answer, fate) {
                    wrong.push(format!("{name}, at the {place}: {fault}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    /// A request with these headers; held against the contract.
    pub(super) async fn send(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request =
            self.app.http.request(Method::GET, format!("{}{path}", self.app.base_url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.app.send(request).await
    }
}

/// What is wrong with an answer.
pub(super) fn fault(answer: &Answer, fate: Fate) -> Option<String> {
    let problem = if answer.status == 200 { String::new() } else { answer.problem() };
    if (answer.status, problem.as_str()) != fate {
        return Some(format!("{} {problem}", answer.status));
    }
    let (challenge, detail) = match fate {
        REFUSED => (
            r#"Bearer realm="gerbang", error="invalid_token""#,
            "Get a new access token and try again.",
        ),
        UNSEEN => {
            (r#"Bearer realm="gerbang""#, "Send an access token as `Authorization: Bearer …`.")
        }
        _ => return None,
    };
    let mut members: Vec<_> = answer.json().as_object().unwrap().keys().cloned().collect();
    members.sort();
    let says_more = members != ["detail", "instance", "status", "title", "type"]
        || answer.header("www-authenticate") != challenge
        || answer.text("/detail") != detail;
    says_more
        .then(|| format!("it says more: {} {}", answer.header("www-authenticate"), answer.json()))
}

fn entry(token_use: &str, issuer: &str, rest: &str) -> String {
    let (audience, shared) = match token_use {
        "app" => ("gerbang", "shared_users = true"),
        _ => ("gerbang-backend", ""),
    };
    format!(
        "[[auth.issuers]]\nuse = \"{token_use}\"\nissuer = \"{issuer}\"\naudience = \
         \"{audience}\"\n{rest}\n{shared}\n"
    )
}

fn hs256(secret: &str) -> String {
    format!("algorithms = [\"HS256\"]\nhs256_secret_file = \"{secret}\"")
}

/// A key for every algorithm of its kind: that a token of one is none of another must not hang on
/// the set's saying so.
fn unbound(mut jwk: Value) -> Value {
    jwk.as_object_mut().unwrap().remove("alg");
    jwk
}

/// The header that a signer writes.
pub(super) fn head(signer: &Signer) -> String {
    json!({ "alg": signer.algorithm, "kid": signer.kid }).to_string()
}

/// Signs these texts with the signer's own algorithm, whatever they say.
pub(super) fn forge(signer: &Signer, header: &str, payload: &str) -> String {
    forge_by(signer, signer.algorithm, header, payload)
}

/// The same, by another algorithm of the key.
pub(super) fn forge_by(
    signer: &Signer,
    algorithm: jsonwebtoken::Algorithm,
    header: &str,
    payload: &str,
) -> String {
    sealed(signer, algorithm, &format!("{}.{}", encode(header), encode(payload)))
}

/// Puts a signature behind these two parts, as they are.
pub(super) fn sealed(signer: &Signer, algorithm: jsonwebtoken::Algorithm, parts: &str) -> String {
    let signature = jsonwebtoken::crypto::sign(parts.as_bytes(), &signer.key, algorithm).unwrap();
    format!("{parts}.{signature}")
}

pub(super) fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

/// The token with another signature.
pub(super) fn signed_by(token: &str, signature: &[u8]) -> String {
    let (signed, _) = token.rsplit_once('.').unwrap();
    format!("{signed}.{}", encode(signature))
}

/// The signature of a token.
pub(super) fn signature(token: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(token.rsplit_once('.').unwrap().1).unwrap()
}
