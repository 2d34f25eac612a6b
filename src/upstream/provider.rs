//! The provider, whichever generation of its API is behind it.

use futures_util::future::BoxFuture;

use super::error::UpstreamError;
use crate::domain::{
    Channel, Contact, IssuedCredential, Locale, RedirectUrls, SessionId, SubmissionReport, UserId,
    VerificationReference,
};

/// One initiate-flow call.
#[derive(Clone, Debug)]
pub struct InitiateFlow {
    /// Whose identity.
    pub user: UserId,
    /// The session id of the attempt; fresh, and never used again.
    pub session: SessionId,
    /// Where the user captures.
    pub channel: Channel,
    /// The proven contact.
    pub contact: Contact,
    /// The reference of its proof.
    pub reference: VerificationReference,
    /// The language.
    pub locale: Locale,
    /// Where the browser goes afterwards; always there for [`Channel::Web`].
    pub redirects: Option<RedirectUrls>,
}

/// One details read.
#[derive(Clone, Debug)]
pub struct SubmissionQuery {
    /// Whose current submission.
    pub user: UserId,
    /// The session id of the attempt it is read for.
    pub session: SessionId,
}

/// A callback body that is no statement about a submission; says what is wrong, not what it holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the callback cannot be read: {0}")]
pub struct UnreadableCallback(pub &'static str);

/// What the gateway needs of a provider.
pub trait Provider: Send + Sync {
    /// Asks for a credential to capture with. Sends the session id at most once, except that a
    /// call answered 401 or never connected is repeated under the same id, since it had no effect.
    fn initiate<'a>(
        &'a self,
        flow: &'a InitiateFlow,
    ) -> BoxFuture<'a, Result<IssuedCredential, UpstreamError>>;

    /// Reads the user's current submission. `None`: the provider knows none yet.
    fn submission<'a>(
        &'a self,
        query: &'a SubmissionQuery,
    ) -> BoxFuture<'a, Result<Option<SubmissionReport>, UpstreamError>>;

    /// Reads the body of a callback.
    fn read_callback(&self, body: &[u8]) -> Result<SubmissionReport, UnreadableCallback>;

    /// Whether initiate-flow may be asked once more for what it just refused; taken at its word, as
    /// repetitions are counted.
    fn may_repeat(&self) -> bool;

    /// Whether flows of this channel can be started with what is configured.
    fn offers(&self, channel: Channel) -> bool;
}
