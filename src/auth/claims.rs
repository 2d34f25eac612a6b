//! What the claims of a proven token say: until when, who, through which app, with which rights.

use std::{collections::BTreeSet, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::{
    contact::{self, ProvenToken},
    error::AuthError,
};
use crate::{
    config::ContactProof,
    domain::{AppCaller, AppId, BackendCaller, ContactSource, InvalidUserId, Scope, UserId},
};

/// Checks the times of a token; gives its end.
pub(super) fn check_times(
    claims: &Map<String, Value>,
    leeway: Duration,
    now: Timestamp,
) -> Result<Timestamp, AuthError> {
    let leeway = SignedDuration::try_from(leeway).unwrap_or_default();
    let time = |name: &'static str| match claims.get(name) {
        None => Ok(None),
        Some(_) => seconds(claims, name)
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .map(Some)
            .ok_or(AuthError::Malformed("a time")),
    };
    let expires_at = time("exp")?.ok_or(AuthError::Malformed("no expiry"))?;
    if now.duration_since(expires_at) >= leeway {
        return Err(AuthError::Expired);
    }
    for name in ["nbf", "iat"] {
        let begins_at = time(name)?;
        if begins_at.is_some_and(|begins_at| begins_at.duration_since(now) > leeway) {
            return Err(AuthError::NotYetValid);
        }
    }
    Ok(expires_at)
}

/// The user behind an app's token.
pub(super) fn app_caller(
    token: &ProvenToken<'_>,
    expires_at: Timestamp,
) -> Result<AppCaller, AuthError> {
    let settings = token.issuer;
    let id = identifier(token.claims, &settings.claims.user_id);
    let id = id.ok_or(AuthError::User(InvalidUserId::Length))?;
    // A prefix makes a phone number no less of one.
    if matches!(UserId::parse(&id), Err(InvalidUserId::Personal)) {
        return Err(AuthError::User(InvalidUserId::Personal));
    }
    if id.is_empty() {
        return Err(AuthError::User(InvalidUserId::Length));
    }
    let user = UserId::parse(&format!("{}{id}", settings.user_prefix)).map_err(AuthError::User)?;
    Ok(AppCaller {
        user,
        app: app(token, &[])?,
        contacts: contact::contacts(token),
        sources: settings.contact.iter().copied().map(source).collect(),
        issuer: token.number,
        expires_at,
    })
}

const fn source(proof: ContactProof) -> ContactSource {
    match proof {
        ContactProof::Claims => ContactSource::Claims,
        ContactProof::Proof => ContactSource::Proof,
        ContactProof::Directory => ContactSource::Directory,
    }
}

/// The server behind a back end's token.
pub(super) fn backend_caller(
    token: &ProvenToken<'_>,
    expires_at: Timestamp,
) -> Result<BackendCaller, AuthError> {
    let granted: BTreeSet<Scope> = match token.claims.get(&token.issuer.claims.scope) {
        // RFC 8693, section 4.2.
        Some(Value::String(all)) => all.split(' ').filter_map(Scope::parse).collect(),
        Some(Value::Array(all)) => {
            all.iter().filter_map(Value::as_str).filter_map(Scope::parse).collect()
        }
        Some(_) | None => BTreeSet::new(),
    };
    Ok(BackendCaller { client: app(token, &["sub"])?, scopes: granted, expires_at })
}

/// The name of the app or server: the configured claim, `azp`, `more`, or the name configured for
/// tokens that carry none.
fn app(token: &ProvenToken<'_>, more: &[&str]) -> Result<AppId, AuthError> {
    /// An app is recorded and limited by its name; one without a name shares this one.
    const NAMELESS: &str = "unnamed";
    let named = [token.issuer.claims.app.as_str(), "azp"].into_iter().chain(more.iter().copied());
    named
        .filter_map(|claim| text(token.claims, claim))
        .chain(token.issuer.app.as_deref())
        .chain([NAMELESS])
        .find_map(AppId::parse)
        .ok_or(AuthError::Malformed("the name of the app"))
}

/// A claim that names somebody.
pub(super) fn identifier(claims: &Map<String, Value>, name: &str) -> Option<String> {
    match claims.get(name)? {
        Value::String(text) => Some(text.clone()),
        // Issuers with numbered users; a fraction or an exponent names nobody.
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

/// A claim that is a text, and not empty.
pub(super) fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A claim that is a number of seconds; RFC 7519 allows fractions, which are cut off.
pub(super) fn seconds(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    let value = claims.get(name)?;
    value.as_i64().or_else(|| format!("{:.0}", value.as_f64()?.trunc()).parse().ok())
}

/// A claim that is such a number, as a time.
pub(super) fn time(claims: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    seconds(claims, name).and_then(|seconds| Timestamp::from_second(seconds).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_780_000_000;

    fn check(claims: Value) -> Result<i64, String> {
        let Value::Object(claims) = claims else { panic!("an object") };
        let now = Timestamp::from_second(NOW).unwrap();
        check_times(&claims, Duration::from_secs(30), now)
            .map(|end| end.as_second() - NOW)
            .map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn the_leeway_holds_at_both_ends() {
        assert_eq!(check(json!({"exp": NOW + 300})), Ok(300));
        assert_eq!(check(json!({"exp": NOW - 29})), Ok(-29));
        assert_eq!(check(json!({"exp": NOW - 30})), Err("Expired".into()));
        for name in ["nbf", "iat"] {
            assert_eq!(check(json!({"exp": NOW + 300, name: NOW + 30})), Ok(300));
            let early = check(json!({"exp": NOW + 300, name: NOW + 31}));
            assert_eq!(early, Err("NotYetValid".into()));
        }
    }

    #[test]
    fn fractions_of_seconds_are_numbers_too() {
        assert_eq!(check(json!({"exp": 1_780_000_060.9, "iat": 1.78e9})), Ok(60));
    }

    #[test]
    fn times_that_are_none_are_refused() {
        for exp in [json!("1780000300"), json!(null), json!(1e300), json!([NOW + 300])] {
            assert_eq!(check(json!({"exp": exp})), Err(r#"Malformed("a time")"#.into()));
        }
        assert_eq!(check(json!({})), Err(r#"Malformed("no expiry")"#.into()));
        let nbf = check(json!({"exp": NOW + 300, "nbf": "now"}));
        assert_eq!(nbf, Err(r#"Malformed("a time")"#.into()));
    }
}
