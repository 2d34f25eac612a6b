//! Paths, queries and what the caller accepts.

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{ACCEPT, Accept, Header as _, HeaderValue},
};
use futures_util::future::{Ready, ready};
use serde::de::DeserializeOwned;

use crate::{
    api::{error::ApiError, problem::ProblemType},
    domain::VerificationId,
};

/// The id in the path. A text that is no id names nothing, so it is answered like an unknown one.
pub(crate) struct Id(pub(crate) VerificationId);

/// The query parameters we know; others are ignored.
pub(crate) struct Query<T>(pub(crate) T);

impl FromRequest for Id {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("verificationId").and_then(|text| text.parse().ok());
        if let Some(id) = &id {
            tracing::Span::current().record("verification.id", tracing::field::display(id));
        }
        ready(id.map(Self).ok_or_else(ApiError::not_found))
    }
}

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let form = serde_html_form::Deserializer::new(form(request));
        let parsed = serde_path_to_error::deserialize(form);
        ready(parsed.map(Self).map_err(|error| {
            let name = error.path().to_string();
            ApiError::invalid_at(format!("?{name}"), "This query parameter cannot be used.")
        }))
    }
}

fn form(request: &HttpRequest) -> url::form_urlencoded::Parse<'_> {
    url::form_urlencoded::parse(request.query_string().as_bytes())
}

/// Refuses a caller that takes no JSON.
pub(super) fn check_accept(request: &HttpRequest) -> Result<(), ApiError> {
    let detail = "Send `Accept: application/json`, or none.";
    accepts_json(request)
        .then_some(())
        .ok_or_else(|| ApiError::new(ProblemType::NotAcceptable, detail))
}

fn accepts_json(request: &HttpRequest) -> bool {
    // Nearly all callers send none or `*/*`: answered without parsing.
    match request.headers().get(ACCEPT).map(HeaderValue::as_bytes) {
        None | Some(b"*/*" | b"application/json" | b"") => return true,
        Some(_) => {}
    }
    Accept::parse(request).is_ok_and(|accept| {
        accept.ranked().iter().any(|range| {
            let kind = range.type_().as_str();
            let subtype = range.subtype().as_str();
            kind == "*" || (kind == "application" && matches!(subtype, "*" | "json"))
        })
    })
}
