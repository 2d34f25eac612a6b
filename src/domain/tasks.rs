//! Work that outlives the request which asked for it.
//!
//! A client that hangs up takes its handler's future with it, and an actix worker's runtime dies
//! with the worker. What must not stop halfway is therefore counted here, and waited for when the
//! gateway stops: it runs as a task of the main runtime from the start, or from the moment its caller
//! goes away.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{Future, future::BoxFuture};
use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};
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

    /// Runs `work` in its caller, to its end: should the caller go away first, the rest of it goes
    /// on as a task. What nearly always has its caller to the end is spared the way to another
    /// thread and back.
    pub fn carry<T>(&self, work: impl Future<Output = T> + Send + 'static) -> Carried<T>
    where
        T: Send + 'static,
    {
        Carried { work: Some(Box::pin(work)), tasks: self.clone(), _counted: self.tracker.token() }
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

    /// Waits until everything spawned or carried here has ended; call after [`Tasks::stop`].
    pub async fn drained(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// How much has not ended.
    pub fn running(&self) -> usize {
        self.tracker.len()
    }
}

/// Work that its caller carries to the end, see [`Tasks::carry`].
#[must_use = "it does nothing until it is awaited or dropped"]
pub struct Carried<T: Send + 'static> {
    /// Gone once it has ended, be it by a panic.
    work: Option<BoxFuture<'static, T>>,
    tasks: Tasks,
    _counted: TaskTrackerToken,
}

impl<T: Send + 'static> Future for Carried<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        // Out of its place while it runs, so that work which panics is not carried on.
        let Some(mut work) = self.work.take() else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            self.work = Some(work);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for Carried<T> {
    fn drop(&mut self) {
        if let Some(rest) = self.work.take() {
            // Here the caller's span and trace are still the current ones. Its outcome is nobody's
            // any more; what matters of it was written down.
            drop(self.tasks.spawn(rest));
        }
    }
}

impl<T: Send + 'static> fmt::Debug for Carried<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn carried_work_goes_on_when_its_caller_has_gone() {
        let tasks = Tasks::on_current_runtime();
        let (go, gone) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let trace = Trace::new("abc".into(), None);

        trace
            .scope(async {
                let mut work = Box::pin(tasks.carry(async move {
                    gone.await.unwrap();
                    tell.send(Trace::current()).unwrap();
                }));
                assert!(poll!(&mut work).is_pending());
            })
            .await;

        assert_eq!(tasks.running(), 1);
        go.send(()).unwrap();
        assert_eq!(told.await.unwrap().unwrap().request_id(), "abc");
        tasks.drained().await;
    }

    #[tokio::test]
    async fn carried_work_gives_its_outcome_and_is_counted_until_then() {
        let tasks = Tasks::on_current_runtime();
        let work = tasks.carry(async { 7 });
        assert_eq!(tasks.running(), 1);

        assert_eq!(work.await, 7);

        assert_eq!(tasks.running(), 0);
    }

    #[tokio::test]
    async fn work_that_panics_is_not_carried_on() {
        let tasks = Tasks::on_current_runtime();
        let caller = tasks.spawn(tasks.carry(async { panic!("as a bug would") }));

        assert!(caller.await.unwrap_err().is_panic());

        assert_eq!(tasks.running(), 0);
    }
}
