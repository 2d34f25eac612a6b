//! Time that stands still until a test moves it.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use gerbang::domain::Clock;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// A clock that a test advances; clones show the same time.
#[derive(Clone, Debug)]
pub(crate) struct ManualClock {
    now: Arc<watch::Sender<Timestamp>>,
}

impl ManualClock {
    /// A clock that shows some moment of 2026.
    pub(crate) fn new() -> Self {
        let begin = "2026-06-01T03:00:00Z".parse().unwrap();
        Self { now: Arc::new(watch::Sender::new(begin)) }
    }

    /// Lets time pass and wakes whoever waited for it.
    pub(crate) fn advance(&self, span: SignedDuration) {
        self.now.send_modify(|now| *now = now.saturating_add(span).unwrap());
    }

    /// The clock as rooms take it.
    pub(crate) fn shared(&self) -> Arc<dyn Clock> {
        Arc::new(self.clone())
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let mut now = self.now.subscribe();
        // The sender is kept alive, so that a sleeper whose clock is gone sleeps on.
        let keep = Arc::clone(&self.now);
        Box::pin(async move {
            let _ = now.wait_for(|now| *now >= at).await;
            drop(keep);
        })
    }
}
