//! The outermost layers: one names the request and marks the answer; within the span that is made
//! between them, the other bounds the head, so that a refusal has its line and its count.

use actix_web::{
    Error, HttpMessage as _, ResponseError as _,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        ConnectionType,
        header::{
            CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName,
            HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::Next,
    web,
};
use uuid::Uuid;

use super::origin::show_to_page;
use crate::{
    api::{
        error::ApiError,
        limiter::Standing,
        problem::{Problem, ProblemType},
        rush,
        state::AppState,
        v1::events::Unspanned,
    },
    domain::Trace,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Bytes of all header names and values together.
const MAX_HEADERS: usize = 16 * 1024;

/// Wraps every request of the public listener: around [`super::RequestSpan`], which needs the name.
pub async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let trace = trace_of(&request);
    request.extensions_mut().insert(trace.clone());
    let state = request.app_data::<web::Data<AppState>>();
    let (leaving, https) = state.map_or((false, false), |state| {
        (state.is_draining() || state.crowd.is_dense(), state.https)
    });
    let has_length = request.headers().contains_key(CONTENT_LENGTH);
    let refused = state.and_then(|state| rush(state, &request));
    let mut response = match refused {
        Some(problem) => {
            let mut response = request.into_response(problem.respond(trace.request_id()));
            show_to_page(&mut response);
            response
        }
        None => trace.clone().scope(next.call(request)).await?.map_into_boxed_body(),
    };
    if has_length && response.status().as_u16() >= 400 {
        // Who is refused is often answered at once. Only after that first moment does the server look
        // at what has come of the body; an answer before would cost the caller its connection. A body
        // in chunks costs it nothing, and might turn out to be none, which leaves no answer at all.
        tokio::task::yield_now().await;
    }
    let stream = response.request().extensions_mut().remove::<Unspanned>();
    if let Some(Unspanned(stream)) = stream {
        response = response.map_body(|_, _| stream);
    }
    let standing = response.request().extensions().get::<Standing>().cloned();
    let headers = response.headers_mut();
    if let Some(standing) = standing {
        standing.tell(headers);
    }
    if let Ok(value) = HeaderValue::from_str(trace.request_id()) {
        headers.insert(REQUEST_ID, value);
    }
    protect(headers, https);
    if leaving {
        // So that keep-alive clients go elsewhere before the listener closes, and so that those who
        // wait outside get in where there is hardly any room.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

/// The refusal of a start for which there is no room. One that is let in counts until its body is
/// there and it lines up.
fn rush(state: &AppState, request: &ServiceRequest) -> Option<Problem> {
    if !rush::is_start(request.method(), request.path()) {
        return None;
    }
    match state.ports.let_in() {
        Some(arrival) => {
            request.extensions_mut().insert(arrival);
            None
        }
        None => Some(state.rush.refuse(state.ports.now())),
    }
}

/// What every answer tells browsers and caches. An answer that needs it otherwise says so itself.
fn protect(headers: &mut HeaderMap, https: bool) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let mut unless_said = |name, value| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    unless_said(CACHE_CONTROL, "no-store");
    unless_said(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    unless_said(REFERRER_POLICY, "no-referrer");
    if https {
        // This host alone: others of the partner's domain are not ours to speak for.
        unless_said(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}

/// Refuses a head that is too large, before anything reads it.
pub async fn bound_head(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if head_size(&request) <= MAX_HEADERS {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let detail = "Send fewer or shorter headers: at most 16 KiB in all.";
    // An answer, not an error: the span's closing line is written for answers.
    let refused = ApiError::new(ProblemType::HeaderTooLarge, detail).error_response();
    Ok(request.into_response(refused))
}

/// Keeps the caller's request id if it is a good one, and makes one otherwise.
fn trace_of(request: &ServiceRequest) -> Trace {
    let headers = request.headers();
    let own = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let request_id = own
        .filter(|text| is_request_id(text))
        .map_or_else(|| Uuid::new_v4().simple().to_string(), ToOwned::to_owned);
    let mut contexts = headers.get_all(TRACEPARENT);
    let context = contexts.next().filter(|_| contexts.next().is_none());
    let traceparent = context.and_then(|value| value.to_str().ok()).and_then(known_context);
    Trace::new(request_id, traceparent)
}

fn is_request_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte))
}

/// What of a `traceparent` is passed on (W3C Trace Context, sections 3.2 and 4.3): the four parts that
/// every version begins with, as the one version known here. What later versions may put behind them
/// is free text of the caller's, which others would write into their logs.
fn known_context(text: &str) -> Option<String> {
    let mut parts = text.split('-');
    let mut hex = |length: usize| {
        parts.next().filter(|part| {
            part.len() == length
                && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    };
    let (version, trace, parent, flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
    let is_nothing = |id: &str| id.bytes().all(|byte| byte == b'0');
    let is_sound = match version {
        "00" => parts.next().is_none(),
        "ff" => false,
        _ => true,
    };
    (is_sound && !is_nothing(trace) && !is_nothing(parent))
        .then(|| format!("00-{trace}-{parent}-{flags}"))
}

fn head_size(request: &ServiceRequest) -> usize {
    let headers: usize =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    headers + request.uri().path().len() + request.query_string().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_trace_contexts_are_passed_on() {
        const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let later = GOOD.replacen("00", "cc", 1);
        for text in [GOOD, &later, &format!("{later}-what the future brings")] {
            assert_eq!(known_context(text).as_deref(), Some(GOOD), "{text}");
        }
        for text in [
            "",
            "00",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\nx: y",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        ] {
            assert_eq!(known_context(text), None, "{text}");
        }
    }

    #[test]
    fn request_ids_stay_short_and_plain() {
        assert!(is_request_id("01J.a_b~c-9"));
        assert!(!is_request_id(""));
        assert!(!is_request_id(&"x".repeat(65)));
        assert!(!is_request_id("a b"));
    }
}
