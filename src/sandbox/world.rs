//! One running sandbox: its options, its memory, its record and its background work.
//!
//! Background work runs on the runtime that started the sandbox, never on a worker's, and ends
//! when the sandbox stops. Locks are held for a look or a change, never across an await.

use std::future::Future;
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::book::Book;
use super::courier::Courier;
use super::fault::FaultBoard;
use super::journal::Journal;
use super::link::LinkKey;
use super::options::SandboxOptions;
use super::paper::Gallery;
use super::token::PartnerTokens;

/// Everything a call, a script or a test reaches.
pub(super) struct World {
    pub(super) options: SandboxOptions,
    /// Without a slash at its end.
    pub(super) base_url: String,
    pub(super) tokens: Mutex<PartnerTokens>,
    pub(super) book: Mutex<Book>,
    pub(super) faults: FaultBoard,
    pub(super) journal: Journal,
    pub(super) courier: Courier,
    pub(super) links: LinkKey,
    /// Scripts that have not come to their end.
    pub(super) playing: AtomicUsize,
    pub(super) tasks: TaskTracker,
    pub(super) stopping: CancellationToken,
    pub(super) runtime: Handle,
}

impl World {
    pub(super) fn now(&self) -> Timestamp {
        self.options.clock.now()
    }

    /// Lets `duration` pass on the sandbox's clock. Zero asks the clock nothing, so that a test
    /// with a clock that stands still goes on.
    pub(super) async fn pause(&self, duration: Duration) {
        if !duration.is_zero() {
            self.options.clock.sleep(duration).await;
        }
    }

    /// Runs `work` beside the calls until it ends or the sandbox stops.
    pub(super) fn run_beside(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stopping = self.stopping.clone();
        let until_stop = async move {
            tokio::select! {
                () = stopping.cancelled() => {}
                () = work => {}
            }
        };
        self.tasks.spawn_on(until_stop, &self.runtime);
    }

    pub(super) fn gallery(&self) -> Gallery<'_> {
        Gallery { base_url: &self.base_url, key: &self.links, now: self.now() }
    }
}

/// A lock whose holder panicked is still a lock: what it guards is changed in single steps.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
