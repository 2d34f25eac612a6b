//! When a job takes its turn.

use futures_util::Future;
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

    /// Says that a turn failed; the next one tries again.
    pub(super) fn failed(job: &'static str, failure: &Error) {
        tracing::error!(job, error = %Chain::of(failure), "a job failed and will try again");
    }
}
