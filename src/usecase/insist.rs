//! Writing down what happened outside and cannot be had again.

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use super::Ports;
use crate::storage::error::StoreError;

/// The first pause after a write that failed; it doubles.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_millis(50);
/// The longest such pause.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// Makes `write` until it succeeds, however long the store has trouble, with a pause after each failure,
/// which is told to `complain`. Fails when the gateway stops, or the store has.
pub(super) async fn insist<'a, T>(
    ports: &Ports,
    write: impl Fn() -> BoxFuture<'a, Result<T, StoreError>> + Send,
    complain: impl Fn(&StoreError) + Send,
) -> Result<T, StoreError> {
    let mut pause = FIRST_PAUSE;
    loop {
        let failure = match write().await {
            Ok(written) => return Ok(written),
            Err(failure) => failure,
        };
        complain(&failure);
        if matches!(failure, StoreError::Closed) || ports.parts.tasks.is_stopping() {
            return Err(failure);
        }
        let until = ports.now().saturating_add(pause).unwrap_or(Timestamp::MAX);
        tokio::select! {
            () = ports.parts.clock.sleep_until(until) => {}
            () = ports.parts.tasks.stopping() => {}
        }
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    }
}
