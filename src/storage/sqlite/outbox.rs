//! The outbox: webhooks are written down with the change they tell of.

use rusqlite::params;

use super::writer::Tx;
use crate::{
    domain::{DeliveryId, ReasonCode, Verification, WebhookEvent},
    storage::{error::StoreError, records::millis},
};

/// Leaves a webhook for each endpoint that wants to hear of a new status. Disabled ones get theirs
/// too: it waits for the day somebody enables them.
pub(super) fn post(tx: &mut Tx<'_>, verification: &Verification) -> Result<(), StoreError> {
    let event = WebhookEvent::VerificationUpdated.as_str();
    let endpoints: Vec<String> = tx
        .conn
        .prepare_cached(
            "SELECT id FROM webhook_endpoints WHERE instr(events, ' ' || ?1 || ' ') > 0",
        )?
        .query_map([event], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if endpoints.is_empty() {
        return Ok(());
    }
    let revision =
        i64::try_from(verification.revision).map_err(|_| StoreError::Corrupt("revision"))?;
    let mut insert = tx.conn.prepare_cached(
        "INSERT INTO webhook_deliveries (id, endpoint, event, verification, status, reason,
             revision, created_at, occurred_at, state, tries, due_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'pending', 0, ?9)",
    )?;
    for endpoint in endpoints {
        insert.execute(params![
            DeliveryId::new(verification.updated_at).as_bytes(),
            endpoint,
            event,
            verification.id.as_bytes(),
            verification.status.as_str(),
            verification.reason.map(ReasonCode::as_str),
            revision,
            millis(verification.created_at),
            millis(verification.updated_at),
        ])?;
    }
    drop(insert);
    tx.post();
    Ok(())
}
