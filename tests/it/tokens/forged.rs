//! Tokens that must not be believed, each wrong in one way.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gerbang::{
    config::{Algorithm, KeySource, TextFile, TokenUse},
    domain::Clock,
};
use jiff::SignedDuration;
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

use super::mint::{Gate, SECRET, Signer, issuer, key_file};

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// The token with its payload replaced.
fn with_payload(token: &str, payload: &str) -> String {
    let parts: Vec<_> = token.split('.').collect();
    format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(payload), parts[2])
}

#[tokio::test]
async fn tokens_of_every_algorithm_are_taken() {
    for algorithm in [
        Algorithm::Rs256,
        Algorithm::Ps256,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::EdDsa,
        Algorithm::Hs256,
    ] {
        let signer = Signer::new("k1", algorithm);
        let keys = match algorithm {
            Algorithm::Hs256 => KeySource::Hs256(SECRET.into()),
            _ => key_file(&[&signer]),
        };
        let gate = Gate::new(&[issuer(&[algorithm], keys)]);

        let caller = gate.verifier.app(&signer.sign(&gate.claims())).await.unwrap();

        assert_eq!(caller.user.as_str(), "cust-000481", "{algorithm:?}");
    }
}

/// RFC 7518, section 6.3.1.1, forbids them, and some issuers publish them all the same.
#[tokio::test]
async fn an_rsa_key_with_zeros_in_front_verifies() {
    let signer = Signer::new("k1", Algorithm::Rs256);
    let mut jwk = signer.jwk();
    for member in ["n", "e"] {
        let number = URL_SAFE_NO_PAD.decode(jwk[member].as_str().unwrap()).unwrap();
        jwk[member] = json!(URL_SAFE_NO_PAD.encode([&[0], &number[..]].concat()));
    }
    let text = json!({ "keys": [jwk] }).to_string();
    let keys = KeySource::Jwks(TextFile { path: "jwks.json".into(), text });
    let gate = Gate::new(&[issuer(&[Algorithm::Rs256], keys)]);

    assert_eq!(gate.refusal(&signer.sign(&gate.claims())).await, "taken");
}

#[tokio::test]
async fn claims_that_do_not_fit_are_refused_for_what_they_are() {
    let signer = Signer::new("k1", Algorithm::EdDsa);
    let gate = Gate::new(&[issuer(&[Algorithm::EdDsa], key_file(&[&signer]))]);
    let now = gate.clock.now().as_second();
    for (other, why) in [
        (json!({"iss": "https://evil.example/"}), "UnknownIssuer"),
        (json!({"iss": null}), "UnknownIssuer"),
        (json!({"iss": ["https://login.partner.example/"]}), "UnknownIssuer"),
        (json!({"aud": "https://other.partner.example"}), "UnknownIssuer"),
        (json!({"aud": null}), "UnknownIssuer"),
        (json!({"aud": []}), "UnknownIssuer"),
        (json!({"aud": ["a", "https://kyc.partner.example"]}), "taken"),
        (json!({"exp": null}), "Malformed("),
        (json!({"exp": now - 31}), "Expired"),
        (json!({"exp": now - 29}), "taken"),
        (json!({"nbf": now + 31}), "NotYetValid"),
        (json!({"iat": now + 31}), "NotYetValid"),
        (json!({"exp": "never"}), "Malformed("),
        (json!({"sub": null}), "User(Length)"),
        (json!({"sub": ""}), "User(Length)"),
        (json!({"sub": ["cust-1"]}), "User(Length)"),
        (json!({"sub": 4711}), "taken"),
        (json!({"sub": "a/b"}), "User(Character)"),
        (json!({"sub": "081234567890"}), "User(Personal)"),
        (json!({"sub": 6_281_234_567_890_i64}), "User(Personal)"),
        (json!({"sub": "someone@example.com"}), "User(Personal)"),
        (json!({"sub": "9901015403920001"}), "User(Personal)"),
    ] {
        let refusal = gate.refusal(&signer.sign(&gate.claims_but(other.clone()))).await;

        assert!(refusal.starts_with(why), "{other}: {refusal}");
    }
}

#[tokio::test]
async fn a_prefix_makes_a_phone_number_or_nothing_no_user_id() {
    let signer = Signer::new("k1", Algorithm::EdDsa);
    let mut entry = issuer(&[Algorithm::EdDsa], key_file(&[&signer]));
    entry.user_prefix = "acme|".into();
    let gate = Gate::new(&[entry]);

    let phone = gate.claims_but(json!({"sub": "081234567890"}));
    let caller = gate.verifier.app(&signer.sign(&gate.claims())).await.unwrap();

    assert_eq!(gate.refusal(&signer.sign(&phone)).await, "User(Personal)");
    let nobody = gate.claims_but(json!({"sub": ""}));
    assert_eq!(gate.refusal(&signer.sign(&nobody)).await, "User(Length)");
    assert_eq!(caller.user.as_str(), "acme|cust-000481");
}

#[tokio::test]
async fn a_changed_token_is_refused() {
    let signer = Signer::new("k1", Algorithm::EdDsa);
    let gate = Gate::new(&[issuer(&[Algorithm::EdDsa], key_file(&[&signer]))]);
    let good = signer.sign(&gate.claims());
    let other = gate.claims_but(json!({"sub": "cust-000482"})).to_string();
    let unsigned = &good[..=good.rfind('.').unwrap()];
    let doubled = other.replacen('{', r#"{"sub":"cust-000481","#, 1);

    assert_eq!(gate.refusal(&with_payload(&good, &other)).await, "Signature");
    assert!(gate.refusal(&with_payload(&good, &doubled)).await.starts_with("Malformed"));
    assert!(gate.refusal(unsigned).await.starts_with("Malformed"));
    assert!(gate.refusal(&format!("{good}=")).await.starts_with("Malformed"));
    assert!(gate.refusal(&format!("{good}.")).await.starts_with("Malformed"));
    assert_eq!(gate.refusal(&format!("{good}{}", "a".repeat(8192))).await, "TooLong");
    assert_eq!(gate.refusal(&good).await, "taken");
}

#[tokio::test]
async fn no_algorithm_but_the_issuers_own_is_used() {
    let signer = Signer::new("k1", Algorithm::EdDsa);
    let gate = Gate::new(&[issuer(&[Algorithm::EdDsa], key_file(&[&signer]))]);
    let payload = encode(&gate.claims());
    for algorithm in ["none", "None", "NONE", "", "HS256", "RS256", "EdDSA "] {
        let header = encode(&json!({"alg": algorithm, "kid": "k1"}));

        let refusal = gate.refusal(&format!("{header}.{payload}.c2ln")).await;

        assert_eq!(refusal, "Algorithm", "{algorithm}");
    }
}

#[tokio::test]
async fn a_public_key_is_never_taken_for_a_shared_secret() {
    let signer = Signer::new("k1", Algorithm::Es256);
    let jwk = signer.jwk();
    let gate = Gate::new(&[issuer(&[Algorithm::Es256, Algorithm::Hs256], key_file(&[&signer]))]);
    for secret in [jwk.to_string(), jwk["x"].as_str().unwrap().to_owned()] {
        let attacker = Signer {
            algorithm: jsonwebtoken::Algorithm::HS256,
            key: EncodingKey::from_secret(secret.as_bytes()),
            kid: "k1".into(),
        };

        assert_eq!(gate.refusal(&attacker.sign(&gate.claims())).await, "UnknownKey");
    }
}

#[tokio::test]
async fn keys_that_a_token_brings_along_are_ignored() {
    let signer = Signer::new("k1", Algorithm::EdDsa);
    let attacker = Signer::new("k1", Algorithm::EdDsa);
    let gate = Gate::new(&[issuer(&[Algorithm::EdDsa], key_file(&[&signer]))]);
    let token = attacker.sign_with(&gate.claims(), |header| {
        header.jwk = serde_json::from_value(attacker.jwk()).unwrap();
        header.jku = Some("http://127.0.0.1:9/jwks.json".into());
        header.x5u = Some("http://127.0.0.1:9/cert.pem".into());
    });

    assert_eq!(gate.refusal(&token).await, "Signature");
}

#[tokio::test]
async fn a_key_of_another_name_is_not_tried() {
    let signer = Signer::new("k1", Algorithm::EdDsa);
    let gate = Gate::new(&[issuer(&[Algorithm::EdDsa], key_file(&[&signer]))]);
    let renamed = signer.sign_with(&gate.claims(), |header| header.kid = Some("k2".into()));
    let nameless = signer.sign_with(&gate.claims(), |header| header.kid = None);

    assert_eq!(gate.refusal(&renamed).await, "UnknownKey");
    assert_eq!(gate.refusal(&nameless).await, "taken");
}

#[tokio::test]
async fn critical_extensions_are_refused() {
    let signer = Signer::new("k1", Algorithm::EdDsa);
    let gate = Gate::new(&[issuer(&[Algorithm::EdDsa], key_file(&[&signer]))]);
    let token = signer.sign_with(&gate.claims(), |header| header.crit = Some(vec!["exp".into()]));

    assert!(gate.refusal(&token).await.starts_with("Malformed"));
}

#[tokio::test]
async fn a_configured_type_keeps_other_tokens_out() {
    let signer = Signer::new("k1", Algorithm::EdDsa);
    let mut entry = issuer(&[Algorithm::EdDsa], key_file(&[&signer]));
    entry.typ = Some("at+jwt".into());
    let gate = Gate::new(&[entry]);
    for (typ, expected) in [
        (Some("at+jwt"), "taken"),
        (Some("AT+JWT"), "taken"),
        (Some("application/at+jwt"), "taken"),
        (Some("JWT"), "Type"),
        (None, "Type"),
    ] {
        let token = signer.sign_with(&gate.claims(), |header| header.typ = typ.map(str::to_owned));

        assert_eq!(gate.refusal(&token).await, expected, "{typ:?}");
    }
}

#[tokio::test]
async fn a_token_opens_only_the_operations_of_its_use() {
    let signer = Signer::new("k1", Algorithm::EdDsa);
    let app = issuer(&[Algorithm::EdDsa], key_file(&[&signer]));
    let mut backend = app.clone();
    backend.token_use = TokenUse::Backend;
    backend.audience = "gerbang-backend".into();
    let gate = Gate::new(&[app, backend]);
    let of_app = signer.sign(&gate.claims());
    let of_backend = signer.sign(&gate.claims_but(json!({"aud": "gerbang-backend"})));
    let both = json!({"aud": ["gerbang-backend", "https://kyc.partner.example"]});
    let of_both = signer.sign(&gate.claims_but(both));

    assert!(gate.verifier.app(&of_app).await.is_ok());
    assert!(gate.verifier.backend(&of_backend).await.is_ok());
    assert_eq!(gate.refusal(&of_backend).await, "WrongUse");
    assert!(gate.verifier.backend(&of_app).await.is_err());
    assert_eq!(gate.refusal(&of_both).await, "UnknownIssuer");
}

#[tokio::test]
async fn a_remembered_token_still_expires() {
    let signer = Signer::new("k1", Algorithm::EdDsa);
    let gate = Gate::new(&[issuer(&[Algorithm::EdDsa], key_file(&[&signer]))]);
    let now = gate.clock.now().as_second();
    let token = signer.sign(&gate.claims_but(json!({"exp": now + 10})));
    assert_eq!(gate.refusal(&token).await, "taken");

    gate.clock.advance(SignedDuration::from_secs(39));
    assert_eq!(gate.refusal(&token).await, "taken");
    gate.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(gate.refusal(&token).await, "Expired");
}

#[tokio::test]
async fn a_key_that_does_not_fit_its_algorithms_stops_the_start() {
    let text = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXA\
        xZuE=\n-----END PUBLIC KEY-----\n";
    let keys = KeySource::PublicKey(TextFile { path: "key.pem".into(), text: text.into() });
    let fits = issuer(&[Algorithm::EdDsa], keys.clone());
    let misfit = issuer(&[Algorithm::Rs256], keys);

    let start = |entry| std::panic::catch_unwind(|| drop(Gate::new(&[entry])));

    assert!(start(fits).is_ok());
    assert!(start(misfit).is_err());
}
