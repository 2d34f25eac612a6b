//! Kept callbacks for operators: seen, tried again, and forgotten at the end of their time.
//!
//! Nothing here unseals a body. What is shown are ids, states, reasons and times.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Row, params};

use super::{
    aggregate::{text, time},
    reader::Snapshot,
    verifications::bound,
    writer::Tx,
};
use crate::{
    domain::{AsideReason, CallbackId, CallbackState, CallbackSummary, VerificationId},
    storage::{
        error::StoreError,
        records::{millis, timestamp},
    },
};

/// The statement that lists the callbacks that `$condition` selects.
macro_rules! summaries_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, state, reason, received_at, last_at, deliveries, tries, due_at, coalesce(
                 (SELECT id FROM verifications WHERE submission_hash = callbacks.submission_hash),
                 (SELECT verifications.id FROM verifications JOIN sessions
                      ON verification = number WHERE session_hash = callbacks.session_hash))
             FROM callbacks WHERE ",
            $condition
        )
    };
}

const BY_ID: &str = summaries_where!("id = ?1");
// The state is repeated as the index of those left over has it, which is then used.
const LEFT: &str = summaries_where!(
    "state IN ('parked', 'aside') AND (?1 IS NULL OR state = ?1) AND id < ?2
     ORDER BY id DESC LIMIT ?3"
);
const ANY: &str = summaries_where!("state = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3");

/// Those in `state`, or those that are parked or aside; newest first, older than `before`.
pub(super) fn list(
    snapshot: &Snapshot<'_>,
    state: Option<CallbackState>,
    before: Option<CallbackId>,
    limit: usize,
) -> Result<Vec<CallbackSummary>, StoreError> {
    let sql = match state {
        None | Some(CallbackState::Parked | CallbackState::Aside) => LEFT,
        Some(CallbackState::Pending | CallbackState::Done) => ANY,
    };
    // No id sorts after this one.
    let before = before.map_or([0xff; 16], |before| *before.as_bytes());
    let mut statement = snapshot.conn.prepare_cached(sql)?;
    let state = state.map(CallbackState::as_str);
    let mut rows = statement.query(params![state, before, bound(limit)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(summary(row)?);
    }
    Ok(found)
}

/// One of them. `None`: there is none.
pub(super) fn find(
    snapshot: &Snapshot<'_>,
    id: CallbackId,
) -> Result<Option<CallbackSummary>, StoreError> {
    let mut statement = snapshot.conn.prepare_cached(BY_ID)?;
    let mut rows = statement.query([id.as_bytes()])?;
    rows.next()?.map(summary).transpose()
}

/// Makes one due at once, whatever became of it before. `false`: there is none.
pub(super) fn replay(tx: &Tx<'_>, id: CallbackId, at: Timestamp) -> Result<bool, StoreError> {
    let found = tx
        .conn
        .prepare_cached(
            "UPDATE callbacks SET state = 'pending', reason = NULL, tries = 0, due_at = ?2
             WHERE id = ?1",
        )?
        .execute(params![id.as_bytes(), millis(at)])?;
    Ok(found > 0)
}

/// Forgets up to `limit` whose time is over, bodies and keys. Those that are parked end by
/// themselves; those that wait to be applied never do.
pub(super) fn forget(
    tx: &Tx<'_>,
    [applied, aside]: [SignedDuration; 2],
    at: Timestamp,
    limit: usize,
) -> Result<usize, StoreError> {
    let before = |life| at.saturating_sub(life).unwrap_or(Timestamp::MIN);
    // Ids sort by the time of arrival: the old ones are found without an index of their own, which
    // every callback would have to pay for. Each by its own life, so that none is looked at which has
    // long to go.
    let delete = |sql, life, limit| {
        let before = before(life);
        let oldest = CallbackId::new(before);
        let params = params![oldest.as_bytes(), millis(before), bound(limit)];
        tx.conn.prepare_cached(sql)?.execute(params)
    };
    let applied = delete(FORGET_APPLIED, applied, limit)?;
    let aside = delete(FORGET_ASIDE, aside, limit.saturating_sub(applied))?;
    Ok(applied.saturating_add(aside))
}

const FORGET_APPLIED: &str = "DELETE FROM callbacks WHERE id IN (
    SELECT id FROM callbacks WHERE id < ?1 AND state = 'done' AND last_at <= ?2
    ORDER BY id LIMIT ?3)";

const FORGET_ASIDE: &str = "DELETE FROM callbacks WHERE id IN (
    SELECT id FROM callbacks INDEXED BY callbacks_left
    WHERE state IN ('parked', 'aside') AND state = 'aside' AND id < ?1 AND last_at <= ?2
    ORDER BY id LIMIT ?3)";

fn summary(row: &Row<'_>) -> Result<CallbackSummary, StoreError> {
    let due_at: Option<i64> = row.get(7)?;
    let reason = row.get_ref(2)?.as_str_or_null().map_err(|_| StoreError::Corrupt("reason"))?;
    let verification: Option<[u8; 16]> = row.get(8)?;
    Ok(CallbackSummary {
        id: CallbackId::from_bytes(row.get(0)?),
        state: CallbackState::parse(text(row, 1, "state")?).ok_or(StoreError::Corrupt("state"))?,
        reason: reason.and_then(AsideReason::parse),
        received_at: time(row, 3, "received_at")?,
        last_at: time(row, 4, "last_at")?,
        deliveries: row.get(5)?,
        tries: row.get(6)?,
        due_at: due_at.map(|due_at| timestamp(due_at, "due_at")).transpose()?,
        verification: verification.map(VerificationId::from_bytes),
    })
}
