//! What a proven token says about its caller.

use gerbang::{
    config::{self, Algorithm, TokenUse},
    domain::{AppCaller, ContactSource, Scope},
};
use serde_json::{Value, json};

use super::mint::{Gate, Signer, issuer, key_file};

async fn app(other: Value, change: impl FnOnce(&mut config::Issuer)) -> AppCaller {
    let signer = Signer::new("k1", Algorithm::EdDsa);
    let mut entry = issuer(&[Algorithm::EdDsa], key_file(&[&signer]));
    change(&mut entry);
    let gate = Gate::new(&[entry]);
    let token = signer.sign(&gate.claims_but(other));
    gate.verifier.app(&token).await.unwrap().as_ref().clone()
}

#[tokio::test]
async fn verified_contacts_come_with_the_reference_of_their_proof() {
    let caller = app(
        json!({
            "phone_number": "+62 812-3456-7890", "phone_number_verified": true,
            "phone_reference": "otp-7f31",
            "email": "Wening@Example.com", "email_verified": true,
        }),
        |_| {},
    )
    .await;

    let (phone, email) = (caller.contacts.phone.unwrap(), caller.contacts.email.unwrap());
    assert_eq!(phone.contact.expose(), "6281234567890");
    assert_eq!(phone.reference.as_str(), "otp-7f31");
    assert_eq!(phone.source, ContactSource::Claims);
    assert_eq!(phone.verified_at.unwrap().to_string(), "2026-06-01T03:00:00Z");
    assert_eq!(email.contact.expose(), "Wening@example.com");
    assert_eq!(email.reference.as_str(), "login.partner.example:t-1");
}

#[tokio::test]
async fn a_token_without_a_usable_name_is_named_by_its_hash() {
    let long = "x".repeat(65);
    for jti in [Value::Null, json!(""), json!("a b"), json!(7), json!(long)] {
        let caller =
            app(json!({"jti": jti, "email": "a@example.com", "email_verified": true}), |_| {})
                .await;

        let reference = caller.contacts.email.unwrap().reference;
        let name = reference.as_str().strip_prefix("login.partner.example:").unwrap();
        assert_eq!(name.len(), 43, "{name}");
    }
}

#[tokio::test]
async fn an_issuer_of_any_length_leaves_room_for_the_name() {
    let signer = Signer::new("k1", Algorithm::EdDsa);
    let mut entry = issuer(&[Algorithm::EdDsa], key_file(&[&signer]));
    entry.issuer = format!("https://{}.example/realms/é/", "long".repeat(40));
    let gate = Gate::new(&[entry.clone()]);
    let claims = json!({"iss": entry.issuer, "email": "a@example.com", "email_verified": true});

    let caller = gate.verifier.app(&signer.sign(&gate.claims_but(claims))).await.unwrap();

    assert!(caller.contacts.email.is_some());
}

#[tokio::test]
async fn only_the_boolean_true_means_verified() {
    for verified in
        [json!(false), json!("true"), json!("false"), json!(1), json!({"at": 1}), Value::Null]
    {
        let claims = json!({
            "phone_number": "081234567890", "phone_number_verified": verified,
            "email": "a@example.com", "email_verified": verified,
        });

        let caller = app(claims, |_| {}).await;

        assert!(caller.contacts.phone.is_none() && caller.contacts.email.is_none(), "{verified}");
    }
}

#[tokio::test]
async fn a_contact_that_cannot_be_used_costs_the_contact_alone() {
    for (number, reference) in [
        (json!("+6581234567"), Value::Null),
        (json!(6_281_234_567_890_i64), Value::Null),
        (json!(""), Value::Null),
        (Value::Null, Value::Null),
        (json!("081234567890"), json!("not one word")),
    ] {
        let claims = json!({
            "phone_number": number, "phone_number_verified": true, "phone_reference": reference,
        });

        let caller = app(claims, |_| {}).await;

        assert!(caller.contacts.phone.is_none(), "{number}");
    }
}

#[tokio::test]
async fn a_required_reference_is_not_made_up() {
    let claims = json!({
        "phone_number": "081234567890", "phone_number_verified": true,
        "email": "a@example.com", "email_verified": true, "email_reference": "mail-1",
    });

    let caller = app(claims, |entry| entry.claims.reference_required = true).await;

    assert!(caller.contacts.phone.is_none());
    assert_eq!(caller.contacts.email.unwrap().reference.as_str(), "mail-1");
}

#[tokio::test]
async fn an_issuer_that_is_not_asked_for_contacts_vouches_for_none() {
    let claims = json!({"email": "a@example.com", "email_verified": true});

    let caller = app(claims, |entry| entry.contact.clear()).await;

    assert!(caller.contacts.email.is_none());
}

#[tokio::test]
async fn the_app_is_named_by_the_first_claim_that_has_a_name() {
    for (claims, configured, expected) in [
        (json!({"client_id": "a", "azp": "b"}), None, "a"),
        (json!({"client_id": null, "azp": "b"}), Some("c"), "b"),
        (json!({"client_id": "with blank"}), Some("c"), "c"),
        (json!({"client_id": null}), Some("c"), "c"),
        (json!({"client_id": null}), None, "unnamed"),
    ] {
        let caller = app(claims, |entry| entry.app = configured.map(str::to_owned)).await;

        assert_eq!(caller.app.as_str(), expected);
    }
}

#[tokio::test]
async fn the_scopes_of_a_back_end_are_read_in_both_forms() {
    let signer = Signer::new("k1", Algorithm::EdDsa);
    let mut entry = issuer(&[Algorithm::EdDsa], key_file(&[&signer]));
    entry.token_use = TokenUse::Backend;
    let gate = Gate::new(&[entry]);
    for (scope, may) in [
        (json!("openid verification:read"), true),
        (json!(["verification:read"]), true),
        (json!("verification:read:pii"), false),
        (json!("verification:reader"), false),
        (json!(["openid verification:read"]), false),
        (json!({"verification:read": true}), false),
        (Value::Null, false),
    ] {
        let claims = gate.claims_but(json!({"scope": scope, "client_id": null}));

        let caller = gate.verifier.backend(&signer.sign(&claims)).await.unwrap();

        assert_eq!(caller.may(Scope::VerificationRead), may, "{scope}");
        assert_eq!(caller.client.as_str(), "cust-000481");
    }
}
