//! Forgetting what has outlived its use.

use super::{error::Error, ports::Ports};

/// How much is forgotten in one transaction, so that a rush of it holds nobody else up.
const BATCH: usize = 200;

/// Forgets idempotency keys whose time is over; says how many.
pub async fn forget_due(ports: &Ports) -> Result<usize, Error> {
    let mut total = 0_usize;
    loop {
        let forgotten = ports.store().forget_requests(ports.now(), BATCH).await?;
        total = total.saturating_add(forgotten);
        if forgotten < BATCH {
            return Ok(total);
        }
    }
}
