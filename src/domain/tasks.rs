//! Work that outlives the request which asked for it.
//!
//! A client that hangs up takes its handler's future with it, and an actix worker's runtime dies
//! with the worker. What must not stop halfway is therefore spawned here: on the main runtime,
//! counted, and waited for when the gateway stops.

use futures_util::Future;
use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument as _;

use super::trace::Trace;

/// Hands out tasks on the main runtime; cheap to clone.
#[derive(Clone, Debug)]
pub struct Tasks {
    tracker: TaskTracker,
    runtime: Handle,
    stopping: CancellationToken,
}

impl Tasks {
    /// Binds to the runtime of the caller.
    pub fn on_current_runtime() -> Self {
        Self {
            tracker: TaskTracker::new(),
            runtime: Handle::current(),
            stopping: CancellationToken::new(),
        }
    }

    /// Runs `work` to its end, whatever becomes of the caller. It keeps the caller's span and
    /// [`Trace`].
    pub fn spawn<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let trace = Trace::current().unwrap_or_default();
        self.tracker.spawn_on(trace.scope(work.in_current_span()), &self.runtime)
    }

    /// Completes when the gateway begins to stop: loops end at their next safe point.
    pub async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    /// Whether the gateway has begun to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Tells every loop to end.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    /// Waits until everything spawned here has ended; call after [`Tasks::stop`].
    pub async fn drained(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// How many tasks have not ended.
    pub fn running(&self) -> usize {
        self.tracker.len()
    }
}
