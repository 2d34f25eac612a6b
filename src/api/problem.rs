//! Problem documents (RFC 9457): the one form of every error answer.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER},
    },
};
use serde::Serialize;

/// The kinds of problem; their slugs are part of the contract.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProblemType {
    /// No credentials.
    AuthenticationRequired,
    /// Credentials that are not believed.
    InvalidToken,
    /// A back end without the scope.
    InsufficientScope,
    /// A page that may not call.
    OriginNotAllowed,
    /// The token vouches for no contact.
    ContactNotVerified,
    /// None, or somebody else's.
    NotFound,
    /// The path knows no such method.
    MethodNotAllowed,
    /// The answer would be in no form the caller takes.
    NotAcceptable,
    /// The body took too long.
    RequestTimeout,
    /// The state does not allow it.
    Conflict,
    /// The same request is being carried out.
    IdempotencyInProgress,
    /// The verification is closed.
    VerificationFinal,
    /// The picture is not to be had any more.
    ImageExpired,
    /// The body is too large.
    PayloadTooLarge,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// The body cannot be read.
    MalformedRequest,
    /// The body says something that cannot be.
    ValidationFailed,
    /// A redirect URL is not on the list.
    RedirectNotAllowed,
    /// The idempotency key belongs to another request.
    IdempotencyMismatch,
    /// Too many calls.
    RateLimited,
    /// Too many attempts of this user.
    AttemptsExhausted,
    /// The head is too large.
    HeaderTooLarge,
    /// A callback without the agreed header.
    CallbackUnauthorized,
    /// A callback from elsewhere.
    CallbackForbiddenSource,
    /// The provider said something we cannot use, or refuses us.
    UpstreamError,
    /// The provider cannot be asked now.
    UpstreamUnavailable,
    /// The provider was too slow.
    UpstreamTimeout,
    /// We have too much to do.
    Overloaded,
    /// Our own fault.
    InternalError,
}

impl ProblemType {
    /// Every kind, for documents and tests that must cover all.
    pub const ALL: [Self; 29] = [
        Self::AuthenticationRequired,
        Self::InvalidToken,
        Self::InsufficientScope,
        Self::OriginNotAllowed,
        Self::ContactNotVerified,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::RequestTimeout,
        Self::Conflict,
        Self::IdempotencyInProgress,
        Self::VerificationFinal,
        Self::ImageExpired,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::MalformedRequest,
        Self::ValidationFailed,
        Self::RedirectNotAllowed,
        Self::IdempotencyMismatch,
        Self::RateLimited,
        Self::AttemptsExhausted,
        Self::HeaderTooLarge,
        Self::CallbackUnauthorized,
        Self::CallbackForbiddenSource,
        Self::UpstreamError,
        Self::UpstreamUnavailable,
        Self::UpstreamTimeout,
        Self::Overloaded,
        Self::InternalError,
    ];

    /// Slug, status and title, side by side.
    #[expect(clippy::too_many_lines, reason = "a table, read row by row")]
    const fn row(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::AuthenticationRequired => {
                ("authentication-required", StatusCode::UNAUTHORIZED, "Authentication is required")
            }
            Self::InvalidToken => {
                ("invalid-token", StatusCode::UNAUTHORIZED, "The access token is not valid")
            }
            Self::InsufficientScope => {
                ("insufficient-scope", StatusCode::FORBIDDEN, "The token lacks a scope")
            }
            Self::OriginNotAllowed => {
                ("origin-not-allowed", StatusCode::FORBIDDEN, "The origin is not allowed")
            }
            Self::ContactNotVerified => {
                ("contact-not-verified", StatusCode::FORBIDDEN, "The contact is not verified")
            }
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND, "Not found"),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                StatusCode::METHOD_NOT_ALLOWED,
                "The method is not allowed here",
            ),
            Self::NotAcceptable => {
                ("not-acceptable", StatusCode::NOT_ACCEPTABLE, "No acceptable form")
            }
            Self::RequestTimeout => (
                "request-timeout",
                StatusCode::REQUEST_TIMEOUT,
                "The request took too long to arrive",
            ),
            Self::Conflict => {
                ("conflict", StatusCode::CONFLICT, "The request conflicts with the current state")
            }
            Self::IdempotencyInProgress => {
                ("idempotency-in-progress", StatusCode::CONFLICT, "The same request is in progress")
            }
            Self::VerificationFinal => {
                ("verification-final", StatusCode::CONFLICT, "The verification is closed")
            }
            Self::ImageExpired => {
                ("image-expired", StatusCode::GONE, "The image is not to be had any more")
            }
            Self::PayloadTooLarge => {
                ("payload-too-large", StatusCode::PAYLOAD_TOO_LARGE, "The body is too large")
            }
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The media type is not supported",
            ),
            Self::MalformedRequest => {
                ("malformed-request", StatusCode::BAD_REQUEST, "The request cannot be read")
            }
            Self::ValidationFailed => {
                ("validation-failed", StatusCode::UNPROCESSABLE_ENTITY, "The request is not valid")
            }
            Self::RedirectNotAllowed => (
                "redirect-not-allowed",
                StatusCode::UNPROCESSABLE_ENTITY,
                "The redirect URL is not allowed",
            ),
            Self::IdempotencyMismatch => (
                "idempotency-mismatch",
                StatusCode::UNPROCESSABLE_ENTITY,
                "The idempotency key belongs to another request",
            ),
            Self::RateLimited => {
                ("rate-limited", StatusCode::TOO_MANY_REQUESTS, "Too many requests")
            }
            Self::AttemptsExhausted => {
                ("attempts-exhausted", StatusCode::TOO_MANY_REQUESTS, "Too many attempts")
            }
            Self::HeaderTooLarge => (
                "header-too-large",
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "The request header is too large",
            ),
            Self::CallbackUnauthorized => (
                "callback-unauthorized",
                StatusCode::UNAUTHORIZED,
                "The callback is not authorized",
            ),
            Self::CallbackForbiddenSource => (
                "callback-forbidden-source",
                StatusCode::FORBIDDEN,
                "The callback comes from elsewhere",
            ),
            Self::UpstreamError => (
                "upstream-error",
                StatusCode::BAD_GATEWAY,
                "A service the gateway needs gave no usable answer",
            ),
            Self::UpstreamUnavailable => (
                "upstream-unavailable",
                StatusCode::SERVICE_UNAVAILABLE,
                "A service the gateway needs is not available",
            ),
            Self::UpstreamTimeout => (
                "upstream-timeout",
                StatusCode::GATEWAY_TIMEOUT,
                "A service the gateway needs took too long",
            ),
            Self::Overloaded => {
                ("overloaded", StatusCode::SERVICE_UNAVAILABLE, "The gateway is busy")
            }
            Self::InternalError => (
                "internal-error",
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong on our side",
            ),
        }
    }

    /// The last part of `type`; also the metric label.
    pub const fn slug(self) -> &'static str {
        self.row().0
    }

    /// The status code.
    pub const fn status(self) -> StatusCode {
        self.row().1
    }

    /// The title.
    pub const fn title(self) -> &'static str {
        self.row().2
    }
}

/// What is wrong with one value of the request.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct FieldError {
    /// JSON pointer (RFC 6901) into the body, or `?` and the name of a query parameter, or the name
    /// of a header.
    pub pointer: String,
    /// What to do about it.
    pub detail: String,
}

/// A problem document and the headers that go with it.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub kind: ProblemType,
    pub detail: String,
    pub errors: Vec<FieldError>,
    pub retry_after: Option<u64>,
    pub header: Option<(HeaderName, HeaderValue)>,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    /// A problem with nothing but a detail.
    pub(crate) fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), retry_after: None, header: None }
    }

    /// Adds what is wrong with values.
    pub(crate) fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Adds `Retry-After` in seconds, at least one.
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds.clamp(1, 86_400));
        self
    }

    /// Adds another header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        self.header = HeaderValue::from_str(value).ok().map(|value| (name, value));
        self
    }

    /// The answer to the request `instance`.
    pub(crate) fn respond(&self, instance: &str) -> HttpResponse {
        let body = Body {
            r#type: format!("/problems/{}", self.kind.slug()),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: &self.detail,
            instance,
            errors: &self.errors,
        };
        let mut response = HttpResponse::build(self.kind.status());
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        response.insert_header((CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.retry_after {
            response.insert_header((RETRY_AFTER, seconds));
        }
        if let Some(header) = self.header.clone() {
            response.insert_header(header);
        }
        response.body(serde_json::to_vec(&body).unwrap_or_default())
    }
}
