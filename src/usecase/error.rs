//! Why a use case did not do what it was asked: what happened, not which status it becomes.

use jiff::Timestamp;

use crate::{
    domain::Scope,
    storage::error::StoreError,
    upstream::{UnreadableCallback, error::UpstreamError},
};

/// A use case that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller's token vouches for no such contact.
    #[error("the user has no such verified contact")]
    ContactNotVerified,
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
    /// The back end may not do this.
    #[error("the scope {} is missing", .0.as_str())]
    ScopeMissing(Scope),
    /// The provider did not answer within the caller's deadline. The call goes on, and the next
    /// start gets what it brings.
    #[error("the provider answered too late")]
    ProviderTimeout,
    /// The provider could not be asked, or said no.
    #[error("the provider could not be asked")]
    Provider(#[from] UpstreamError),
    /// A callback was kept, but nobody can read it.
    #[error("a callback cannot be read")]
    CallbackUnreadable(#[from] UnreadableCallback),
    /// Remembering failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A task of ours ended without an answer; it panicked or was cut off by the end of the
    /// process.
    #[error("a task ended without an answer")]
    TaskLost,
}
