//! The sandbox's own time, handed in so that a test decides when a token or a link expires.
//!
//! Everything that is meaning (token life, link life, delays of results and callbacks) asks this
//! clock. Faults of the transport (latency, drip, hang) run on real time: they act on sockets.

use std::fmt::Debug;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

/// What the sandbox takes for time.
pub trait SandboxClock: Debug + Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// Ends once `duration` has passed on this clock. Never called with zero.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemSandboxClock;

impl SandboxClock for SystemSandboxClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the sandbox reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the sandbox waits by the machine's clock"
    )]
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
