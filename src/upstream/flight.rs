//! One fetch for all who need its outcome.
//!
//! Invariant: the work runs in a task of its own. No caller owns it, so none who goes away can
//! stop it, restart it or fail it for the others.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use futures_util::Future;
use tokio::sync::watch;

use crate::domain::Tasks;

/// Work of one kind, under way at most once at a time.
pub(super) struct Flight<T> {
    tasks: Tasks,
    /// The outcome of the latest work, as soon as there is one. The lock is held for a look only.
    latest: Mutex<Option<watch::Receiver<Option<T>>>>,
}

impl<T: Clone + Send + Sync + 'static> Flight<T> {
    pub(super) fn new(tasks: Tasks) -> Self {
        Self { tasks, latest: Mutex::new(None) }
    }

    /// Waits for the work under way, or starts `work` and waits for that. `None`: its task was
    /// lost, because it panicked or the process is ending.
    ///
    /// Work that has landed is never joined: `work` must look for itself whether it still has to
    /// be done.
    pub(super) async fn join<F>(&self, work: impl FnOnce() -> F) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut landing = self.board(work);
        let landed = landing.wait_for(Option::is_some).await.ok()?;
        landed.clone()
    }

    fn board<F>(&self, work: impl FnOnce() -> F) -> watch::Receiver<Option<T>>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        // Closed means landed or lost.
        let under_way = latest.as_ref().filter(|flight| flight.has_changed().is_ok());
        if let Some(flight) = under_way.filter(|flight| flight.borrow().is_none()) {
            return flight.clone();
        }
        let (told, landing) = watch::channel(None);
        *latest = Some(landing.clone());
        let work = work();
        self.tasks.spawn(async move {
            told.send_replace(Some(work.await));
        });
        landing
    }
}

impl<T> fmt::Debug for Flight<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight").finish_non_exhaustive()
    }
}
