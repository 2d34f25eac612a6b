//! Callbacks: kept first, applied after, parked while they name nothing of ours.

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, Row, params};

use super::{
    aggregate::{blob, text, time},
    kept, linking,
    reader::Snapshot,
    store::SqliteStore,
    tombs::{self, Names},
    verifications::{bound, moment, record},
    writer::Tx,
};
use crate::{
    domain::{
        AsideReason, CallbackId, CallbackState, CallbackSummary, Chain, Moment, News, Pii, Policy,
        Retention, SubmissionReport, SubmissionStatus,
    },
    storage::{
        callbacks::{CallbackOutcome, Callbacks, KeptCallback, NewCallback},
        error::StoreError,
        keyring::{Blinded, KeyRing},
        records::{millis, timestamp},
        seal::{DataKey, Place, Plain},
    },
};

/// The first pause before a parked callback is tried again; it doubles.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(1);
/// The longest such pause.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

impl Callbacks for SqliteStore {
    fn keep_callback(
        &self,
        callback: NewCallback,
    ) -> BoxFuture<'_, Result<CallbackId, StoreError>> {
        self.write(move |tx| keep(tx, &callback))
    }

    fn due_callbacks(
        &self,
        at: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<KeptCallback>, StoreError>> {
        Box::pin(async move {
            let (due, damaged) = self.read(move |snapshot| due(snapshot, at, limit)).await?;
            // A row that cannot be read would come back, and take the place of others, for ever.
            if !damaged.is_empty() {
                let set_aside = move |tx: &mut Tx<'_>| {
                    damaged.iter().try_for_each(|id| set_aside(tx, *id, AsideReason::Damaged))
                };
                self.write(set_aside).await?;
            }
            Ok(due)
        })
    }

    fn apply_callback(
        &self,
        id: CallbackId,
        report: SubmissionReport,
        at: Timestamp,
        policy: Policy,
    ) -> BoxFuture<'_, Result<CallbackOutcome, StoreError>> {
        self.write(move |tx| apply(tx, id, &report, &moment(at, policy)))
    }

    fn set_callback_aside(
        &self,
        id: CallbackId,
        reason: AsideReason,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        self.write(move |tx| set_aside(tx, id, reason))
    }

    fn put_callback_off(
        &self,
        id: CallbackId,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        self.write(move |tx| {
            tx.conn
                .prepare_cached(
                    "UPDATE callbacks SET due_at = ?2, tries = tries + 1
                     WHERE id = ?1 AND state IN ('pending', 'parked')",
                )?
                .execute(params![id.as_bytes(), millis(until)])?;
            Ok(())
        })
    }

    fn pending_callbacks(&self) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.read(|snapshot| {
            let pending: i64 = snapshot
                .conn
                .prepare_cached(
                    "SELECT count(*) FROM callbacks WHERE state = 'pending' AND due_at IS NOT NULL",
                )?
                .query_row([], |row| row.get(0))?;
            usize::try_from(pending).map_err(|_| StoreError::Corrupt("state"))
        })
    }

    fn list_callbacks(
        &self,
        state: Option<CallbackState>,
        before: Option<CallbackId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<CallbackSummary>, StoreError>> {
        self.read(move |snapshot| kept::list(snapshot, state, before, limit))
    }

    fn find_callback(
        &self,
        id: CallbackId,
    ) -> BoxFuture<'_, Result<Option<CallbackSummary>, StoreError>> {
        self.read(move |snapshot| kept::find(snapshot, id))
    }

    fn replay_callback(
        &self,
        id: CallbackId,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.write(move |tx| kept::replay(tx, id, at))
    }

    fn forget_callbacks(
        &self,
        retention: &Retention,
        at: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>> {
        let lives = [retention.callbacks_held(), retention.callbacks_aside];
        self.write(move |tx| kept::forget(tx, lives, at, limit))
    }
}

fn keep(tx: &Tx<'_>, callback: &NewCallback) -> Result<CallbackId, StoreError> {
    let body = callback.body.expose();
    let body_hash = tx.ring.blind(Blinded::Body, body);
    let received_at = millis(callback.received_at);
    // Those who wait for the verification of a parked one are helped by another try at once.
    let again = tx
        .conn
        .prepare_cached(
            "UPDATE callbacks SET deliveries = deliveries + 1, last_at = ?2,
                 due_at = CASE state WHEN 'parked' THEN ?2 ELSE due_at END,
                 state = CASE state WHEN 'parked' THEN 'pending' ELSE state END
             WHERE body_hash = ?1 RETURNING id, state = 'aside'",
        )?
        .query_row(params![body_hash, received_at], |row| {
            Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, bool>(1)?))
        })
        .optional()?;
    // What is aside and comes again in a form that can be read now, say by a newer version, or after
    // its stored bytes were damaged, is kept as if it had never come.
    let mut deliveries = 1_i64;
    if let Some((id, is_aside)) = again {
        if !is_aside || callback.fingerprint.submission.is_none() {
            return Ok(CallbackId::from_bytes(id));
        }
        deliveries = tx
            .conn
            .prepare_cached("DELETE FROM callbacks WHERE id = ?1 RETURNING deliveries")?
            .query_row([id], |row| row.get(0))?;
    }
    let id = CallbackId::new(callback.received_at);
    let names = Names::of(tx, &callback.fingerprint)?;
    if let Some(until) = tombs::until(tx, &names)? {
        let status = status_word(callback.fingerprint.status.as_ref());
        tombs::keep_late(tx, &body_hash, &names, status, (received_at, until))?;
        return Ok(id);
    }
    let (key, wrapped) = DataKey::fresh(tx.ring, &place(&id, "callbacks", "data_key"))?;
    tx.conn
        .prepare_cached(
            "INSERT INTO callbacks (id, body_hash, session_hash, submission_hash, user_hash,
                 key_id, data_key, state, tries, deliveries, received_at, last_at, due_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'pending', 0, ?9, ?8, ?8, ?8)",
        )?
        .execute(params![
            id.as_bytes(),
            body_hash,
            names.session,
            names.submission,
            names.user,
            wrapped.key_id,
            wrapped.bytes,
            received_at,
            deliveries,
        ])?;
    let number = tx.conn.last_insert_rowid();
    let sealed = key.seal(&place(&id, "callback_bodies", "body"), Plain::copy(body))?;
    tx.conn
        .prepare_cached("INSERT INTO callback_bodies (callback, body) VALUES (?1, ?2)")?
        .execute(params![number, sealed])?;
    Ok(id)
}

/// A word of the provider's that names nobody.
fn status_word(status: Option<&SubmissionStatus>) -> &str {
    match status {
        None | Some(SubmissionStatus::Unknown(_)) => "OTHER",
        Some(known) => known.as_str(),
    }
}

/// What is due; and apart from it, what is due and cannot be read back.
fn due(
    snapshot: &Snapshot<'_>,
    at: Timestamp,
    limit: usize,
) -> Result<(Vec<KeptCallback>, Vec<CallbackId>), StoreError> {
    let mut statement = snapshot.conn.prepare_cached(
        "SELECT id, key_id, data_key, tries, received_at, body
         FROM callbacks LEFT JOIN callback_bodies ON callback = number
         WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2",
    )?;
    let mut rows = statement.query(params![millis(at), bound(limit)])?;
    let (mut due, mut damaged) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let id = CallbackId::from_bytes(row.get(0)?);
        match kept(snapshot, id, row) {
            Ok(callback) => due.push(callback),
            Err(damage) if damage.is_damage() => {
                tracing::error!(
                    callback.id = %id,
                    error = %Chain::of(&damage),
                    "a kept callback is damaged and is set aside"
                );
                damaged.push(id);
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok((due, damaged))
}

fn kept(
    snapshot: &Snapshot<'_>,
    id: CallbackId,
    row: &Row<'_>,
) -> Result<KeptCallback, StoreError> {
    let sealed = (text(row, 1, "key_id")?, blob(row, 2, "data_key")?, blob(row, 5, "body")?);
    Ok(KeptCallback {
        id,
        body: body(snapshot.ring, &id, sealed)?,
        tries: row.get(3)?,
        received_at: time(row, 4, "received_at")?,
    })
}

/// Opens a body: its wrap key's id, its wrapped key, itself.
pub(super) fn body(
    ring: &KeyRing,
    id: &CallbackId,
    (key_id, wrapped, sealed): (&str, &[u8], &[u8]),
) -> Result<Pii<Vec<u8>>, StoreError> {
    let key = DataKey::unwrap(ring, &place(id, "callbacks", "data_key"), key_id, wrapped)?;
    let body = key.open(&place(id, "callback_bodies", "body"), sealed)?;
    Ok(Pii::new(body.to_vec()))
}

fn apply(
    tx: &mut Tx<'_>,
    id: CallbackId,
    report: &SubmissionReport,
    moment: &Moment,
) -> Result<CallbackOutcome, StoreError> {
    let waiting = tx
        .conn
        .prepare_cached(
            "SELECT tries, received_at FROM callbacks
             WHERE id = ?1 AND state IN ('pending', 'parked')",
        )?
        .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((tries, received_at)) = waiting else { return Ok(CallbackOutcome::Done) };
    let Some(owner) = linking::owner(tx, report)? else {
        park(tx, id, (tries, timestamp(received_at, "received_at")?), moment)?;
        return Ok(CallbackOutcome::Orphaned);
    };
    let recorded = record(tx, owner, News::CalledBack(report.clone()), moment)?;
    // One that names another user is not tied to this one: it is to go when either does.
    let owner = &recorded.verification;
    let user = tx.ring.blind(Blinded::User, owner.user.as_str().as_bytes());
    tx.conn
        .prepare_cached(
            "UPDATE callbacks SET state = 'done', due_at = NULL, tries = tries + 1,
                 verification = CASE WHEN user_hash <> ?3 THEN NULL ELSE ?2 END
             WHERE id = ?1",
        )?
        .execute(params![id.as_bytes(), owner.id.as_bytes(), user])?;
    Ok(CallbackOutcome::Applied(Box::new(recorded)))
}

fn set_aside(tx: &Tx<'_>, id: CallbackId, reason: AsideReason) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "UPDATE callbacks SET state = 'aside', reason = ?2, due_at = NULL, tries = tries + 1
             WHERE id = ?1 AND state IN ('pending', 'parked')",
        )?
        .execute(params![id.as_bytes(), reason.as_str()])?;
    Ok(())
}

/// Puts an orphan off; after its life it goes, body and key.
fn park(
    tx: &Tx<'_>,
    id: CallbackId,
    (tries, received_at): (u32, Timestamp),
    moment: &Moment,
) -> Result<(), StoreError> {
    let at = moment.at;
    if at.duration_since(received_at) >= moment.policy.orphan_life {
        tx.conn.prepare_cached("DELETE FROM callbacks WHERE id = ?1")?.execute([id.as_bytes()])?;
        return Ok(());
    }
    let doubled = 1_i32.checked_shl(tries.min(30)).unwrap_or(i32::MAX);
    let pause = FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE);
    let due_at = at.saturating_add(pause).unwrap_or(Timestamp::MAX);
    tx.conn
        .prepare_cached(
            "UPDATE callbacks SET state = 'parked', due_at = ?2, tries = tries + 1 WHERE id = ?1",
        )?
        .execute(params![id.as_bytes(), millis(due_at)])?;
    Ok(())
}

/// Where a sealed value of a callback belongs.
const fn place<'a>(id: &'a CallbackId, table: &'static str, column: &'static str) -> Place<'a> {
    Place { table, column, row: id.as_bytes() }
}
