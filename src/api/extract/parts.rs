//! Paths, queries and what the caller accepts.

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{ACCEPT, Accept, Header as _, HeaderValue},
    web,
};
use futures_util::future::{Ready, ready};
use serde::de::DeserializeOwned;

use crate::{
    api::{error::ApiError, problem::ProblemType},
    domain::{UserId, VerificationId},
};

/// The id in the path. A text that is no id names nothing, so it is answered like an unknown one.
pub(crate) struct Id(pub(crate) VerificationId);

/// The user in the path. One that cannot be is told, since whoever asks for an erasure must not
/// believe that there was nothing.
pub(crate) struct Subject(pub(crate) UserId);

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

impl FromRequest for Subject {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let path = web::Path::<String>::extract(request).into_inner();
        let user = path.ok().and_then(|text| UserId::parse(&text).ok());
        ready(user.map(Self).ok_or_else(|| {
            ApiError::invalid_at("{userId}", "This is no user id of the gateway's.")
        }))
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

/// A form that answers have.
pub(super) struct Form {
    kind: &'static str,
    subtype: &'static str,
    /// Both, as most callers who name a form name it.
    whole: &'static str,
    remedy: &'static str,
}

/// What nearly all operations answer with.
pub(super) const JSON: Form = Form {
    kind: "application",
    subtype: "json",
    whole: "application/json",
    remedy: "Send `Accept: application/json`, or none.",
};
/// What streams answer with.
pub(super) const EVENTS: Form = Form {
    kind: "text",
    subtype: "event-stream",
    whole: "text/event-stream",
    remedy: "Send `Accept: text/event-stream`, or none.",
};

/// Refuses a caller that does not take JSON.
pub(crate) fn check_json(request: &HttpRequest) -> Result<(), ApiError> {
    check_accept(request, &JSON)
}

/// What pictures are answered with: which of their forms it is, shows when one comes.
pub(super) const IMAGE: Form = Form {
    kind: "image",
    subtype: "*",
    whole: "image/*",
    remedy: "Send `Accept: image/*`, or none.",
};

/// Refuses a caller that does not take the form of the answer.
pub(super) fn check_accept(request: &HttpRequest, form: &Form) -> Result<(), ApiError> {
    accepts(request, form)
        .then_some(())
        .ok_or_else(|| ApiError::new(ProblemType::NotAcceptable, form.remedy))
}

fn accepts(request: &HttpRequest, form: &Form) -> bool {
    // Nearly all callers send none, `*/*` or the form itself: answered without parsing.
    match request.headers().get(ACCEPT).map(HeaderValue::as_bytes) {
        None | Some(b"*/*" | b"") => return true,
        Some(named) if named == form.whole.as_bytes() => return true,
        Some(_) => {}
    }
    Accept::parse(request).is_ok_and(|accept| {
        accept.ranked().iter().any(|range| {
            let kind = range.type_().as_str();
            let subtype = range.subtype().as_str();
            let fits = subtype == "*" || form.subtype == "*" || subtype == form.subtype;
            kind == "*" || (kind == form.kind && fits)
        })
    })
}
