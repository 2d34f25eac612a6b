//! A signed token in compact form, taken apart but not believed.
//!
//! Invariant: nothing in here is proven. What is read serves to pick one of our own issuers and
//! one of its keys; a key that a token brings along is not even looked at.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{error::AuthError, strict};

/// The longest token looked at, in bytes; the headers of a request are limited to twice that.
const LONGEST: usize = 8 * 1024;

/// A signed object (RFC 7515, section 7.1), whatever its payload is.
pub(super) struct Jws<'a> {
    /// The `alg` of the header.
    pub(super) algorithm: String,
    /// The `kid` of the header.
    pub(super) key_id: Option<String>,
    /// The `typ` of the header.
    pub(super) typ: Option<String>,
    /// What is said.
    pub(super) payload: Vec<u8>,
    /// What was signed: header and payload as they came.
    pub(super) signed: &'a str,
    /// The signature, still encoded.
    pub(super) signature: &'a str,
}

/// The parts of a token.
pub(super) struct Compact<'a> {
    /// How it was signed.
    pub(super) jws: Jws<'a>,
    /// The payload.
    pub(super) claims: Map<String, Value>,
}

impl<'a> Jws<'a> {
    /// Takes a signed object apart. Encrypted ones have five parts, not three.
    pub(super) fn parse(text: &'a str) -> Result<Self, AuthError> {
        check_length(text)?;
        let not_three = AuthError::Malformed("not three parts");
        let (signed, signature) = text.rsplit_once('.').ok_or_else(|| not_three.clone())?;
        let (header, payload) = signed.split_once('.').ok_or_else(|| not_three.clone())?;
        if payload.contains('.') {
            return Err(not_three);
        }
        if signature.is_empty() {
            return Err(AuthError::Malformed("not signed"));
        }
        let header = decode(header).and_then(|header| strict::object(&header));
        let header = header.ok_or(AuthError::Malformed("the header"))?;
        // An extension that must be understood and is not (RFC 7515, section 4.1.11). We
        // understand none; and whoever sends `b64` (RFC 7797) without saying so means another
        // payload than we read.
        if header.contains_key("crit") || header.contains_key("b64") {
            return Err(AuthError::Malformed("a critical extension"));
        }
        let text = |name: &'static str| match header.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(AuthError::Malformed("the header")),
        };
        Ok(Self {
            algorithm: text("alg")?.ok_or(AuthError::Malformed("no algorithm"))?,
            key_id: text("kid")?,
            typ: text("typ")?,
            payload: decode(payload).ok_or(AuthError::Malformed("the payload"))?,
            signed,
            signature,
        })
    }
}

impl<'a> Compact<'a> {
    /// Takes a token apart.
    pub(super) fn parse(token: &'a str) -> Result<Self, AuthError> {
        let jws = Jws::parse(token)?;
        let claims = strict::object(&jws.payload).ok_or(AuthError::Malformed("the payload"))?;
        Ok(Self { jws, claims })
    }
}

/// Refuses what is too long to be worth a look.
pub(super) const fn check_length(token: &str) -> Result<(), AuthError> {
    if token.len() > LONGEST { Err(AuthError::TooLong) } else { Ok(()) }
}

/// Base64url without padding, blanks, or bits left over: each text has one encoding.
fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, payload: &str) -> String {
        let [header, payload] = [header, payload].map(|part| URL_SAFE_NO_PAD.encode(part));
        format!("{header}.{payload}.c2ln")
    }

    #[test]
    fn a_token_is_taken_apart() {
        let token = token(
            r#"{"alg":"RS256","kid":"k1","typ":"at+jwt","jwk":{},"jku":"https://evil.example"}"#,
            r#"{"sub":"a"}"#,
        );

        let compact = Compact::parse(&token).unwrap();

        assert_eq!(compact.jws.algorithm, "RS256");
        assert_eq!(compact.jws.key_id.as_deref(), Some("k1"));
        assert_eq!(compact.jws.typ.as_deref(), Some("at+jwt"));
        assert_eq!(format!("{}.{}", compact.jws.signed, compact.jws.signature), token);
        assert_eq!(compact.claims.get("sub"), Some(&Value::from("a")));
    }

    #[test]
    fn what_is_no_signed_token_is_refused() {
        let good = token(r#"{"alg":"RS256"}"#, "{}");
        for bad in [
            String::new(),
            "a".into(),
            "a.b".into(),
            good.replace(".c2ln", ""),
            good.replace(".c2ln", "."),
            format!("{good}.x"),
            format!("{good}.x.y"),
            format!("={good}"),
            format!(" {good}"),
            token("", "{}"),
            token("[]", "{}"),
            token(r#"{"alg":1}"#, "{}"),
            token(r#"{"typ":"JWT"}"#, "{}"),
            token(r#"{"alg":"RS256","kid":1}"#, "{}"),
            token(r#"{"alg":"RS256","crit":["b64"],"b64":false}"#, "{}"),
            token(r#"{"alg":"RS256","crit":[]}"#, "{}"),
            token(r#"{"alg":"RS256","b64":false}"#, "{}"),
            token(r#"{"alg":"RS256","alg":"none"}"#, "{}"),
            token(r#"{"alg":"RS256"}"#, r#"{"sub":"a","sub":"b"}"#),
            token(r#"{"alg":"RS256"}"#, r#""sub""#),
        ] {
            assert!(matches!(Compact::parse(&bad), Err(AuthError::Malformed(_))), "{bad}");
        }
    }

    #[test]
    fn a_token_beyond_the_limit_is_not_looked_at() {
        assert!(matches!(Compact::parse(&"a".repeat(LONGEST + 1)), Err(AuthError::TooLong)));
    }
}
