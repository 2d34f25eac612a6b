//! When a job takes its turn.
//!
//! A turn that panics ends that turn alone: a job that died of one odd row would leave everybody
//! else's results lying until a restart.

use std::panic::AssertUnwindSafe;

use futures_util::{Future, FutureExt as _};
use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{Chain, Tasks},
    usecase::{Error, Ports},
};

/// What a job's loop needs to know.
#[derive(Clone, Debug)]
pub(super) struct Turns {
    pub(super) tasks: Tasks,
    pub(super) ports: Ports,
    pub(super) tick: SignedDuration,
}

impl Turns {
    /// Waits for the next turn: when `news` comes, or after a tick. `false`: the gateway stops.
    pub(super) async fn next(&self, news: impl Future<Output = ()>) -> bool {
        let until = self.ports.now().saturating_add(self.tick).unwrap_or(Timestamp::MAX);
        tokio::select! {
            biased;
            () = self.tasks.stopping() => false,
            () = news => true,
            () = self.ports.sleep_until(until) => true,
        }
    }

    /// Takes one turn, and says so if it fails or panics.
    pub(super) async fn take<T>(job: &'static str, turn: impl Future<Output = Result<T, Error>>) {
        match AssertUnwindSafe(turn).catch_unwind().await {
            Ok(Ok(_)) => {}
            Ok(Err(failure)) => Self::failed(job, &failure),
            Err(_) => tracing::error!(job, "a job panicked and will try again"),
        }
    }

    /// Says that a turn failed; the next one tries again.
    pub(super) fn failed(job: &'static str, failure: &Error) {
        tracing::error!(job, error = %Chain::of(failure), "a job failed and will try again");
    }
}
