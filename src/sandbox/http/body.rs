//! Bodies of the sandbox's own endpoints: JSON, named as JSON, read whole.
//!
//! The content type is required, because a page of another origin cannot send it without a
//! preflight, and nothing here answers one.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde::de::DeserializeOwned;
use serde_json::json;

/// What is wrong with a body.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("the content type must be application/json")]
    NotNamedJson,
    #[error("the body cannot be read: {0}")]
    Malformed(#[source] serde_json::Error),
}

impl ResponseError for Unreadable {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotNamedJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).json(json!({ "error": self.to_string() }))
    }
}

/// Reads `body` as a `T`.
pub(super) fn read<T: DeserializeOwned>(
    request: &HttpRequest,
    body: &[u8],
) -> Result<T, Unreadable> {
    let essence = actix_web::HttpMessage::content_type(request);
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Unreadable::NotNamedJson);
    }
    serde_json::from_slice(body).map_err(Unreadable::Malformed)
}
