//! Who calls: no proof, no entry.

use std::sync::Arc;

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest,
    dev::Payload,
    http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE},
};
use futures_util::future::{LocalBoxFuture, Ready, ready};

use super::parts::{EVENTS, IMAGE, JSON, check_accept};
use crate::{
    api::{
        error::ApiError,
        limiter::{Exceeded, Standing},
        problem::{Problem, ProblemType},
        state::AppState,
    },
    auth::AuthError,
    domain::{AppCaller, AppId, BackendCaller},
};

/// A user through one of the partner's apps, which takes JSON.
pub(crate) struct App(pub(crate) Arc<AppCaller>);

/// A user through one of the partner's apps, which takes a stream of events.
pub(crate) struct Listener(pub(crate) Arc<AppCaller>);

/// One of the partner's own servers, which takes JSON.
pub(crate) struct Backend(pub(crate) Arc<BackendCaller>);

/// One of the partner's own servers, which takes a picture.
pub(crate) struct Viewer(pub(crate) Arc<BackendCaller>);

/// The provider, by the header it was told to send.
pub(crate) struct Provider;

/// The largest token looked at. Real ones are a tenth of it; larger ones cost CPU before they are
/// refused.
const MAX_TOKEN: usize = 8 * 1024;

/// Lets a handler ask for `$caller`: who `$proves` finds behind the request, if an answer in `$form`
/// is taken.
macro_rules! extract {
    ($caller:ident, $proves:ident, $form:ident) => {
        impl FromRequest for $caller {
            type Error = ApiError;
            type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let request = request.clone();
                Box::pin(async move {
                    let caller = $proves(&request).await?;
                    check_accept(&request, &$form)?;
                    Ok(Self(caller))
                })
            }
        }
    };
}

extract!(App, user, JSON);
extract!(Listener, user, EVENTS);
extract!(Backend, server, JSON);
extract!(Viewer, server, IMAGE);

impl FromRequest for Provider {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(prove_provider(request).map(|()| Self))
    }
}

/// The user behind a request, whose call is counted.
async fn user(request: &HttpRequest) -> Result<Arc<AppCaller>, ApiError> {
    let state = AppState::of(request)?;
    let caller = state.tokens.app(bearer(request)?).await;
    let caller = caller.map_err(|error| refused(request, state, error))?;
    tracing::Span::current().record("app.id", caller.app.as_str());
    check_origin(request, state, &caller.app)?;
    counted(request, state.limiter.count_user(request, &caller))?;
    Ok(caller)
}

/// The server behind a request, whose call is counted.
async fn server(request: &HttpRequest) -> Result<Arc<BackendCaller>, ApiError> {
    let state = AppState::of(request)?;
    let caller = state.tokens.backend(bearer(request)?).await;
    let caller = caller.map_err(|error| refused(request, state, error))?;
    tracing::Span::current().record("app.id", caller.client.as_str());
    check_origin(request, state, &caller.client)?;
    counted(request, state.limiter.count_backend(&caller))?;
    Ok(caller)
}

/// The answer to a token that was not believed. It counts against the address it came from, but the
/// address is never asked about a good token: mobile carriers put thousands of users behind one. Nor
/// does a genuine token count that has merely expired; nobody guesses with those.
fn refused(request: &HttpRequest, state: &AppState, error: AuthError) -> ApiError {
    let is_guess = !error.is_unavailable() && !matches!(error, AuthError::Expired);
    let source = state.proxies.source_of(request).filter(|_| is_guess);
    let counted = source.map(|source| {
        let address = source.client.unwrap_or(source.peer);
        state.limiter.count_failure(address)
    });
    match counted {
        Some(Err(exceeded)) => over(request, exceeded),
        Some(Ok(_)) | None => ApiError::from_auth(error),
    }
}

/// Remembers with the request how its caller stands, so that the answer can tell.
fn counted(request: &HttpRequest, count: Result<Standing, Exceeded>) -> Result<(), ApiError> {
    let standing = count.map_err(|exceeded| over(request, exceeded))?;
    request.extensions_mut().insert(standing);
    Ok(())
}

fn over(request: &HttpRequest, exceeded: Exceeded) -> ApiError {
    let refused = ApiError::limited(&exceeded);
    request.extensions_mut().insert(exceeded.standing);
    refused
}

/// Refuses a page of another app than the one the token names.
fn check_origin(request: &HttpRequest, state: &AppState, app: &AppId) -> Result<(), ApiError> {
    let admitted = state.origins.admit(request.path(), request.headers(), app);
    admitted.then_some(()).ok_or_else(ApiError::origin_not_allowed)
}

/// Where it comes from is looked at first: a stranger does not learn whether its header was right.
fn prove_provider(request: &HttpRequest) -> Result<(), ApiError> {
    let state = AppState::of(request)?;
    let client = || state.proxies.source_of(request).and_then(|source| source.client);
    if !state.gate.admits_from(client) {
        metrics::counter!("gerbang_callbacks_total", "outcome" => "forbidden").increment(1);
        let detail = "Callbacks are not taken from this address.";
        return Err(ApiError::new(ProblemType::CallbackForbiddenSource, detail));
    }
    let values =
        |name: &str| request.headers().get_all(name).map(HeaderValue::as_bytes).collect::<Vec<_>>();
    if state.gate.admits(values) {
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
    // `to_str` would look at each character; whoever parses the token does that anyway.
    let value = only.map(HeaderValue::as_bytes).filter(|value| value.is_ascii());
    let value = value.and_then(|value| std::str::from_utf8(value).ok()).unwrap_or_default();
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
