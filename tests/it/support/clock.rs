//! A clock that stands still until a test moves it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::BoxFuture;
use gerbang::{domain::Clock, sandbox::SandboxClock};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Cheap to clone; all clones show the same time.
#[derive(Clone, Debug)]
pub(crate) struct ManualClock {
    now: watch::Sender<Timestamp>,
    /// Until when somebody sleeps, one entry a sleeper.
    sleepers: Arc<Mutex<Vec<Timestamp>>>,
    slept: watch::Sender<u64>,
}

/// One sleeper's entry, taken back when it wakes or is dropped.
struct Entry(ManualClock, Timestamp);

impl ManualClock {
    pub(crate) fn at(now: Timestamp) -> Self {
        Self {
            now: watch::Sender::new(now),
            sleepers: Arc::default(),
            slept: watch::Sender::new(0),
        }
    }

    /// A clock that shows some moment of 2026.
    pub(crate) fn new() -> Self {
        Self::at("2026-06-01T03:00:00Z".parse().unwrap())
    }

    /// The clock as rooms take it.
    pub(crate) fn shared(&self) -> Arc<dyn Clock> {
        Arc::new(self.clone())
    }

    /// The clock as the sandbox takes it: both sides of a test live in the same time.
    pub(crate) fn for_sandbox(&self) -> Arc<dyn SandboxClock> {
        Arc::new(Shared(self.clone()))
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        self.now.send_modify(|now| *now += by);
    }

    /// Completes when `count` sleepers sleep until `at` exactly: what a test waits for before it
    /// moves the clock past them.
    pub(crate) async fn wait_for_sleepers_until(&self, at: Timestamp, count: usize) {
        let mut slept = self.slept.subscribe();
        let enough = || {
            let sleepers = self.sleepers.lock().unwrap();
            sleepers.iter().filter(|until| **until == at).count() >= count
        };
        slept.wait_for(|_| enough()).await.unwrap();
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let mut now = self.now.subscribe();
        self.sleepers.lock().unwrap().push(at);
        self.slept.send_modify(|count| *count += 1);
        let entry = Entry(self.clone(), at);
        Box::pin(async move {
            let _entry = entry;
            // The sender lives in `entry`, so waiting cannot fail.
            let _ = now.wait_for(|now| *now >= at).await;
        })
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut sleepers = self.0.sleepers.lock().unwrap();
        if let Some(place) = sleepers.iter().position(|until| *until == self.1) {
            sleepers.swap_remove(place);
        }
    }
}

/// The same clock, as the sandbox asks it.
#[derive(Debug)]
struct Shared(ManualClock);

impl SandboxClock for Shared {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn sleep(&self, pause: Duration) -> BoxFuture<'static, ()> {
        let pause = SignedDuration::try_from(pause).unwrap();
        self.0.sleep_until(self.0.now() + pause)
    }
}
