//! Reading a verification back, whole, by any of the ways it is found.

use jiff::Timestamp;
use rusqlite::{Connection, Params, Row};

use super::saving::Before;
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
    pub(super) number: i64,
    pub(super) key: DataKey,
    pub(super) before: Before,
}

/// The statement that reads a verification found by `$condition`.
macro_rules! verification_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, number, key_id, data_key, identity, attempts, progress, created_at,
                 deadline, updated_at, status, reason, revision, captured, credential_failed,
                 settled_unconfirmed, read_tries, next_read_at
             FROM verifications WHERE ",
            $condition
        )
    };
}
pub(super) use verification_where;

/// By its id.
pub(super) const BY_ID: &str = verification_where!("id = ?1");
/// By its id, if it is this user's. The hash is compared before anything is unsealed, so that
/// another's row costs what no row costs, and a damaged one tells nobody but its owner.
pub(super) const OF_USER: &str = verification_where!("id = ?1 AND user_hash = ?2");

/// Reads the verification that `sql` finds, to change it. `None`: there is none.
pub(super) fn load(
    conn: &Connection,
    ring: &KeyRing,
    sql: &'static str,
    params: impl Params,
) -> Result<Option<Loaded>, StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (verification, key) = read(row, ring)?;
    let before = Before::of(&verification);
    Ok(Some(Loaded { number: row.get(1)?, verification, key, before }))
}

/// Reads a verification to show it. `None`: there is none.
pub(super) fn fetch(
    conn: &Connection,
    ring: &KeyRing,
    id: VerificationId,
) -> Result<Option<Verification>, StoreError> {
    fetch_by(conn, ring, BY_ID, [id.as_bytes()])
}

/// The same by what `sql` asks for.
pub(super) fn fetch_by(
    conn: &Connection,
    ring: &KeyRing,
    sql: &'static str,
    params: impl Params,
) -> Result<Option<Verification>, StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let Some(row) = rows.next()? else { return Ok(None) };
    read(row, ring).map(|(verification, _)| Some(verification))
}

/// Where a sealed value of a verification belongs.
pub(super) const fn place<'a>(id: &'a VerificationId, column: &'static str) -> Place<'a> {
    Place { table: "verifications", column, row: id.as_bytes() }
}

fn read(row: &Row<'_>, ring: &KeyRing) -> Result<(Verification, DataKey), StoreError> {
    let id = id_column(row, 0)?;
    let (key_id, wrapped) = (text(row, 2, "key_id")?, blob(row, 3, "data_key")?);
    let key = DataKey::unwrap(ring, &place(&id, "data_key"), key_id, wrapped)?;
    let identity = key.open(&place(&id, "identity"), blob(row, 4, "identity")?)?;
    let identity = records::read_identity(&identity)?;
    let attempts = key.open(&place(&id, "attempts"), blob(row, 5, "attempts")?)?;
    let progress = match row.get_ref(6)?.as_blob_or_null() {
        Ok(Some(sealed)) => Progress::read(&key.open(&place(&id, "progress"), sealed)?)?,
        Ok(None) => Progress::default(),
        Err(_) => return Err(StoreError::Corrupt("progress")),
    };
    let next_at: Option<i64> = row.get(17)?;
    let verification = Verification {
        id,
        user: identity.user,
        app: identity.app,
        contact: identity.contact,
        locale: identity.locale,
        reference: identity.reference,
        consent_reference: identity.consent_reference,
        status: Status::parse(text(row, 10, "status")?).ok_or(StoreError::Corrupt("status"))?,
        reason: reason(row, 11)?,
        revision: u64::try_from(row.get::<_, i64>(12)?)
            .map_err(|_| StoreError::Corrupt("revision"))?,
        captured: row.get(13)?,
        credential_failed: row.get(14)?,
        unconfirmed: progress.unconfirmed,
        settled_unconfirmed: row.get(15)?,
        partial_since: progress.partial_since,
        submission: progress.submission,
        reads: Reads {
            next_at: next_at.map(|next_at| timestamp(next_at, "next_read_at")).transpose()?,
            tries: row.get(16)?,
        },
        created_at: time(row, 7, "created_at")?,
        updated_at: time(row, 9, "updated_at")?,
        deadline: time(row, 8, "deadline")?,
        attempts: records::read_attempts(&attempts)?,
    };
    Ok((verification, key))
}

/// A column with a reason.
pub(super) fn reason(row: &Row<'_>, column: usize) -> Result<Option<ReasonCode>, StoreError> {
    let damaged = || StoreError::Corrupt("reason");
    let code = row.get_ref(column)?.as_str_or_null().map_err(|_| damaged())?;
    code.map(|code| ReasonCode::parse(code).ok_or_else(damaged)).transpose()
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
