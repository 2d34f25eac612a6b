//! Request bodies: bounded in size and time, strictly parsed.

use std::time::Duration;

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName},
};
use futures_util::{StreamExt as _, future::LocalBoxFuture};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_path_to_error::Segment;

use crate::api::{
    error::ApiError,
    problem::{FieldError, ProblemType},
    state::AppState,
};

/// A JSON body of type `T`. Unlike actix-web's own, it has a read deadline, which a client that
/// drips its body would otherwise never meet, and answers with a pointer to what is wrong.
pub(crate) struct Json<T>(pub(crate) T);

/// The bytes of a body, as they came and whatever they are called, bounded by the limit for
/// callbacks. A provider that omits or misspells the media type must not lose a result by it: what
/// it sent is kept, and whoever parses it decides.
pub(crate) struct Raw(pub(crate) Vec<u8>);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let limits = AppState::of(&request)?.limits;
            expect_json(&request)?;
            let body = read(&request, payload, limits.body, limits.body_deadline).await?;
            parse(&body).map(Self)
        })
    }
}

impl FromRequest for Raw {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let limits = AppState::of(&request)?.limits;
            let body = read(&request, payload, limits.callback_body, limits.body_deadline).await;
            body.inspect_err(|error| count_lost(error.kind())).map(Self)
        })
    }
}

/// For optional members that may be left out but not be `null`.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Counts a callback that could not be taken in whole, so that nothing of it was kept.
fn count_lost(kind: ProblemType) {
    let outcome = if kind == ProblemType::PayloadTooLarge { "too_large" } else { "broken_off" };
    metrics::counter!("gerbang_callbacks_total", "outcome" => outcome).increment(1);
}

/// Refuses a body that is not called JSON. A browser can send the other types across origins
/// without asking first. Another character set or a compression is refused as well: whoever checks
/// requests in front of us may read such a body otherwise than we do.
pub(super) fn expect_json(request: &HttpRequest) -> Result<(), ApiError> {
    let is_plain = match lone(request, &CONTENT_ENCODING) {
        Ok(encoding) => encoding.is_none_or(|text| text.eq_ignore_ascii_case("identity")),
        Err(Unclear) => false,
    };
    let content_type = lone(request, &CONTENT_TYPE).ok().flatten();
    if is_plain && content_type.is_some_and(names_json) {
        return Ok(());
    }
    let detail = "Send the body as `Content-Type: application/json`.";
    Err(ApiError::new(ProblemType::UnsupportedMediaType, detail))
}

/// A header that is there twice, or is no text.
struct Unclear;

fn lone<'a>(request: &'a HttpRequest, name: &HeaderName) -> Result<Option<&'a str>, Unclear> {
    let mut lines = request.headers().get_all(name);
    match (lines.next(), lines.next()) {
        (None, _) => Ok(None),
        (Some(line), None) => line.to_str().map(|text| Some(text.trim())).map_err(|_| Unclear),
        (Some(_), Some(_)) => Err(Unclear),
    }
}

/// Whether a media type is JSON in UTF-8, which is what JSON is in (RFC 8259, section 8.1).
fn names_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|it| it.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
            !name.eq_ignore_ascii_case("charset")
                || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
}

/// The whole body, within its size and time.
pub(super) async fn read(
    request: &HttpRequest,
    mut payload: Payload,
    limit: usize,
    deadline: Duration,
) -> Result<Vec<u8>, ApiError> {
    let too_large = || {
        let detail = format!("At most {limit} bytes are taken here.");
        ApiError::new(ProblemType::PayloadTooLarge, detail)
    };
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    if announced > limit {
        return Err(too_large());
    }
    let mut body = Vec::with_capacity(announced);
    let whole = async {
        while let Some(chunk) = payload.next().await {
            let broken = "The body did not arrive whole.";
            let chunk = chunk.map_err(|_| ApiError::new(ProblemType::MalformedRequest, broken))?;
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(())
    };
    let slow = || ApiError::new(ProblemType::RequestTimeout, "Send the body faster.");
    tokio::time::timeout(deadline, whole).await.map_err(|_| slow())??;
    Ok(body)
}

/// The value that the body holds; a complaint points to what is wrong.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer_of(error.path());
        // serde_json calls some misfits, such as `null` for a name, mistakes of syntax.
        let is_text = std::str::from_utf8(body).is_ok();
        let is_json = is_text && serde_json::from_slice::<IgnoredAny>(body).is_ok();
        complaint(error.inner(), pointer, is_json)
    })?;
    json.end().map_err(|error| complaint(&error, String::new(), false))?;
    if !body.trim_ascii_start().starts_with(b"{") {
        // serde takes a list of an object's values for the object.
        return Err(ApiError::invalid_at("", "Expected an object."));
    }
    Ok(value)
}

fn complaint(error: &serde_json::Error, pointer: String, is_json: bool) -> ApiError {
    if !error.is_data() && !is_json {
        let detail = format!("Not JSON at line {}, column {}.", error.line(), error.column());
        return ApiError::new(ProblemType::MalformedRequest, detail);
    }
    let (pointer, detail) = explain(&error.to_string(), pointer);
    ApiError::invalid(vec![FieldError { pointer, detail }])
}

/// Turns serde's sentence into one for the caller: without the value, which may be personal, and
/// with the member's name in the pointer.
fn explain(sentence: &str, pointer: String) -> (String, String) {
    // The last of these words are serde's own; the caller may have put the same into its value.
    let sentence = sentence.rsplit_once(" at line ").map_or(sentence, |(before, _)| before);
    let member = |prefix: &str| {
        let rest = sentence.strip_prefix(prefix)?;
        rest.split('`').next().map(str::to_owned)
    };
    if let Some(name) = member("missing field `") {
        return (format!("{pointer}/{}", escape(&name)), "This member is required.".to_owned());
    }
    if let Some(name) = member("unknown field `") {
        let parent = pointer.strip_suffix(&format!("/{}", escape(&name))).unwrap_or(&pointer);
        let at = format!("{parent}/{}", escape(&name));
        return (at, "There is no such member.".to_owned());
    }
    if let Some(name) = member("duplicate field `") {
        let parent = pointer.strip_suffix(&format!("/{}", escape(&name))).unwrap_or(&pointer);
        return (format!("{parent}/{}", escape(&name)), "This member comes twice.".to_owned());
    }
    let detail = match sentence.rsplit_once(", expected ") {
        Some((_, expected)) => format!("Expected {expected}."),
        None => "This value cannot be used.".to_owned(),
    };
    (pointer, detail)
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escape(key)),
            Segment::Enum { variant } => format!("/{}", escape(variant)),
            Segment::Unknown => String::new(),
        })
        .collect()
}

/// A name as RFC 6901, section 3, has it; no more of it than a real one has, for it is the caller's.
fn escape(name: &str) -> String {
    const LONGEST: usize = 64;
    let name: String = name.chars().take(LONGEST).collect();
    name.replace('~', "~0").replace('/', "~1")
}
