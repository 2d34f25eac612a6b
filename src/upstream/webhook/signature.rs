//! Signatures as Standard Webhooks has them: HMAC-SHA256 over name, time and body.

use aws_lc_rs::hmac;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret as _, SecretSlice};

/// The keys of an endpoint, the present one first.
pub(super) struct Keys(Vec<hmac::Key>);

impl Keys {
    pub(super) fn new(keys: &[SecretSlice<u8>]) -> Self {
        let key = |key: &SecretSlice<u8>| hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret());
        Self(keys.iter().map(key).collect())
    }

    /// The value of `webhook-signature`: a signature by each key, so that a receiver may change
    /// over whenever it likes while two are in use.
    pub(super) fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let signature = |key: &hmac::Key| {
            let mut context = hmac::Context::with_key(key);
            context.update(format!("{id}.{timestamp}.").as_bytes());
            context.update(body);
            format!("v1,{}", BASE64_STANDARD.encode(context.sign()))
        };
        self.0.iter().map(signature).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the libraries of the Standard Webhooks project test themselves with.
    const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIMESTAMP: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn key(base64: &str) -> SecretSlice<u8> {
        SecretSlice::from(BASE64_STANDARD.decode(base64).unwrap())
    }

    #[test]
    fn the_published_vector_holds() {
        let signed = Keys::new(&[key(SECRET)]).sign(ID, TIMESTAMP, BODY);

        assert_eq!(signed, SIGNATURE);
    }

    #[test]
    fn each_key_signs_and_all_that_is_signed_counts() {
        let other = key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        let keys = Keys::new(&[other, key(SECRET)]);

        let signed = keys.sign(ID, TIMESTAMP, BODY);

        let (first, second) = signed.split_once(' ').unwrap();
        assert!(first.starts_with("v1,") && first != second);
        assert_eq!(second, SIGNATURE);
        for changed in [
            keys.sign("msg_p5jXN8AQM9LWM0D4loKWxJel", TIMESTAMP, BODY),
            keys.sign(ID, TIMESTAMP + 1, BODY),
            keys.sign(ID, TIMESTAMP, br#"{"test": 2432232315}"#),
        ] {
            assert!(!changed.contains(SIGNATURE));
        }
    }
}
