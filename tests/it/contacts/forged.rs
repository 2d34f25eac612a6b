//! Proofs of contact that must not be believed, each wrong in one way.

use gerbang::{
    config::{self, Algorithm, KeySource, Proof},
    domain::{AppCaller, Clock, ContactSource},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::tokens::mint::{AUDIENCE, Gate, ISSUER, SECRET, Signer, issuer, key_file};

/// A gateway that takes proofs, and whoever signs them.
struct Bench {
    gate: Gate,
    tokens: Signer,
    otp: Signer,
}

impl Bench {
    fn new(change: impl FnOnce(&mut config::Issuer)) -> Self {
        let (tokens, otp) =
            (Signer::new("k1", Algorithm::EdDsa), Signer::new("otp-1", Algorithm::Es256));
        let mut entry = issuer(&[Algorithm::EdDsa], key_file(&[&tokens]));
        entry.proof = Some(Proof {
            issuer: "https://otp.partner.example".into(),
            audience: "kyc-proofs".into(),
            algorithms: vec![Algorithm::Es256],
            keys: key_file(&[&otp]),
            typ: None,
        });
        change(&mut entry);
        Self { gate: Gate::new(&[entry]), tokens, otp }
    }

    async fn caller(&self) -> AppCaller {
        let token = self.tokens.sign(&self.gate.claims());
        self.gate.verifier.app(&token).await.unwrap().as_ref().clone()
    }

    /// The claims of a good proof with some of them replaced; null removes.
    fn claims_but(&self, other: Value) -> Value {
        let now = self.gate.clock.now().as_second();
        let mut claims = json!({
            "iss": "https://otp.partner.example", "aud": "kyc-proofs", "sub": "cust-000481",
            "iat": now, "exp": now + 3600, "jti": "otp-7f31",
            "phone_number": "+62 812-3456-7890", "verified_at": now - 60,
        });
        let all = claims.as_object_mut().unwrap();
        all.extend(other.as_object().unwrap().clone());
        all.retain(|_, value| !value.is_null());
        claims
    }

    async fn outcome(&self, proof: &str) -> String {
        match self.gate.verifier.contact(&self.caller().await, proof).await {
            Ok(_) => "taken".into(),
            Err(error) => format!("{error:?}"),
        }
    }
}

#[tokio::test]
async fn a_good_proof_gives_the_contact_and_may_be_used_once() {
    let bench = Bench::new(|_| {});
    let proof = bench.otp.sign(&bench.claims_but(json!({})));

    let proven = bench.gate.verifier.contact(&bench.caller().await, &proof).await.unwrap();

    assert_eq!(proven.contact.contact.expose(), "6281234567890");
    assert_eq!(proven.contact.reference.as_str(), "otp-7f31");
    assert_eq!(proven.contact.source, ContactSource::Proof);
    assert_eq!(proven.contact.verified_at.unwrap().to_string(), "2026-06-01T02:59:00Z");
    assert_eq!(proven.once.issuer, "https://otp.partner.example");
    // Ten minutes, the leeway of half a minute, and as much again.
    let remembered = proven.once.until.duration_since(bench.gate.clock.now());
    assert_eq!(remembered, SignedDuration::from_mins(11));
}

#[tokio::test]
async fn claims_that_do_not_fit_are_refused_for_what_they_are() {
    let bench = Bench::new(|_| {});
    let now = bench.gate.clock.now().as_second();
    let long = "x".repeat(129);
    for (other, outcome) in [
        (json!({}), "taken"),
        (json!({"iss": ISSUER}), "UnknownIssuer"),
        (json!({"iss": null}), "UnknownIssuer"),
        (json!({"aud": AUDIENCE}), "UnknownIssuer"),
        (json!({"aud": null}), "UnknownIssuer"),
        (json!({"sub": "cust-000482"}), "ProofOfAnother"),
        (json!({"sub": "CUST-000481"}), "ProofOfAnother"),
        (json!({"sub": ""}), "ProofOfAnother"),
        (json!({"sub": null}), "ProofOfAnother"),
        (json!({"sub": 481}), "ProofOfAnother"),
        (json!({"sub": ["cust-000481"]}), "ProofOfAnother"),
        (json!({"exp": null}), "Malformed("),
        (json!({"exp": now - 31}), "Expired"),
        (json!({"iat": null}), "Malformed(\"no iat\")"),
        (json!({"iat": now + 31}), "NotYetValid"),
        (json!({"iat": now - 600 - 30}), "taken"),
        (json!({"iat": now - 600 - 31}), "Expired"),
        (json!({"nbf": now + 31}), "NotYetValid"),
        (json!({"verified_at": null}), "Malformed(\"no verified_at\")"),
        (json!({"verified_at": "yesterday"}), "Malformed(\"no verified_at\")"),
        (json!({"verified_at": now + 31}), "NotYetValid"),
        (json!({"jti": null}), "Malformed(\"the jti\")"),
        (json!({"jti": ""}), "Malformed(\"the jti\")"),
        (json!({"jti": "two words"}), "Malformed(\"the jti\")"),
        (json!({"jti": "é"}), "Malformed(\"the jti\")"),
        (json!({"jti": long}), "Malformed(\"the jti\")"),
        (json!({"jti": 7}), "Malformed("),
        (json!({"phone_number": null}), "Malformed(\"not about one contact\")"),
        (json!({"email": "a@example.com"}), "Malformed(\"not about one contact\")"),
        (json!({"phone_number": null, "email": "a@example.com"}), "taken"),
        (json!({"phone_number": ""}), "Malformed(\"the contact\")"),
        (json!({"phone_number": 6_281_234_567_890_i64}), "Malformed(\"the contact\")"),
        (json!({"phone_number": "+6581234567"}), "ProofOfForm(Phone)"),
        (json!({"phone_number": null, "email": "a@b"}), "ProofOfForm(Email)"),
        (json!({"phone_number_verified": true}), "taken"),
        (json!({"phone_number_verified": false}), "Malformed(\"the contact is not verified\")"),
        (json!({"phone_number_verified": "true"}), "Malformed(\"the contact is not verified\")"),
    ] {
        let proof = bench.otp.sign(&bench.claims_but(other.clone()));

        let found = bench.outcome(&proof).await;

        assert!(found.starts_with(outcome), "{other}: {found}");
    }
}

#[tokio::test]
async fn nobody_but_the_otp_service_signs_proofs() {
    let bench = Bench::new(|_| {});
    let claims = bench.claims_but(json!({}));
    let stranger = Signer::new("otp-1", Algorithm::Es256);
    let good = bench.otp.sign(&claims);
    let (body, signature) = good.rsplit_once('.').unwrap();

    // The issuer of access tokens, with its own key; a stranger with the name of the right one.
    assert_eq!(bench.outcome(&bench.tokens.sign(&claims)).await, "Algorithm");
    assert_eq!(bench.outcome(&stranger.sign(&claims)).await, "Signature");
    let renamed = bench.otp.sign_with(&claims, |header| header.kid = Some("otp-2".into()));
    assert_eq!(bench.outcome(&renamed).await, "UnknownKey");
    let critical = bench.otp.sign_with(&claims, |header| header.crit = Some(vec!["x".into()]));
    assert!(bench.outcome(&critical).await.starts_with("Malformed"));
    assert!(bench.outcome(&format!("{body}.")).await.starts_with("Malformed"));
    assert!(bench.outcome(&format!("{good}.{signature}")).await.starts_with("Malformed"));
    assert!(bench.outcome("").await.starts_with("Malformed"));
    assert_eq!(bench.outcome(&"a".repeat(8193)).await, "TooLong");
    assert_eq!(bench.outcome(&good).await, "taken");
}

#[tokio::test]
async fn tokens_and_proofs_are_not_taken_for_one_another() {
    let bench = Bench::new(|_| {});
    let token = bench.tokens.sign(&bench.gate.claims_but(json!({
        "phone_number": "+6281234567890", "phone_number_verified": true,
    })));
    let proof = bench.otp.sign(&bench.claims_but(json!({})));

    assert_eq!(bench.outcome(&token).await, "UnknownIssuer");
    assert_eq!(bench.gate.refusal(&proof).await, "UnknownIssuer");
}

#[tokio::test]
async fn a_configured_type_is_asked_for() {
    let bench = Bench::new(|entry| {
        entry.proof.as_mut().unwrap().typ = Some("contact-proof+jwt".into());
    });
    let claims = bench.claims_but(json!({}));
    let typed = |typ: &str| bench.otp.sign_with(&claims, |header| header.typ = Some(typ.into()));

    assert_eq!(bench.outcome(&typed("JWT")).await, "Type");
    assert_eq!(bench.outcome(&typed("contact-proof+jwt")).await, "taken");
}

#[tokio::test]
async fn a_proof_names_the_user_as_the_token_does() {
    let bench = Bench::new(|entry| {
        entry.user_prefix = "acme:".into();
        entry.claims.user_id = "customer".into();
    });
    let token = bench.tokens.sign(&bench.gate.claims_but(json!({"customer": "4711"})));
    let caller = bench.gate.verifier.app(&token).await.unwrap();
    let outcome = async |sub: Value| {
        let proof = bench.otp.sign(&bench.claims_but(json!({"sub": sub})));
        bench.gate.verifier.contact(&caller, &proof).await.is_ok()
    };

    assert!(outcome(json!("4711")).await);
    assert!(outcome(json!(4711)).await);
    assert!(!outcome(json!(4711.0)).await);
    assert!(!outcome(json!("acme:4711")).await);
    assert!(!outcome(json!("cust-000481")).await);
}

#[tokio::test]
async fn a_shared_secret_will_do_if_it_is_configured() {
    let signer = Signer::new("any", Algorithm::Hs256);
    let bench = Bench::new(|entry| {
        let proof = entry.proof.as_mut().unwrap();
        proof.algorithms = vec![Algorithm::Hs256];
        proof.keys = KeySource::Hs256(SECRET.into());
    });

    assert_eq!(bench.outcome(&signer.sign(&bench.claims_but(json!({})))).await, "taken");
}

#[tokio::test]
async fn an_issuer_without_an_otp_service_takes_no_proofs() {
    let bench = Bench::new(|entry| entry.proof = None);
    let proof = bench.otp.sign(&bench.claims_but(json!({})));

    assert_eq!(bench.outcome(&proof).await, "ProofUnwanted");
}
