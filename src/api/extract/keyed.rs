//! `Idempotency-Key`, and the body that belongs to it.
//!
//! The header is what draft-ietf-httpapi-idempotency-key-header makes of it, a structured-field
//! string in quotes (RFC 9651, section 3.3.3), or the same text without them, as most callers send
//! it. Both name the same key. Anything else, and two headers, are refused: a caller that believes
//! itself safe and is not would double what it does.

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest, dev::Payload, http::header::HeaderName,
};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use super::body::{expect_json, parse, read};
use crate::{
    api::{error::ApiError, state::AppState},
    domain::{IdempotencyKey, KeyOwner, Pii},
    usecase::{AnswerWriter, Arrival, Once},
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A key, if there is one, and a JSON body of type `T`.
pub(crate) struct Keyed<T>(pub(crate) Option<GivenKey>, pub(crate) T);

/// A key, if there is one, for an operation that reads no body. Whatever comes all the same counts
/// as part of the request; without a key it is not looked at.
pub(crate) struct KeyedBytes(pub(crate) Option<GivenKey>);

/// A key with all that tells its request from others, but for who sent it.
pub(crate) struct GivenKey {
    key: IdempotencyKey,
    operation: String,
    path: String,
    body: Pii<Vec<u8>>,
}

impl GivenKey {
    /// The wish of `owner`, whose answer `write` writes.
    pub(crate) fn once(self, owner: &KeyOwner, write: AnswerWriter) -> Once {
        Once::new(owner, (&self.operation, &self.path), &self.key, self.body, write)
    }

    fn new(key: IdempotencyKey, request: &HttpRequest, body: Vec<u8>) -> Self {
        let pattern = request.match_pattern().unwrap_or_default();
        Self {
            key,
            operation: format!("{} {pattern}", request.method()),
            path: request.path().to_owned(),
            body: Pii::new(body),
        }
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Keyed<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let key = key(&request)?;
            let limits = AppState::of(&request)?.limits;
            expect_json(&request)?;
            let body = read(&request, payload, limits.body, limits.body_deadline).await?;
            let value = parse(&body)?;
            request.extensions_mut().remove::<Arrival>();
            Ok(Self(key.map(|key| GivenKey::new(key, &request, body)), value))
        })
    }
}

impl FromRequest for KeyedBytes {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let Some(key) = key(&request)? else {
                request.extensions_mut().remove::<Arrival>();
                return Ok(Self(None));
            };
            let limits = AppState::of(&request)?.limits;
            let body = read(&request, payload, limits.body, limits.body_deadline).await?;
            request.extensions_mut().remove::<Arrival>();
            Ok(Self(Some(GivenKey::new(key, &request, body))))
        })
    }
}

/// The key of the one header; `None` without one.
fn key(request: &HttpRequest) -> Result<Option<IdempotencyKey>, ApiError> {
    let mut headers = request.headers().get_all(IDEMPOTENCY_KEY);
    let Some(value) = headers.next() else { return Ok(None) };
    if headers.next().is_some() {
        return Err(ApiError::invalid_at("Idempotency-Key", "Send this header once."));
    }
    let text = value.to_str().unwrap_or_default();
    let bare = if text.starts_with('"') { unquoted(text) } else { Some(text.to_owned()) };
    let key = bare.and_then(|bare| IdempotencyKey::parse(&bare).ok());
    key.map(Some).ok_or_else(|| {
        let detail = "Use 1 to 255 visible ASCII characters, in double quotes or without.";
        ApiError::invalid_at("Idempotency-Key", detail)
    })
}

/// What stands in the quotes, where `\"` and `\\` are the only escapes.
fn unquoted(text: &str) -> Option<String> {
    let mut inside = text.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut bare = String::with_capacity(text.len());
    while let Some(next) = inside.next() {
        bare.push(match next {
            '"' => return None,
            '\\' => inside.next().filter(|escaped| matches!(escaped, '"' | '\\'))?,
            plain => plain,
        });
    }
    Some(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_strings_are_read_as_structured_fields_are() {
        for (text, bare) in [
            (r#""abc""#, Some("abc")),
            (r#""a\"b\\c""#, Some(r#"a"b\c"#)),
            (r#""""#, Some("")),
            (r#"""#, None),
            (r#""abc"#, None),
            (r#""a"b""#, None),
            (r#""a\b""#, None),
            (r#""abc\""#, None),
            (r#""abc";p=1"#, None),
        ] {
            assert_eq!(unquoted(text).as_deref(), bare, "{text}");
        }
    }
}
