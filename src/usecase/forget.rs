//! Forgetting what has outlived its use.

use super::{error::Error, ports::Ports};

/// How much is forgotten in one transaction, so that a rush of it holds nobody else up.
const BATCH: usize = 200;

/// Forgets idempotency keys, ways back and callbacks whose time is over; says how many.
pub async fn forget_due(ports: &Ports) -> Result<usize, Error> {
    let (store, mut total) = (ports.store(), 0_usize);
    loop {
        let requests = store.forget_requests(ports.now(), BATCH).await?;
        let returns = store.forget_returns(ports.now(), BATCH).await?;
        let callbacks = store.forget_callbacks(ports.now(), BATCH).await?;
        total = total.saturating_add(requests).saturating_add(returns).saturating_add(callbacks);
        if requests.max(returns).max(callbacks) < BATCH {
            return Ok(total);
        }
    }
}
