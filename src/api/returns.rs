//! Where the provider sends the browser when the way back leads through the gateway.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, HeaderName, LOCATION, REFERRER_POLICY},
    web,
};

use super::{error::ApiError, state::AppState};
use crate::{
    domain::{ReturnOutcome, ReturnRef},
    usecase,
};

const SEC_PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");
const PURPOSE: HeaderName = HeaderName::from_static("purpose");

/// `GET /return/{ref}/{outcome}`
///
/// Nothing but the path is read: whatever the provider or anybody else added to the query is neither
/// believed nor passed on.
pub(crate) async fn follow(
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let part = |name: &str| request.match_info().get(name).unwrap_or_default();
    let way = ReturnRef::parse(part("ref")).map_err(|_| ApiError::not_found())?;
    let outcome = ReturnOutcome::parse(part("outcome")).ok_or_else(ApiError::not_found)?;
    let now = state.ports.now();
    let ahead = looks_ahead(&request);
    let landing = usecase::verification::follow_back(&state.ports, way, outcome, ahead).await;
    let landing = landing.map_err(|error| ApiError::from_usecase(error, now))?;
    let id = tracing::field::display(landing.verification);
    tracing::Span::current().record("verification.id", id);
    Ok(HttpResponse::SeeOther()
        .insert_header((LOCATION, landing.url))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .finish())
}

/// Whether the browser only fetches what the user might open later.
fn looks_ahead(request: &HttpRequest) -> bool {
    [SEC_PURPOSE, PURPOSE].iter().any(|name| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.to_ascii_lowercase().contains("prefetch"))
    })
}
