//! Why a use case did not do what it was asked: what happened, not which status it becomes.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    domain::Scope,
    storage::error::StoreError,
    upstream::{UnreadableCallback, error::UpstreamError},
};

/// A use case that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody who is to be asked vouches for such a contact.
    #[error("the user has no such verified contact")]
    ContactNotVerified,
    /// The proof of contact was used before, for another verification than the user's open one.
    #[error("the proof of contact was used before")]
    ProofUsed,
    /// The partner's user service did not answer in time.
    #[error("the user service answered too late")]
    DirectoryTimeout(#[source] UpstreamError),
    /// The partner's user service cannot be asked now.
    #[error("the user service is not available")]
    DirectoryUnavailable(#[source] UpstreamError),
    /// The partner's user service refuses us, or its answer cannot be used: an operator's to mend.
    #[error("the user service's answer cannot be used")]
    DirectoryRefused(#[source] UpstreamError),
    /// A value cannot be used, by its place in the request.
    #[error("the value at {pointer} cannot be used")]
    Invalid {
        /// JSON pointer (RFC 6901) to the value.
        pointer: &'static str,
        /// What is wrong with it, for the caller.
        detail: &'static str,
    },
    /// A redirect URL is not on the operator's list.
    #[error("the redirect URL at {pointer} is not allowed")]
    RedirectNotAllowed {
        /// JSON pointer (RFC 6901) to the URL.
        pointer: &'static str,
    },
    /// There is none, or it is somebody else's: a caller cannot tell.
    #[error("no such verification for this caller")]
    NotFound,
    /// The provider named no picture of this kind.
    #[error("there is no such image")]
    NoImage,
    /// The link to the picture is over, and the provider gives no other.
    #[error("the link to the image is over, and there is no other")]
    ImageExpired,
    /// Everything held about the user was destroyed while the start was under way.
    #[error("the user was erased meanwhile")]
    ErasedMeanwhile,
    /// The verification is closed.
    #[error("the verification is closed")]
    Closed,
    /// Something was captured already.
    #[error("something was captured already")]
    AlreadyCaptured,
    /// The user has used up the attempts of a day.
    #[error("the user has used up the attempts of a day")]
    AttemptsExhausted {
        /// When the next is free.
        until: Timestamp,
    },
    /// The user waits in too many places at once.
    #[error("too many calls of this user are waiting")]
    TooManyWaiters,
    /// The provider was asked about this verification for a back end a moment ago.
    #[error("the details were read for a back end a moment ago")]
    RefreshedJustNow {
        /// When they may be read again.
        until: Timestamp,
    },
    /// The back end may not do this.
    #[error("the scope {} is missing", .0.as_str())]
    ScopeMissing(Scope),
    /// The provider did not answer within the caller's deadline. The call goes on, and the next
    /// start gets what it brings.
    #[error("the caller waited long enough for the provider")]
    DeadlinePassed,
    /// The provider did not answer within its own deadline.
    #[error("the provider answered too late")]
    ProviderTimeout(#[source] UpstreamError),
    /// The provider cannot be asked now; later it may.
    #[error("the provider is not available")]
    ProviderUnavailable {
        /// How long it asks us to wait.
        retry_after: Option<Duration>,
        /// What happened.
        #[source]
        source: UpstreamError,
    },
    /// The provider does not take the form of the contact.
    #[error("the provider does not take the contact")]
    ContactRefused(#[source] UpstreamError),
    /// The provider refuses us, or its answer cannot be used: an operator's to mend.
    #[error("the provider's answer cannot be used")]
    ProviderRefused(#[source] UpstreamError),
    /// The same request is being carried out already.
    #[error("the same request is under way")]
    RequestUnderway,
    /// The idempotency key belongs to another request.
    #[error("the idempotency key was used for another request")]
    RequestDiffers,
    /// The first answer must not be given again.
    #[error("what was answered under this idempotency key is over")]
    AnswerSpent,
    /// The settings name the endpoint of a webhook no more.
    #[error("the endpoint of the webhook is not there any more")]
    EndpointRemoved,
    /// A callback was kept, but nobody can read it.
    #[error("a callback cannot be read")]
    CallbackUnreadable(#[from] UnreadableCallback),
    /// More starts are under way and waiting than may be.
    #[error("too many starts are under way")]
    Busy,
    /// More is to be remembered than the store takes at a time.
    #[error("the store is overloaded")]
    Overloaded(#[source] StoreError),
    /// Nothing can be remembered now: disk full, database locked, gateway stopping.
    #[error("the store is not available")]
    StoreUnavailable(#[source] StoreError),
    /// Remembering failed.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

impl Error {
    /// A failure of the partner's user service; [`From`] is for those of the provider.
    pub(super) fn of_directory(failure: UpstreamError) -> Self {
        match failure {
            UpstreamError::TimedOut => Self::DirectoryTimeout(failure),
            UpstreamError::Unavailable { .. }
            | UpstreamError::Unreachable(_)
            | UpstreamError::Broken(_)
            | UpstreamError::Saturated
            | UpstreamError::Resting { .. } => Self::DirectoryUnavailable(failure),
            UpstreamError::ContactRefused(_)
            | UpstreamError::Unauthorized
            | UpstreamError::Misconfigured(_)
            | UpstreamError::DuplicateSession
            | UpstreamError::Refused { .. }
            | UpstreamError::Garbled(_) => Self::DirectoryRefused(failure),
        }
    }
}

impl From<UpstreamError> for Error {
    fn from(failure: UpstreamError) -> Self {
        match failure {
            UpstreamError::TimedOut => Self::ProviderTimeout(failure),
            UpstreamError::Unavailable { retry_after, .. } => {
                Self::ProviderUnavailable { retry_after, source: failure }
            }
            UpstreamError::Resting { retry_after } => {
                Self::ProviderUnavailable { retry_after: Some(retry_after), source: failure }
            }
            UpstreamError::Unreachable(_) | UpstreamError::Saturated => {
                Self::ProviderUnavailable { retry_after: None, source: failure }
            }
            UpstreamError::ContactRefused(_) => Self::ContactRefused(failure),
            UpstreamError::Broken(_)
            | UpstreamError::Unauthorized
            | UpstreamError::Misconfigured(_)
            | UpstreamError::DuplicateSession
            | UpstreamError::Refused { .. }
            | UpstreamError::Garbled(_) => Self::ProviderRefused(failure),
        }
    }
}

impl From<StoreError> for Error {
    fn from(failure: StoreError) -> Self {
        match failure {
            StoreError::Overloaded => Self::Overloaded(failure),
            StoreError::Closed | StoreError::Unavailable(_) => Self::StoreUnavailable(failure),
            StoreError::Database(_)
            | StoreError::Sealed
            | StoreError::Corrupt(_)
            | StoreError::Keys(_) => Self::Store(failure),
        }
    }
}
