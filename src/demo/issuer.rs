//! The demo's issuer of tokens, where a partner has a sign-in service of its own.
//!
//! Its key pair lives as long as the process, and the private half is never written down. It signs
//! for whoever asks on this machine, which is why no gateway but the demo's own knows its key.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::DemoError;
use crate::domain::{Clock, Contact};

/// The `iss` of its tokens.
pub(super) const ISSUER: &str = "https://sign-in.demo.invalid";
/// The `aud` of tokens for apps.
pub(super) const APP_AUDIENCE: &str = "gerbang-demo";
/// The `aud` of tokens for back ends.
pub(super) const BACKEND_AUDIENCE: &str = "gerbang-demo-backend";
/// The `typ` header of its tokens (RFC 9068): an ID token would carry another.
pub(super) const TYP: &str = "at+jwt";
/// The claim with the reference of a phone's verification.
pub(super) const PHONE_REFERENCE: &str = "phone_verification_id";
/// The claim with the reference of an email's verification.
pub(super) const EMAIL_REFERENCE: &str = "email_verification_id";

/// Long enough to try the printed lines at leisure; a real one would be minutes.
const LIFE: Duration = Duration::from_hours(1);

/// A token, and until when it is good.
pub(super) struct Minted {
    pub(super) token: String,
    pub(super) expires_at: Timestamp,
}

/// Mints tokens for the demo's users and for its back end.
pub(super) struct Issuer {
    key: Ed25519KeyPair,
    key_id: String,
    /// Makes user ids out of contacts, so that the same contact is the same user.
    users: hmac::Key,
    clock: Arc<dyn Clock>,
}

impl Issuer {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Result<Self, DemoError> {
        let key = Ed25519KeyPair::generate().map_err(|_| DemoError::Keys)?;
        let thumb = digest(&SHA256, key.public_key().as_ref());
        let key_id = URL_SAFE_NO_PAD.encode(thumb);
        let users = hmac::Key::new(hmac::HMAC_SHA256, Uuid::new_v4().as_bytes());
        Ok(Self { key, key_id, users, clock })
    }

    /// The public half, in the form the gateway reads.
    pub(super) fn key_set(&self) -> Value {
        json!({ "keys": [{
            "kty": "OKP",
            "crv": "Ed25519",
            "use": "sig",
            "alg": "EdDSA",
            "kid": self.key_id,
            "x": URL_SAFE_NO_PAD.encode(self.key.public_key()),
        }] })
    }

    /// The user with this contact: who it is does not show in the id.
    pub(super) fn user_id(&self, contact: &Contact) -> String {
        let tag = hmac::sign(&self.users, contact.expose().as_bytes());
        let short = tag.as_ref().get(..9).unwrap_or_default();
        format!("user-{}", URL_SAFE_NO_PAD.encode(short))
    }

    /// An access token of the user with this contact, which counts as verified just now.
    pub(super) fn app_token(&self, contact: &Contact) -> Minted {
        self.sign(self.app_claims(contact), self.clock.now())
    }

    /// The same, of some time ago: what an app holds that was left open overnight.
    pub(super) fn expired_app_token(&self, contact: &Contact) -> Minted {
        let then = self.clock.now().saturating_sub(2 * LIFE).unwrap_or(Timestamp::MIN);
        self.sign(self.app_claims(contact), then)
    }

    fn app_claims(&self, contact: &Contact) -> Value {
        let mut claims = json!({
            "aud": APP_AUDIENCE,
            "sub": self.user_id(contact),
            "client_id": "demo-app",
        });
        let reference = format!("otp-{}", Uuid::new_v4().simple());
        match contact {
            Contact::Phone(phone) => {
                put(&mut claims, "phone_number", json!(format!("+{}", phone.expose())));
                put(&mut claims, "phone_number_verified", json!(true));
                put(&mut claims, PHONE_REFERENCE, json!(reference));
            }
            Contact::Email(email) => {
                put(&mut claims, "email", json!(email.expose()));
                put(&mut claims, "email_verified", json!(true));
                put(&mut claims, EMAIL_REFERENCE, json!(reference));
            }
        }
        claims
    }

    /// A service token of the demo's back end.
    pub(super) fn service_token(&self) -> Minted {
        let claims = json!({
            "aud": BACKEND_AUDIENCE,
            "sub": "demo-backend",
            "client_id": "demo-backend",
            "scope": "verification:read verification:read:pii",
        });
        self.sign(claims, self.clock.now())
    }

    fn sign(&self, mut claims: Value, now: Timestamp) -> Minted {
        let expires_at = now.saturating_add(LIFE).unwrap_or(Timestamp::MAX);
        put(&mut claims, "iss", json!(ISSUER));
        put(&mut claims, "iat", json!(now.as_second()));
        put(&mut claims, "exp", json!(expires_at.as_second()));
        put(&mut claims, "jti", json!(Uuid::new_v4()));
        let head = json!({ "alg": "EdDSA", "typ": TYP, "kid": self.key_id });
        let signed = format!("{}.{}", encode(&head), encode(&claims));
        let signature = self.key.sign(signed.as_bytes());
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
        Minted { token, expires_at }
    }
}

fn put(claims: &mut Value, name: &str, value: Value) {
    if let Some(claims) = claims.as_object_mut() {
        claims.insert(name.to_owned(), value);
    }
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_lc_rs::signature::{ED25519, KeyPair, UnparsedPublicKey};
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::Value;

    use super::Issuer;
    use crate::domain::{Contact, EmailAddress, PhoneNumber, SystemClock};

    fn claims(token: &str) -> Value {
        let payload = token.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    }

    #[test]
    fn a_token_is_signed_with_the_published_key() {
        let issuer = Issuer::new(Arc::new(SystemClock)).unwrap();
        let token = issuer.service_token().token;
        let (signed, signature) = token.rsplit_once('.').unwrap();

        let key = UnparsedPublicKey::new(&ED25519, issuer.key.public_key());

        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        assert!(key.verify(signed.as_bytes(), &signature).is_ok());
        assert_eq!(
            issuer.key_set()["keys"][0]["x"],
            URL_SAFE_NO_PAD.encode(issuer.key.public_key())
        );
    }

    #[test]
    fn a_contact_is_one_user_and_does_not_show_in_the_id() {
        let issuer = Issuer::new(Arc::new(SystemClock)).unwrap();
        let phone = |text| Contact::Phone(PhoneNumber::parse(text).unwrap());

        let one = claims(&issuer.app_token(&phone("+62 812 0000 0000")).token);
        let same = claims(&issuer.app_token(&phone("081200000000")).token);

        assert_eq!(one["sub"], same["sub"]);
        assert_ne!(one["jti"], same["jti"]);
        assert!(!one["sub"].as_str().unwrap().contains("81200000000"));
        assert_eq!(one["phone_number"], "+6281200000000");
    }

    #[test]
    fn an_email_is_claimed_as_an_email_only() {
        let issuer = Issuer::new(Arc::new(SystemClock)).unwrap();
        let email = Contact::Email(EmailAddress::parse("demo+04@partner.example").unwrap());

        let claims = claims(&issuer.app_token(&email).token);

        assert_eq!(claims["email_verified"], true);
        assert!(claims.get("phone_number").is_none());
    }
}
