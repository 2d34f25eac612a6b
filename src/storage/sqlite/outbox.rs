//! The outbox: webhooks are written down with the change they tell of.

use jiff::Timestamp;
use rusqlite::params;

use super::writer::Tx;
use crate::{
    domain::{DeliveryId, ReasonCode, Status, Verification, VerificationId, WebhookEvent},
    storage::{error::StoreError, records::millis},
};

/// What is told.
pub(super) struct Told {
    pub(super) event: WebhookEvent,
    pub(super) id: VerificationId,
    pub(super) status: Status,
    pub(super) reason: Option<ReasonCode>,
    pub(super) revision: u64,
    pub(super) created_at: Timestamp,
    pub(super) occurred_at: Timestamp,
}

/// Leaves a webhook for each endpoint that wants to hear of a new status.
pub(super) fn post(tx: &mut Tx<'_>, verification: &Verification) -> Result<(), StoreError> {
    let told = Told {
        event: WebhookEvent::VerificationUpdated,
        id: verification.id,
        status: verification.status,
        reason: verification.reason,
        revision: verification.revision,
        created_at: verification.created_at,
        occurred_at: verification.updated_at,
    };
    tell(tx, &told)
}

/// Leaves a webhook for each endpoint that wants to hear of such. Disabled ones get theirs too: it
/// waits for the day somebody enables them.
pub(super) fn tell(tx: &mut Tx<'_>, told: &Told) -> Result<(), StoreError> {
    let event = told.event.as_str();
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
    let revision = i64::try_from(told.revision).map_err(|_| StoreError::Corrupt("revision"))?;
    let mut insert = tx.conn.prepare_cached(
        "INSERT INTO webhook_deliveries (id, endpoint, event, verification, status, reason,
             revision, created_at, occurred_at, state, tries, due_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'pending', 0, ?9)",
    )?;
    for endpoint in endpoints {
        insert.execute(params![
            DeliveryId::new(told.occurred_at).as_bytes(),
            endpoint,
            event,
            told.id.as_bytes(),
            told.status.as_str(),
            told.reason.map(ReasonCode::as_str),
            revision,
            millis(told.created_at),
            millis(told.occurred_at),
        ])?;
    }
    drop(insert);
    tx.post();
    Ok(())
}
