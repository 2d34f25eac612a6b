//! Reading a verification and its attempts back, whole.

use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::{attempts, saving::Before};
use crate::{
    domain::{Reads, ReasonCode, Status, Verification, VerificationId},
    storage::{
        error::StoreError,
        keyring::KeyRing,
        records::{self, Progress, timestamp},
        seal::{DataKey, Place},
    },
};

/// A verification out of the store, with what is needed to put it back.
pub(super) struct Loaded {
    pub(super) verification: Verification,
    pub(super) key: DataKey,
    pub(super) before: Before,
}

const VERIFICATION: &str = "
    SELECT key_id, data_key, identity, progress, created_at, deadline, updated_at, status, reason,
           revision, captured, credential_failed, settled_unconfirmed, read_tries, next_read_at
    FROM verifications WHERE id = ?1";

/// Reads a verification to change it. `None`: there is none.
pub(super) fn load(
    conn: &Connection,
    ring: &KeyRing,
    id: VerificationId,
) -> Result<Option<Loaded>, StoreError> {
    let Some((verification, key)) = fetch(conn, ring, id)? else { return Ok(None) };
    let before = Before::of(&verification);
    Ok(Some(Loaded { verification, key, before }))
}

/// Reads a verification to show it. `None`: there is none.
pub(super) fn fetch(
    conn: &Connection,
    ring: &KeyRing,
    id: VerificationId,
) -> Result<Option<(Verification, DataKey)>, StoreError> {
    let mut statement = conn.prepare_cached(VERIFICATION)?;
    let mut rows = statement.query([id.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let place = verification_place(&id, "data_key");
    let key = DataKey::unwrap(ring, &place, text(row, 0, "key_id")?, blob(row, 1, "data_key")?)?;
    let mut verification = verification(row, id, &key)?;
    verification.attempts = attempts::load(conn, &key, id)?;
    Ok(Some((verification, key)))
}

/// Where a sealed value of a verification belongs.
pub(super) const fn verification_place<'a>(
    id: &'a VerificationId,
    column: &'static str,
) -> Place<'a> {
    Place { table: "verifications", column, row: id.as_bytes() }
}

fn verification(
    row: &Row<'_>,
    id: VerificationId,
    key: &DataKey,
) -> Result<Verification, StoreError> {
    let identity = blob(row, 2, "identity")?;
    let identity =
        records::read_identity(&key.open(&verification_place(&id, "identity"), identity)?)?;
    let progress = match row.get_ref(3)?.as_blob_or_null() {
        Ok(Some(sealed)) => {
            Progress::read(&key.open(&verification_place(&id, "progress"), sealed)?)?
        }
        Ok(None) => Progress::default(),
        Err(_) => return Err(StoreError::Corrupt("progress")),
    };
    let reason = match row.get_ref(8)?.as_str_or_null() {
        Ok(None) => None,
        Ok(Some(code)) => Some(ReasonCode::parse(code).ok_or(StoreError::Corrupt("reason"))?),
        Err(_) => return Err(StoreError::Corrupt("reason")),
    };
    let next_at: Option<i64> = row.get(14)?;
    Ok(Verification {
        id,
        user: identity.user,
        app: identity.app,
        contact: identity.contact,
        locale: identity.locale,
        reference: identity.reference,
        consent_reference: identity.consent_reference,
        status: Status::parse(text(row, 7, "status")?).ok_or(StoreError::Corrupt("status"))?,
        reason,
        revision: u64::try_from(row.get::<_, i64>(9)?)
            .map_err(|_| StoreError::Corrupt("revision"))?,
        captured: row.get(10)?,
        credential_failed: row.get(11)?,
        unconfirmed: progress.unconfirmed,
        settled_unconfirmed: row.get(12)?,
        submission: progress.submission,
        reads: Reads {
            next_at: next_at.map(|next_at| timestamp(next_at, "next_read_at")).transpose()?,
            tries: row.get(13)?,
        },
        created_at: time(row, 4, "created_at")?,
        updated_at: time(row, 6, "updated_at")?,
        deadline: time(row, 5, "deadline")?,
        attempts: Vec::new(),
    })
}

/// A text column, not copied.
pub(super) fn text<'a>(
    row: &'a Row<'_>,
    column: usize,
    name: &'static str,
) -> Result<&'a str, StoreError> {
    row.get_ref(column)?.as_str().map_err(|_| StoreError::Corrupt(name))
}

/// A blob column, not copied.
pub(super) fn blob<'a>(
    row: &'a Row<'_>,
    column: usize,
    name: &'static str,
) -> Result<&'a [u8], StoreError> {
    row.get_ref(column)?.as_blob().map_err(|_| StoreError::Corrupt(name))
}

/// A time column.
pub(super) fn time(
    row: &Row<'_>,
    column: usize,
    name: &'static str,
) -> Result<Timestamp, StoreError> {
    timestamp(row.get(column)?, name)
}

/// A column with the id of a verification.
pub(super) fn id_column(row: &Row<'_>, column: usize) -> Result<VerificationId, rusqlite::Error> {
    row.get(column).map(VerificationId::from_bytes)
}
