//! Who calls: no proof, no entry.

use std::sync::Arc;

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE},
};
use futures_util::future::{LocalBoxFuture, Ready, ready};

use super::parts::check_accept;
use crate::{
    api::{
        error::ApiError,
        problem::{Problem, ProblemType},
        state::AppState,
    },
    domain::{AppCaller, BackendCaller},
};

/// A user through one of the partner's apps, which takes JSON.
pub(crate) struct App(pub(crate) Arc<AppCaller>);

/// One of the partner's own servers, which takes JSON.
pub(crate) struct Backend(pub(crate) Arc<BackendCaller>);

/// The provider, by the header it was told to send.
pub(crate) struct Provider;

/// The largest token looked at. Real ones are a tenth of it; larger ones cost CPU before they are
/// refused.
const MAX_TOKEN: usize = 8 * 1024;

impl FromRequest for App {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let caller = AppState::of(&request)?.tokens.app(bearer(&request)?).await;
            let caller = caller.map_err(ApiError::from_auth)?;
            tracing::Span::current().record("app.id", caller.app.as_str());
            check_accept(&request)?;
            Ok(Self(caller))
        })
    }
}

impl FromRequest for Backend {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let caller = AppState::of(&request)?.tokens.backend(bearer(&request)?).await;
            let caller = caller.map_err(ApiError::from_auth)?;
            tracing::Span::current().record("app.id", caller.client.as_str());
            check_accept(&request)?;
            Ok(Self(caller))
        })
    }
}

impl FromRequest for Provider {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(prove_provider(request).map(|()| Self))
    }
}

fn prove_provider(request: &HttpRequest) -> Result<(), ApiError> {
    let values =
        |name: &str| request.headers().get_all(name).map(HeaderValue::as_bytes).collect::<Vec<_>>();
    if AppState::of(request)?.gate.admits(values) {
        return Ok(());
    }
    metrics::counter!("gerbang_callbacks_total", "outcome" => "unauthorized").increment(1);
    let detail = "Send the header that was agreed with the operator.";
    let problem = Problem::new(ProblemType::CallbackUnauthorized, detail);
    Err(problem.with_header(WWW_AUTHENTICATE, "Bearer").into())
}

/// The token of the one `Authorization` header (RFC 6750, section 2.1). Two headers are refused: we
/// and a proxy might each believe another one.
fn bearer(request: &HttpRequest) -> Result<&str, ApiError> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let only = headers.next().filter(|_| headers.next().is_none());
    let value = only.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (scheme, token) = value.split_once(' ').unwrap_or_default();
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(ApiError::unauthenticated());
    }
    if token.len() > MAX_TOKEN {
        let detail = "An access token has at most 8 KiB.";
        return Err(ApiError::new(ProblemType::HeaderTooLarge, detail));
    }
    Ok(token)
}
