//! Time as something handed in, so that a day passes in a test without waiting for it.

use std::{fmt, time::Duration};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

/// Where every deadline that carries meaning comes from: expiry, back-off, retention, long-polls.
///
/// Timers that only bound resources (connect, read, keep-alive) stay with the libraries that own
/// them, since a test that moves this clock must not tear down its own sockets.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Ends when [`Clock::now`] has reached `at`; at once if that has passed.
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that waits by the machine's clock"
    )]
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let left = Duration::try_from(at.duration_since(self.now())).unwrap_or(Duration::ZERO);
        Box::pin(tokio::time::sleep(left))
    }
}
