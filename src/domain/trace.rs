//! Which request we are working for, so that logs here and at the provider can be laid side by side.
//!
//! Kept beside the task rather than passed through every signature: it decides nothing, and nothing
//! may depend on it being there.

use std::future::Future;

tokio::task_local! {
    static CURRENT: Trace;
}

/// The names of a request.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Our id of the request, or the caller's own.
    pub request_id: String,
    /// The W3C trace context it came with.
    pub traceparent: Option<String>,
}

impl Trace {
    /// Runs `work` for this request.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// The request we are working for; `None` for work that no request asked for.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }
}
