//! Sweeps: what is due by the clock, a bounded number at a time.
//!
//! A verification that cannot be read back is put off for a while and holds no other up.

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use super::{
    aggregate::{BY_ID, fetch, id_column, load},
    reader::Snapshot,
    saving::{self, apply, save},
    verifications::{bound, record},
    writer::Tx,
};
use crate::{
    domain::{AttemptState, Chain, Effect, Moment, News, Verification, VerificationId},
    storage::{error::StoreError, records::millis, verifications::Recorded},
};

/// How long a claimed read is left to whoever claimed it.
const CLAIM: SignedDuration = SignedDuration::from_mins(1);
/// How long a damaged row is left alone: it stays as it is until somebody mends it.
const DAMAGE_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// Which reads are due, the longest due first.
pub(super) const OLDEST: &str = "SELECT id FROM verifications
     WHERE due_at <= ?1 AND next_read_at <= ?1 ORDER BY due_at LIMIT ?2";
/// Which reads are due, the last to become so first.
pub(super) const NEWEST: &str = "SELECT id FROM verifications
     WHERE due_at <= ?1 AND next_read_at <= ?1 ORDER BY due_at DESC LIMIT ?2";

/// Claims reads that are due, in the order of `sql`.
pub(super) fn claim_due_reads(
    tx: &mut Tx<'_>,
    at: Timestamp,
    limit: usize,
    sql: &'static str,
) -> Result<Vec<Verification>, StoreError> {
    let until = at.saturating_add(CLAIM).unwrap_or(Timestamp::MAX);
    let due = due(tx, at, limit, sql)?;
    let mut claimed = Vec::with_capacity(due.len());
    for id in due {
        tx.shelf.take(id);
        // Whatever comes of the read sets the next one; nothing comes of it only in a crash.
        tx.conn
            .prepare_cached(
                "UPDATE verifications SET next_read_at = ?2, under_way = under_way | 2,
                     due_at = min(?2, coalesce(lapses_at, ?2))
                 WHERE id = ?1",
            )?
            .execute(params![id.as_bytes(), millis(until)])?;
        let read = fetch(tx.conn, tx.ring, id);
        claimed.extend(unless_damaged(tx, id, at, read)?);
    }
    Ok(claimed)
}

/// How many wait since `since` or longer for an announced result to be confirmed.
pub(super) fn overdue_confirmations(
    snapshot: &Snapshot<'_>,
    since: Timestamp,
) -> Result<usize, StoreError> {
    let overdue: i64 = snapshot
        .conn
        .prepare_cached("SELECT count(*) FROM verifications WHERE announced_at <= ?1")?
        .query_row([millis(since)], |row| row.get(0))?;
    usize::try_from(overdue).map_err(|_| StoreError::Corrupt("announced_at"))
}

/// Lets time pass for those whose life is over.
pub(super) fn expire_due(
    tx: &mut Tx<'_>,
    limit: usize,
    moment: &Moment,
) -> Result<Vec<Recorded>, StoreError> {
    let due = due(
        tx,
        moment.at,
        limit,
        "SELECT id FROM verifications WHERE due_at <= ?1 AND lapses_at <= ?1
         ORDER BY due_at LIMIT ?2",
    )?;
    let mut expired = Vec::with_capacity(due.len());
    for id in due {
        let read = load(tx.conn, tx.ring, BY_ID, [id.as_bytes()]);
        let Some(loaded) = unless_damaged(tx, id, moment.at, read)? else { continue };
        let recorded = record(tx, loaded, News::TimePassed, moment)?;
        if recorded.effect.changed {
            expired.push(recorded);
        } else {
            // Its time is not over, by settings that have changed since it was written down. It must
            // not stand before the others for ever.
            saving::reschedule(tx, &recorded.verification, &moment.policy)?;
        }
    }
    Ok(expired)
}

/// Marks the attempts that nobody waits for any more, and gives claimed reads and claimed keys of
/// requests back: whoever had them is gone, since a database file belongs to one process at a time.
pub(super) fn recover(tx: &mut Tx<'_>, moment: &Moment) -> Result<usize, StoreError> {
    tx.shelf.clear();
    tx.conn
        .prepare_cached(
            "UPDATE verifications INDEXED BY verifications_due
             SET next_read_at = ?1, under_way = under_way & 1,
                 due_at = min(?1, coalesce(lapses_at, ?1))
             WHERE due_at IS NOT NULL AND under_way > 1",
        )?
        .execute([millis(moment.at)])?;
    // A request cut off while it held its key is not under way: its repetition need not wait for
    // the end of the lease.
    tx.conn.prepare_cached("DELETE FROM idempotency WHERE answer IS NULL")?.execute([])?;
    let under_way: Result<Vec<_>, _> = tx
        .conn
        .prepare_cached(
            "SELECT id FROM verifications INDEXED BY verifications_due
             WHERE due_at IS NOT NULL AND under_way > 0",
        )?
        .query_map([], |row| id_column(row, 0))?
        .collect();
    let mut lost = 0;
    for id in under_way? {
        let read = load(tx.conn, tx.ring, BY_ID, [id.as_bytes()]);
        let Some(mut loaded) = unless_damaged(tx, id, moment.at, read)? else { continue };
        let attempts = loaded.verification.attempts.iter();
        let sessions: Vec<_> = attempts
            .filter(|attempt| attempt.state == AttemptState::Initiating)
            .map(|attempt| attempt.session.clone())
            .collect();
        let mut effect = Effect::default();
        for session in sessions {
            lost += 1;
            let one = apply(tx, &mut loaded, News::AttemptLost(session), moment)?;
            effect.changed |= one.changed;
            effect.notes.extend(one.notes);
        }
        save(tx, loaded, &effect, &moment.policy)?;
    }
    Ok(lost)
}

/// Forgets what `sql` deletes: of what is older than `at`, at most `limit` rows. Says how many.
pub(super) fn forget(
    tx: &Tx<'_>,
    sql: &'static str,
    at: Timestamp,
    limit: usize,
) -> Result<usize, StoreError> {
    Ok(tx.conn.prepare_cached(sql)?.execute(params![millis(at), bound(limit)])?)
}

/// What was read of a verification; `None` too if its row is damaged, which is then put off.
fn unless_damaged<T>(
    tx: &Tx<'_>,
    id: VerificationId,
    at: Timestamp,
    read: Result<Option<T>, StoreError>,
) -> Result<Option<T>, StoreError> {
    let damage = match read {
        Err(damage) if damage.is_damage() => damage,
        Ok(_) | Err(_) => return read,
    };
    tracing::error!(
        verification.id = %id,
        error = %Chain::of(&damage),
        "a verification is damaged and is left alone for an hour"
    );
    // Nobody is at it. What is never due stays so: `max` of NULL is NULL.
    let until = at.saturating_add(DAMAGE_PAUSE).unwrap_or(Timestamp::MAX);
    tx.shelf.take(id);
    tx.conn
        .prepare_cached(
            "UPDATE verifications SET under_way = under_way & 1, due_at = max(due_at, ?2)
             WHERE id = ?1",
        )?
        .execute(params![id.as_bytes(), millis(until)])?;
    Ok(None)
}

/// The verifications that `sql` selects as due.
pub(super) fn due(
    tx: &Tx<'_>,
    at: Timestamp,
    limit: usize,
    sql: &'static str,
) -> Result<Vec<VerificationId>, StoreError> {
    let mut statement = tx.conn.prepare_cached(sql)?;
    let due = statement.query_map(params![millis(at), bound(limit)], |row| id_column(row, 0))?;
    Ok(due.collect::<Result<_, _>>()?)
}
