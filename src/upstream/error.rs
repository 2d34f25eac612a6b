//! How asking somebody else can fail: whose fault it was, and whether another try may help.

use std::{sync::Arc, time::Duration};

/// A failed call. No variant holds the other side's words, a URL or a token: what an operator may
/// need of them is logged where it happened, by documented cause only.
///
/// It can be cloned because one failed fetch of a token or key set is told to all who waited.
#[derive(Clone, Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The call was never made: there was no connection, or no partner token to make it with. It
    /// had no effect; another try is safe.
    #[error("the upstream could not be reached")]
    Unreachable(#[source] Source),
    /// The answer did not come in time. The call may have had its effect.
    #[error("the upstream answered too late")]
    TimedOut,
    /// The connection broke before the answer was whole. The call may have had its effect.
    #[error("the connection to the upstream broke")]
    Broken(#[source] Source),
    /// 429 or 5xx: not now.
    #[error("the upstream is unavailable ({status})")]
    Unavailable {
        /// The status it answered.
        status: u16,
        /// How long it asks us to wait.
        retry_after: Option<Duration>,
    },
    /// Too many calls of ours are under way.
    #[error("too many calls to the upstream are under way")]
    Saturated,
    /// It failed again and again and is left alone for a while.
    #[error("the upstream failed again and again and is left alone for a while")]
    Resting {
        /// For how long.
        retry_after: Duration,
    },
    /// The partner token is not taken, not even a fresh one; or none is issued to us.
    #[error("the upstream does not accept our credentials")]
    Unauthorized,
    /// The upstream refuses us for what an operator configured; the documented cause.
    #[error("the upstream refuses our configuration: {0}")]
    Misconfigured(&'static str),
    /// The provider does not take the form of the contact.
    #[error("the provider does not take the contact: {0}")]
    ContactRefused(&'static str),
    /// The session id was used before.
    #[error("the session id was used before")]
    DuplicateSession,
    /// Any other refusal, by its status.
    #[error("the upstream refused the call ({status})")]
    Refused {
        /// The status it answered.
        status: u16,
    },
    /// The answer cannot be read: no JSON, too large, or without what we asked for.
    #[error("the upstream's answer cannot be read: {0}")]
    Garbled(&'static str),
}

/// Settings that no client can be built from; found when the gateway starts.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The proxy's address cannot be used.
    #[error("the proxy's address cannot be used")]
    Proxy,
    /// The extra certificates cannot be read.
    #[error("the extra certificates cannot be read")]
    Certificates,
    /// TLS cannot be set up, for example because no certificate authority at all is known on this
    /// machine.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The HTTP client refuses to be built.
    #[error("the HTTP client cannot be built")]
    Client(#[source] reqwest::Error),
    /// A setting cannot travel in a header; its key.
    #[error("{0} cannot be sent in a header")]
    Header(&'static str),
}

/// The cause below a failed call, stripped of its URL.
pub type Source = Arc<dyn std::error::Error + Send + Sync>;

impl UpstreamError {
    /// A task of ours ended without an outcome; the process is ending, or it panicked.
    pub(super) fn lost() -> Self {
        let cause: Box<dyn std::error::Error + Send + Sync> = "a task was lost".into();
        Self::Broken(Source::from(cause))
    }

    /// The outcome's name in metrics.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Broken(_) => "broken",
            Self::Unavailable { .. } => "unavailable",
            Self::Saturated => "saturated",
            Self::Resting { .. } => "resting",
            Self::Unauthorized => "unauthorized",
            Self::Misconfigured(_) => "misconfigured",
            Self::ContactRefused(_) => "contact_refused",
            Self::DuplicateSession => "duplicate_session",
            Self::Refused { .. } => "refused",
            Self::Garbled(_) => "garbled",
        }
    }
}
