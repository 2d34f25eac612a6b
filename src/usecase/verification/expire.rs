//! What the clock does to verifications.

use crate::usecase::{Error, Ports, ports::raise_alarms};

/// How many are expired in one transaction, so that a rush of them holds nobody else up.
const BATCH: usize = 100;

/// Expires every open verification whose life is over; says how many.
pub async fn expire_due(ports: &Ports) -> Result<usize, Error> {
    let mut total = 0_usize;
    loop {
        let expired = ports.store().expire_due(ports.now(), BATCH, ports.policy()).await?;
        for recorded in &expired {
            raise_alarms(recorded.verification.id, &recorded.effect);
        }
        total = total.saturating_add(expired.len());
        if expired.len() < BATCH {
            return Ok(total);
        }
    }
}

/// Takes stock after a restart: nobody knows how the calls went that were under way.
pub async fn recover(ports: &Ports) -> Result<(), Error> {
    let lost = ports.store().recover(ports.now(), ports.policy()).await?;
    if lost > 0 {
        tracing::warn!(attempts = lost, "calls to the provider were cut off by the last stop");
    }
    Ok(())
}
