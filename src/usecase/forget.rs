//! Forgetting what has outlived its use.

use jiff::{SignedDuration, Timestamp};

use super::{error::Error, ports::Ports};

/// How much is forgotten in one transaction, so that a rush of it holds nobody else up.
const BATCH: usize = 200;

/// How long a webhook is kept, whatever became of it: ten times as long as it is tried.
const WEBHOOK_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Forgets idempotency keys, ways back, callbacks and webhooks whose time is over; says how many.
pub async fn forget_due(ports: &Ports) -> Result<usize, Error> {
    let (store, mut total) = (ports.store(), 0_usize);
    loop {
        let requests = store.forget_requests(ports.now(), BATCH).await?;
        let returns = store.forget_returns(ports.now(), BATCH).await?;
        let callbacks = store.forget_callbacks(ports.now(), BATCH).await?;
        let before = ports.now().saturating_sub(WEBHOOK_LIFE).unwrap_or(Timestamp::MIN);
        let webhooks = store.forget_deliveries(before, BATCH).await?;
        let counts = [requests, returns, callbacks, webhooks];
        total = counts.iter().fold(total, |sum, count| sum.saturating_add(*count));
        if counts.iter().all(|count| *count < BATCH) {
            return Ok(total);
        }
    }
}
