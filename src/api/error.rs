//! Which answer each failure becomes. The only place that turns what happened into a status.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use jiff::Timestamp;

use super::{
    limiter::Exceeded,
    problem::{FieldError, Problem, ProblemType},
};
use crate::{
    auth::AuthError,
    domain::{Chain, Trace},
    usecase,
};

/// What asks for an access token. RFC 6750, section 3, wants at least one parameter behind the scheme,
/// and no `error` for those who sent no token at all.
const CHALLENGE: &str = "Bearer realm=\"gerbang\"";

/// What those are told for whom there is no room.
pub(super) const BUSY: &str = "More is under way than the gateway takes on. Try again in a moment.";

/// A failed request: what the caller is told, and what happened.
#[derive(Debug)]
pub(crate) struct ApiError {
    problem: Box<Problem>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// Which limit refused, where the problem type leaves it open.
    limit: Option<&'static str>,
}

impl ApiError {
    pub(crate) fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        Problem::new(kind, detail).into()
    }

    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = "The request was understood, but `errors` lists values that cannot be used.";
        Problem::new(ProblemType::ValidationFailed, detail).with_errors(errors).into()
    }

    pub(crate) fn invalid_at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }

    pub(crate) fn unauthenticated() -> Self {
        let detail = "Send an access token as `Authorization: Bearer …`.";
        Problem::new(ProblemType::AuthenticationRequired, detail)
            .with_header(header::WWW_AUTHENTICATE, CHALLENGE)
            .into()
    }

    pub(crate) fn not_found() -> Self {
        let detail = "There is no such resource, or it is not yours.";
        Self::new(ProblemType::NotFound, detail)
    }

    /// A page whose origin no app has, or not the app that the token names.
    pub(crate) fn origin_not_allowed() -> Self {
        let detail = "The operator has not listed this origin for the app that calls.";
        Self::new(ProblemType::OriginNotAllowed, detail)
    }

    /// A call over a limit.
    pub(crate) fn limited(exceeded: &Exceeded) -> Self {
        let problem = Problem::new(ProblemType::RateLimited, exceeded.detail)
            .retry_after(exceeded.standing.more_in());
        Self { limit: Some(exceeded.limit), ..problem.into() }
    }

    /// What kind of problem it is.
    pub(crate) const fn kind(&self) -> ProblemType {
        self.problem.kind
    }

    /// A failure of authentication. The answer never says which check failed.
    pub(crate) fn from_auth(error: AuthError) -> Self {
        let problem = if error.is_unavailable() {
            let detail = "The access token cannot be checked right now. Try again in a moment.";
            Problem::new(ProblemType::UpstreamUnavailable, detail).retry_after(2)
        } else {
            let detail = "Get a new access token and try again.";
            Problem::new(ProblemType::InvalidToken, detail).with_header(
                header::WWW_AUTHENTICATE,
                &format!("{CHALLENGE}, error=\"invalid_token\""),
            )
        };
        Self { problem: Box::new(problem), cause: Some(Box::new(error)), limit: None }
    }

    /// A proof of contact that is not believed. As for tokens, the answer never says which check
    /// failed; only that none is taken, and that its contact cannot be sent, can be helped.
    pub(crate) fn from_proof(error: AuthError) -> Self {
        let problem = match &error {
            AuthError::ProofUnwanted => invalid(
                "/contactProof",
                "No proofs are taken for the users of this app. Leave it out.",
            ),
            AuthError::ProofOfForm(_) => invalid(
                "/contactProof",
                "The provider does not take a contact of this form. Let the user verify another one.",
            ),
            AuthError::KeysUnavailable(_) => {
                let detail =
                    "The proof of contact cannot be checked right now. Try again in a moment.";
                Problem::new(ProblemType::UpstreamUnavailable, detail).retry_after(2)
            }
            AuthError::TooLong
            | AuthError::Malformed(_)
            | AuthError::UnknownIssuer
            | AuthError::Algorithm
            | AuthError::Type
            | AuthError::UnknownKey
            | AuthError::Signature
            | AuthError::Expired
            | AuthError::NotYetValid
            | AuthError::WrongUse
            | AuthError::User(_)
            | AuthError::ProofOfAnother => Problem::new(
                ProblemType::ContactNotVerified,
                "The proof of contact is not accepted. Let the user verify the phone number or \
                 email address again and send the new proof.",
            ),
        };
        Self { problem: Box::new(problem), cause: Some(Box::new(error)), limit: None }
    }

    /// A use case that did not succeed at `now`.
    pub(crate) fn from_usecase(error: usecase::Error, now: Timestamp) -> Self {
        let problem = Box::new(problem_of(&error, now));
        let refreshed = matches!(error, usecase::Error::RefreshedJustNow { .. });
        let busy = matches!(error, usecase::Error::Busy);
        let limit = refreshed.then_some("refresh").or(busy.then_some("starts"));
        Self { problem, cause: Some(Box::new(error)), limit }
    }

    /// Says once what happened: here, at the edge, with the whole chain of causes.
    fn log(&self) {
        let kind = self.problem.kind;
        let cause = self.cause.as_deref().map(Chain::of).unwrap_or_default();
        let (slug, status) = (kind.slug(), kind.status());
        if let Some(limit) = self.limit.or(limit_of(kind)) {
            metrics::counter!("gerbang_refused_total", "limit" => limit).increment(1);
        }
        if kind == ProblemType::Overloaded && self.limit.is_some() {
            // A rush, and nothing to mend: as expected as any other limit.
            tracing::warn!(problem = slug, error = %cause, "a request was refused");
        } else if status.is_server_error() {
            tracing::error!(problem = slug, error = %cause, "a request failed");
        } else if matches!(
            status,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS
        ) {
            tracing::warn!(problem = slug, error = %cause, "a request was refused");
        } else {
            tracing::info!(problem = slug, error = %cause, "a request could not be served");
        }
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), cause: None, limit: None }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.problem.kind.slug())
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.problem.kind.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.log();
        let trace = Trace::current().unwrap_or_default();
        self.problem.respond(trace.request_id())
    }
}

#[expect(clippy::too_many_lines, reason = "a table, read row by row")]
fn problem_of(error: &usecase::Error, now: Timestamp) -> Problem {
    use usecase::Error;
    match error {
        Error::ContactNotVerified => Problem::new(
            ProblemType::ContactNotVerified,
            "Nobody vouches for a verified contact of this kind. Let the user verify a phone \
             number or an email address, get a new token or proof of it and try again.",
        ),
        Error::ProofUsed => Problem::new(
            ProblemType::ContactNotVerified,
            "The proof of contact was used before. Let the user verify the phone number or email \
             address again and send the new proof.",
        ),
        Error::DirectoryTimeout(_) => Problem::new(
            ProblemType::UpstreamTimeout,
            "The service that knows the user's contacts did not answer in time. Try again.",
        )
        .retry_after(1),
        Error::DirectoryUnavailable(_) => Problem::new(
            ProblemType::UpstreamUnavailable,
            "The service that knows the user's contacts cannot be asked. Try again in a moment.",
        )
        .retry_after(2),
        Error::DirectoryRefused(_) => Problem::new(
            ProblemType::UpstreamError,
            "The answer of the service that knows the user's contacts could not be used. The \
             operator has been told.",
        ),
        Error::Invalid { pointer, detail } => invalid(pointer, detail),
        Error::RedirectNotAllowed { pointer } => Problem::new(
            ProblemType::RedirectNotAllowed,
            "Use a URL that the operator has put on the list.",
        )
        .with_errors(vec![FieldError {
            pointer: (*pointer).to_owned(),
            detail: "Not on the list of allowed redirect URLs.".to_owned(),
        }]),
        Error::NotFound => *ApiError::not_found().problem,
        Error::NoImage => Problem::new(
            ProblemType::NotFound,
            "The provider has named no image of this kind for the verification.",
        ),
        Error::ImageExpired => Problem::new(
            ProblemType::ImageExpired,
            "The provider does not give the image out any more.",
        ),
        Error::ErasedMeanwhile => Problem::new(
            ProblemType::Conflict,
            "What was held about this user was erased while the start was under way. Start again.",
        ),
        Error::Closed => Problem::new(
            ProblemType::VerificationFinal,
            "The verification is closed. Start a new one.",
        ),
        Error::AlreadyCaptured => Problem::new(
            ProblemType::Conflict,
            "Something was captured already. Wait for the verdict.",
        ),
        Error::RequestUnderway => Problem::new(
            ProblemType::IdempotencyInProgress,
            "The first request with this idempotency key has no answer yet. Try again in a moment.",
        )
        .retry_after(1),
        Error::RequestDiffers => Problem::new(
            ProblemType::IdempotencyMismatch,
            "This idempotency key came with another body. A new request needs a new key.",
        ),
        Error::AnswerSpent => Problem::new(
            ProblemType::Conflict,
            "What was answered under this idempotency key is of no further use. Use a new key.",
        ),
        Error::AttemptsExhausted { until } => Problem::new(
            ProblemType::AttemptsExhausted,
            "This user has tried too often within a day.",
        )
        .retry_after(seconds_until(*until, now)),
        Error::TooManyWaiters => Problem::new(
            ProblemType::RateLimited,
            "This user waits in too many places at once. Let one of the calls end first.",
        )
        .retry_after(1),
        Error::RefreshedJustNow { until } => Problem::new(
            ProblemType::RateLimited,
            "The provider was asked about this verification a moment ago. Wait for its answer.",
        )
        .retry_after(seconds_until(*until, now)),
        Error::ScopeMissing(scope) => Problem::new(
            ProblemType::InsufficientScope,
            format!("The token needs the scope `{}`.", scope.as_str()),
        )
        .with_header(
            header::WWW_AUTHENTICATE,
            &format!("{CHALLENGE}, error=\"insufficient_scope\", scope=\"{}\"", scope.as_str()),
        ),
        Error::DeadlinePassed | Error::ProviderTimeout(_) => Problem::new(
            ProblemType::UpstreamTimeout,
            "The verification provider did not answer in time. Try again: nothing is lost.",
        )
        .retry_after(1),
        Error::ProviderUnavailable { retry_after, .. } => Problem::new(
            ProblemType::UpstreamUnavailable,
            "Try again in a moment: nothing is lost.",
        )
        .retry_after(retry_after.map_or(2, |wait| wait.as_secs())),
        Error::ContactRefused(_) => invalid(
            "/contact",
            "The provider does not take this contact. Let the user verify another one.",
        ),
        // Ours to mend, never the caller's 401 or 403.
        Error::ProviderRefused(_) => Problem::new(
            ProblemType::UpstreamError,
            "The verification provider's answer could not be used. The operator has been told.",
        ),
        Error::EndpointRemoved => Problem::new(
            ProblemType::Conflict,
            "The endpoint of this webhook is not in the gateway's settings any more.",
        ),
        Error::CallbackUnreadable(_) => Problem::new(
            ProblemType::MalformedRequest,
            "The body is no statement about a submission. It was kept for an operator.",
        ),
        Error::Busy => Problem::new(ProblemType::Overloaded, BUSY).retry_after(2),
        Error::Overloaded(_) => {
            Problem::new(ProblemType::Overloaded, "Try again in a moment.").retry_after(1)
        }
        Error::StoreUnavailable(_) => Problem::new(
            ProblemType::Overloaded,
            "Nothing can be written down right now. Try again in a moment.",
        )
        .retry_after(5),
        Error::Store(_) => Problem::new(ProblemType::InternalError, "The operator has been told."),
    }
}

fn invalid(pointer: &str, detail: &str) -> Problem {
    *ApiError::invalid_at(pointer, detail).problem
}

/// Whole seconds until then, rounded up: who comes back when told must not be too early.
fn seconds_until(until: Timestamp, now: Timestamp) -> u64 {
    let left = until.duration_since(now);
    let seconds = left.as_secs().saturating_add(i64::from(left.subsec_nanos() > 0));
    u64::try_from(seconds).unwrap_or(0).max(1)
}

/// Which limit a refusal comes from, for the metric; `None` for refusals of another kind.
const fn limit_of(kind: ProblemType) -> Option<&'static str> {
    match kind {
        ProblemType::RateLimited => Some("waiters"),
        ProblemType::AttemptsExhausted => Some("attempts"),
        ProblemType::Overloaded => Some("store"),
        ProblemType::HeaderTooLarge => Some("head"),
        ProblemType::PayloadTooLarge => Some("body"),
        ProblemType::RequestTimeout => Some("body_time"),
        ProblemType::AuthenticationRequired
        | ProblemType::InvalidToken
        | ProblemType::InsufficientScope
        | ProblemType::OriginNotAllowed
        | ProblemType::ContactNotVerified
        | ProblemType::NotFound
        | ProblemType::MethodNotAllowed
        | ProblemType::NotAcceptable
        | ProblemType::Conflict
        | ProblemType::IdempotencyInProgress
        | ProblemType::IdempotencyMismatch
        | ProblemType::VerificationFinal
        | ProblemType::ImageExpired
        | ProblemType::UnsupportedMediaType
        | ProblemType::MalformedRequest
        | ProblemType::ValidationFailed
        | ProblemType::RedirectNotAllowed
        | ProblemType::CallbackUnauthorized
        | ProblemType::CallbackForbiddenSource
        | ProblemType::UpstreamError
        | ProblemType::UpstreamUnavailable
        | ProblemType::UpstreamTimeout
        | ProblemType::InternalError => None,
    }
}
