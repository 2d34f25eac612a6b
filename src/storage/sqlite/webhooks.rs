//! Webhooks: sent from the outbox, tried again, given up, and set going once more.
//!
//! No row is claimed. One carrier serves an endpoint at a time and takes the next rows when it is
//! done with the last ones; so a crash loses nothing, and no row is on its way twice.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rusqlite::{Row, params};

use super::{
    aggregate::{fetch, id_column, text, time},
    reader::Snapshot,
    store::SqliteStore,
    sweeps::forget,
    verifications::bound,
    writer::Tx,
};
use crate::{
    domain::{
        Chain, Delivery, DeliveryId, DeliveryOutcome, DeliveryState, DueDelivery, Endpoint,
        EndpointId, LastTry, NextStep, ReasonCode, Status, Tried, VerificationId, WebhookEvent,
    },
    storage::{
        error::StoreError,
        keyring::Blinded,
        records::{millis, timestamp},
        webhooks::{DeliveryFilter, DeliveryPage, EndpointStanding, Redelivered, Webhooks},
    },
};

/// The statement that reads deliveries found by `$condition`.
macro_rules! deliveries_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, endpoint, event, verification, status, reason, revision, created_at,
                 occurred_at, state, tries, due_at, tried_at, outcome, http_status
             FROM webhook_deliveries WHERE ",
            $condition
        )
    };
}

impl Webhooks for SqliteStore {
    fn set_endpoints(
        &self,
        endpoints: Vec<Endpoint>,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        self.write(move |tx| set_endpoints(tx, &endpoints, at))
    }

    fn endpoints(&self) -> BoxFuture<'_, Result<Vec<EndpointStanding>, StoreError>> {
        self.read(endpoints)
    }

    fn due_deliveries(
        &self,
        endpoint: EndpointId,
        at: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<DueDelivery>, StoreError>> {
        Box::pin(async move {
            let (due, damaged) = self.read(move |it| due(it, &endpoint, at, limit)).await?;
            // A row that cannot be read would come back, and take the place of others, for ever.
            for id in damaged {
                let outcome = DeliveryOutcome::Damaged;
                let tried = Tried { outcome, status: None, retry_after: None };
                self.record_try(id, tried, NextStep::GiveUp, at).await?;
            }
            Ok(due)
        })
    }

    fn record_try(
        &self,
        id: DeliveryId,
        tried: Tried,
        next: NextStep,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        self.write(move |tx| record_try(tx, id, &tried, next, at))
    }

    fn deliveries(
        &self,
        filter: DeliveryFilter,
        before: Option<DeliveryId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<DeliveryPage, StoreError>> {
        self.read(move |snapshot| page(snapshot, &filter, before, limit))
    }

    fn redeliver(
        &self,
        id: DeliveryId,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<Redelivered, StoreError>> {
        self.write(move |tx| redeliver(tx, id, at))
    }

    fn enable_endpoint(
        &self,
        endpoint: EndpointId,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.write(move |tx| enable(tx, endpoint.as_str(), at))
    }

    fn forget_deliveries(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.write(move |tx| {
            let sql = "DELETE FROM webhook_deliveries WHERE number IN
                     (SELECT number FROM webhook_deliveries WHERE occurred_at < ?1 LIMIT ?2)";
            forget(tx, sql, before, limit)
        })
    }
}

fn set_endpoints(tx: &mut Tx<'_>, endpoints: &[Endpoint], at: Timestamp) -> Result<(), StoreError> {
    use secrecy::ExposeSecret as _;

    for endpoint in endpoints {
        let url = tx.ring.blind(Blinded::WebhookUrl, endpoint.url.expose_secret().as_bytes());
        let events: String = endpoint.events.iter().flat_map(|it| [it.as_str(), " "]).collect();
        let moved = tx
            .conn
            .prepare_cached("SELECT 1 FROM webhook_endpoints WHERE id = ?1 AND url_hash <> ?2")?
            .exists(params![endpoint.id.as_str(), url])?;
        tx.conn
            .prepare_cached(
                "INSERT INTO webhook_endpoints (id, url_hash, events) VALUES (?1, ?2, ' ' || ?3)
                 ON CONFLICT (id) DO UPDATE SET url_hash = ?2, events = ' ' || ?3",
            )?
            .execute(params![endpoint.id.as_str(), url, events])?;
        if moved {
            enable(tx, endpoint.id.as_str(), at)?;
        }
    }
    let known: Vec<String> = tx
        .conn
        .prepare_cached("SELECT id FROM webhook_endpoints")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in known.iter().filter(|id| !endpoints.iter().any(|it| it.id.as_str() == *id)) {
        tx.conn.prepare_cached("DELETE FROM webhook_endpoints WHERE id = ?1")?.execute([id])?;
        tx.conn
            .prepare_cached(
                "UPDATE webhook_deliveries SET state = 'dead', due_at = NULL, outcome = ?2
                 WHERE endpoint = ?1 AND state = 'pending'",
            )?
            .execute(params![id, DeliveryOutcome::EndpointRemoved.as_str()])?;
    }
    Ok(())
}

fn enable(tx: &mut Tx<'_>, endpoint: &str, at: Timestamp) -> Result<bool, StoreError> {
    let known = tx
        .conn
        .prepare_cached("UPDATE webhook_endpoints SET disabled_at = NULL WHERE id = ?1")?
        .execute([endpoint])?;
    tx.conn
        .prepare_cached(
            "UPDATE webhook_deliveries SET due_at = min(due_at, ?2)
             WHERE endpoint = ?1 AND state = 'pending'",
        )?
        .execute(params![endpoint, millis(at)])?;
    tx.post();
    Ok(known > 0)
}

fn endpoints(snapshot: &Snapshot<'_>) -> Result<Vec<EndpointStanding>, StoreError> {
    let mut statement = snapshot.conn.prepare_cached(
        "SELECT id, disabled_at,
             (SELECT count(*) FROM webhook_deliveries
              WHERE endpoint = webhook_endpoints.id AND state = 'pending'),
             (SELECT count(*) FROM webhook_deliveries
              WHERE endpoint = webhook_endpoints.id AND state = 'dead')
         FROM webhook_endpoints ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    let mut standings = Vec::new();
    while let Some(row) = rows.next()? {
        let disabled_at: Option<i64> = row.get(1)?;
        standings.push(EndpointStanding {
            id: endpoint(text(row, 0, "id")?)?,
            disabled_at: disabled_at.map(|it| timestamp(it, "disabled_at")).transpose()?,
            pending: u64::try_from(row.get::<_, i64>(2)?).unwrap_or_default(),
            dead: u64::try_from(row.get::<_, i64>(3)?).unwrap_or_default(),
        });
    }
    Ok(standings)
}

/// What is due; and apart from it, what is due and cannot be read back.
fn due(
    snapshot: &Snapshot<'_>,
    endpoint: &EndpointId,
    at: Timestamp,
    limit: usize,
) -> Result<(Vec<DueDelivery>, Vec<DeliveryId>), StoreError> {
    let mut statement = snapshot.conn.prepare_cached(deliveries_where!(
        "endpoint = ?1 AND due_at <= ?2 AND EXISTS
             (SELECT 1 FROM webhook_endpoints WHERE id = ?1 AND disabled_at IS NULL)
         ORDER BY due_at LIMIT ?3"
    ))?;
    let mut rows = statement.query(params![endpoint.as_str(), millis(at), bound(limit)])?;
    let (mut due, mut damaged) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let id = DeliveryId::from_bytes(row.get(0)?);
        match delivery(row) {
            Ok(delivery) => {
                let reference = reference(snapshot, &delivery)?;
                due.push(DueDelivery { delivery, reference });
            }
            Err(damage) if damage.is_damage() => {
                tracing::error!(
                    webhook.id = %id,
                    error = %Chain::of(&damage),
                    "a webhook is damaged and is given up"
                );
                damaged.push(id);
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok((due, damaged))
}

/// The partner's reference, out of the verification, where it is sealed. A webhook does not fail
/// for want of it: what it tells is in its own row.
fn reference(snapshot: &Snapshot<'_>, delivery: &Delivery) -> Result<Option<String>, StoreError> {
    match fetch(snapshot.conn, snapshot.ring, delivery.verification) {
        Ok(found) => Ok(found.and_then(|verification| verification.reference)),
        Err(damage) if damage.is_damage() => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn record_try(
    tx: &mut Tx<'_>,
    id: DeliveryId,
    tried: &Tried,
    next: NextStep,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (state, due_at) = match next {
        NextStep::Done => (DeliveryState::Delivered, None),
        NextStep::Again(due_at) => (DeliveryState::Pending, Some(millis(due_at))),
        NextStep::GiveUp => (DeliveryState::Dead, None),
        NextStep::Disable => (DeliveryState::Pending, Some(millis(at))),
    };
    tx.conn
        .prepare_cached(
            "UPDATE webhook_deliveries SET state = ?2, due_at = ?3, tries = tries + 1,
                 tried_at = ?4, outcome = ?5, http_status = ?6
             WHERE id = ?1 AND state = 'pending'",
        )?
        .execute(params![
            id.as_bytes(),
            state.as_str(),
            due_at,
            millis(at),
            tried.outcome.as_str(),
            tried.status,
        ])?;
    if next == NextStep::Disable {
        tx.conn
            .prepare_cached(
                "UPDATE webhook_endpoints SET disabled_at = coalesce(disabled_at, ?2)
                 WHERE id = (SELECT endpoint FROM webhook_deliveries WHERE id = ?1)",
            )?
            .execute(params![id.as_bytes(), millis(at)])?;
    }
    Ok(())
}

fn redeliver(tx: &mut Tx<'_>, id: DeliveryId, at: Timestamp) -> Result<Redelivered, StoreError> {
    let Some(found) = find(tx, id)? else { return Ok(Redelivered::Unknown) };
    if !enable(tx, found.endpoint.as_str(), at)? {
        return Ok(Redelivered::NoEndpoint);
    }
    tx.conn
        .prepare_cached(
            "UPDATE webhook_deliveries SET state = 'pending', due_at = ?2, tries = 0 WHERE id = ?1",
        )?
        .execute(params![id.as_bytes(), millis(at)])?;
    let due = find(tx, id)?;
    Ok(due.map_or(Redelivered::Unknown, |due| Redelivered::Due(Box::new(due))))
}

fn find(tx: &Tx<'_>, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
    let mut statement = tx.conn.prepare_cached(deliveries_where!("id = ?1"))?;
    let mut rows = statement.query([id.as_bytes()])?;
    rows.next()?.map(delivery).transpose()
}

// Apart, so that those in a state that is rare are found by the index of states.
const OF_STATE: &str = deliveries_where!(
    "state = ?3 AND id < ?1 AND (?2 IS NULL OR endpoint = ?2) ORDER BY id DESC LIMIT ?4"
);
const OF_ANY_STATE: &str = deliveries_where!(
    "?3 IS NULL AND id < ?1 AND (?2 IS NULL OR endpoint = ?2) ORDER BY id DESC LIMIT ?4"
);

fn page(
    snapshot: &Snapshot<'_>,
    filter: &DeliveryFilter,
    before: Option<DeliveryId>,
    limit: usize,
) -> Result<DeliveryPage, StoreError> {
    // No id sorts after this one.
    let before = before.map_or([0xff; 16], |before| *before.as_bytes());
    let sql = if filter.state.is_some() { OF_STATE } else { OF_ANY_STATE };
    let mut statement = snapshot.conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![
        before,
        filter.endpoint.as_ref().map(EndpointId::as_str),
        filter.state.map(DeliveryState::as_str),
        bound(limit).saturating_add(1),
    ])?;
    let mut page = DeliveryPage { items: Vec::new(), next: None };
    while let Some(row) = rows.next()? {
        if page.items.len() == limit {
            page.next = page.items.last().map(|last| last.id);
            break;
        }
        page.items.push(delivery(row)?);
    }
    Ok(page)
}

/// All that tell of one verification, oldest first.
pub(super) fn about(
    snapshot: &Snapshot<'_>,
    id: VerificationId,
) -> Result<Vec<Delivery>, StoreError> {
    let mut statement =
        snapshot.conn.prepare_cached(deliveries_where!("verification = ?1 ORDER BY id"))?;
    let mut rows = statement.query([id.as_bytes()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(delivery(row)?);
    }
    Ok(found)
}

fn delivery(row: &Row<'_>) -> Result<Delivery, StoreError> {
    let last = match row.get::<_, Option<i64>>(12)? {
        Some(tried_at) => Some(LastTry {
            at: timestamp(tried_at, "tried_at")?,
            outcome: DeliveryOutcome::parse(text(row, 13, "outcome")?)
                .ok_or(StoreError::Corrupt("outcome"))?,
            status: row.get(14)?,
        }),
        None => None,
    };
    let reason = match row.get::<_, Option<String>>(5)? {
        Some(word) => Some(ReasonCode::parse(&word).ok_or(StoreError::Corrupt("reason"))?),
        None => None,
    };
    let next_at = row.get::<_, Option<i64>>(11)?;
    Ok(Delivery {
        id: DeliveryId::from_bytes(row.get(0)?),
        endpoint: endpoint(text(row, 1, "endpoint")?)?,
        event: WebhookEvent::parse(text(row, 2, "event")?).ok_or(StoreError::Corrupt("event"))?,
        verification: id_column(row, 3)?,
        status: Status::parse(text(row, 4, "status")?).ok_or(StoreError::Corrupt("status"))?,
        reason,
        revision: u64::try_from(row.get::<_, i64>(6)?)
            .map_err(|_| StoreError::Corrupt("revision"))?,
        created_at: time(row, 7, "created_at")?,
        occurred_at: time(row, 8, "occurred_at")?,
        state: DeliveryState::parse(text(row, 9, "state")?).ok_or(StoreError::Corrupt("state"))?,
        tries: row.get(10)?,
        next_at: next_at.map(|next_at| timestamp(next_at, "due_at")).transpose()?,
        last,
    })
}

fn endpoint(text: &str) -> Result<EndpointId, StoreError> {
    EndpointId::parse(text).ok_or(StoreError::Corrupt("endpoint"))
}
