//! Which request we are working for, so that logs here and at the provider can be laid side by side.
//!
//! Kept beside the task rather than passed through every signature: it decides nothing, and nothing
//! may depend on it being there.

use std::{future::Future, sync::Arc};

tokio::task_local! {
    static CURRENT: Trace;
}

/// The names of a request; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Trace(Arc<Names>);

#[derive(Debug, Default)]
struct Names {
    request_id: String,
    traceparent: Option<String>,
}

impl Trace {
    /// A request by our id of it, or the caller's own, and the W3C trace context it came with.
    pub fn new(request_id: String, traceparent: Option<String>) -> Self {
        Self(Arc::new(Names { request_id, traceparent }))
    }

    /// Our id of the request, or the caller's own.
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// The W3C trace context it came with.
    pub fn traceparent(&self) -> Option<&str> {
        self.0.traceparent.as_deref()
    }

    /// Runs `work` for this request.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// The request we are working for; `None` for work that no request asked for.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }
}
