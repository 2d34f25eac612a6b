//! What an export hands out: everything held about a user, a piece at a time.

use jiff::Timestamp;
use rusqlite::params;

use super::{
    aggregate::{Loaded, OF_USER, blob, id_column, load, text, time},
    audit, callbacks, holding,
    reader::Snapshot,
    timeline, webhooks,
    writer::Tx,
};
use crate::{
    domain::{
        AuditAction, AuditActor, AuditEntry, CallbackId, CallbackState, UserId, VerificationId,
    },
    storage::{
        error::StoreError,
        keyring::Blinded,
        subjects::{Dossier, Inventory, StoredCallback},
    },
};

/// Writes the entry and takes stock, in one transaction: no export without its entry.
pub(super) fn begin(
    tx: &Tx<'_>,
    user: &UserId,
    actor: &AuditActor,
    at: Timestamp,
) -> Result<Inventory, StoreError> {
    let entry = AuditEntry::new(AuditAction::SubjectExported, actor.clone()).of_user(user.clone());
    audit::append(tx.conn, tx.ring, &entry, at)?;
    let hash = tx.ring.blind(Blinded::User, user.as_str().as_bytes());
    let verifications = tx
        .conn
        .prepare_cached("SELECT id FROM verifications WHERE user_hash = ?1 ORDER BY id")?
        .query_map([hash], |row| id_column(row, 0))?
        .collect::<Result<_, _>>()?;
    let mut found: Vec<[u8; 16]> = Vec::new();
    for sql in [
        "SELECT id FROM callbacks WHERE due_at IS NOT NULL AND user_hash = ?1",
        "SELECT id FROM callbacks WHERE state IN ('parked', 'aside') AND user_hash = ?1",
        "SELECT id FROM callbacks WHERE state = 'done' AND verification IS NULL AND user_hash = ?1",
    ] {
        let mut statement = tx.conn.prepare_cached(sql)?;
        for id in statement.query_map([hash], |row| row.get(0))? {
            found.push(id?);
        }
    }
    found.sort_unstable();
    found.dedup();
    let snapshot = Snapshot { conn: tx.conn, ring: tx.ring };
    Ok(Inventory {
        verifications,
        callbacks: found.into_iter().map(CallbackId::from_bytes).collect(),
        held: holding::of_user(&snapshot, &hash)?,
    })
}

/// Everything about one verification. One that is damaged is shown as far as it can be read.
pub(super) fn dossier(
    snapshot: &Snapshot<'_>,
    id: VerificationId,
    user: &UserId,
) -> Result<Option<Dossier>, StoreError> {
    let user = snapshot.ring.blind(Blinded::User, user.as_str().as_bytes());
    let loaded = load(snapshot.conn, snapshot.ring, OF_USER, params![id.as_bytes(), user]);
    let (verification, submission) = match loaded {
        Ok(None) => return Ok(None),
        Ok(Some(loaded)) => {
            let submission = holding::submission(snapshot, &loaded)?;
            let Loaded { verification, .. } = loaded;
            (Some(verification), submission)
        }
        Err(damage) if damage.is_damage() => (None, None),
        Err(failure) => return Err(failure),
    };
    let mut callbacks = Vec::new();
    let mut statement = snapshot
        .conn
        .prepare_cached("SELECT id FROM callbacks WHERE verification = ?1 ORDER BY id")?;
    for number in statement.query_map([id.as_bytes()], |row| row.get(0))? {
        callbacks.extend(callback(snapshot, CallbackId::from_bytes(number?))?);
    }
    let count = |sql: &'static str| -> Result<u64, StoreError> {
        let mut statement = snapshot.conn.prepare_cached(sql)?;
        let count: i64 = statement.query_row([id.as_bytes()], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or_default())
    };
    Ok(Some(Dossier {
        id,
        verification,
        submission,
        timeline: holding::readable(id, "timeline", timeline::of(snapshot, id))?
            .unwrap_or_default(),
        callbacks,
        webhooks: webhooks::about(snapshot, id)?,
        answers: count("SELECT count(*) FROM idempotency WHERE verification = ?1")?,
        proofs: count("SELECT count(*) FROM contact_proofs WHERE verification = ?1")?,
        returns: count("SELECT count(*) FROM returns WHERE verification = ?1")?,
    }))
}

/// A callback as it came.
pub(super) fn callback(
    snapshot: &Snapshot<'_>,
    id: CallbackId,
) -> Result<Option<StoredCallback>, StoreError> {
    let mut statement = snapshot.conn.prepare_cached(
        "SELECT state, received_at, last_at, deliveries, key_id, data_key, body
         FROM callbacks JOIN callback_bodies ON callback = number WHERE id = ?1",
    )?;
    let mut rows = statement.query([id.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let sealed = (text(row, 4, "key_id")?, blob(row, 5, "data_key")?, blob(row, 6, "body")?);
    let body = match callbacks::body(snapshot.ring, &id, sealed) {
        Ok(body) => Some(body),
        Err(damage) if damage.is_damage() => None,
        Err(failure) => return Err(failure),
    };
    Ok(Some(StoredCallback {
        id,
        state: CallbackState::parse(text(row, 0, "state")?).ok_or(StoreError::Corrupt("state"))?,
        received_at: time(row, 1, "received_at")?,
        last_at: time(row, 2, "last_at")?,
        deliveries: row.get(3)?,
        body,
    }))
}
