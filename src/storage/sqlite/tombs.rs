//! What is remembered of those who were erased: keyed hashes, by which what comes late is kept out.

use jiff::Timestamp;
use rusqlite::params;

use super::{sessions, writer::Tx};
use crate::storage::{
    callbacks::CallbackFingerprint,
    error::StoreError,
    keyring::{BlindHash, Blinded},
    records::millis,
};

/// The keyed hashes of what a callback names.
pub(super) struct Names {
    pub(super) session: Option<BlindHash>,
    pub(super) submission: Option<BlindHash>,
    pub(super) user: Option<BlindHash>,
}

impl Names {
    /// Those of a callback that comes in.
    pub(super) fn of(tx: &Tx<'_>, fingerprint: &CallbackFingerprint) -> Result<Self, StoreError> {
        let blind = |what, text: &str| tx.ring.blind(what, text.as_bytes());
        let session = fingerprint.session.as_ref();
        Ok(Self {
            session: session
                .map(|it| sessions::known(tx.conn, tx.ring, it.as_str()))
                .transpose()?,
            submission: fingerprint
                .submission
                .as_ref()
                .map(|it| blind(Blinded::Submission, it.as_str())),
            user: fingerprint.user.as_ref().map(|it| blind(Blinded::User, it.expose())),
        })
    }
}

/// Remembers `hashes` until `until`, or longer if they were to be remembered longer.
pub(super) fn remember(
    tx: &Tx<'_>,
    hashes: &[BlindHash],
    until: Timestamp,
) -> Result<(), StoreError> {
    let mut insert = tx.conn.prepare_cached(
        "INSERT INTO tombstones (hash, until) VALUES (?1, ?2)
         ON CONFLICT (hash) DO UPDATE SET until = max(until, ?2)",
    )?;
    for hash in hashes {
        insert.execute(params![hash, millis(until)])?;
    }
    Ok(())
}

/// Until when what `names` names is kept out. `None`: it is not.
///
/// A session or a submission that was erased never comes back. A user may: what names the user alone
/// is kept out for as long as he has not started anew.
pub(super) fn until(tx: &Tx<'_>, names: &Names) -> Result<Option<i64>, StoreError> {
    let erased: Option<i64> = tx
        .conn
        .prepare_cached("SELECT max(until) FROM tombstones WHERE hash IN (?1, ?2)")?
        .query_row(params![names.session, names.submission], |row| row.get(0))?;
    if erased.is_some() || names.user.is_none() {
        return Ok(erased);
    }
    Ok(tx
        .conn
        .prepare_cached(
            "SELECT max(until) FROM tombstones WHERE hash = ?1
                 AND NOT EXISTS (SELECT 1 FROM sessions WHERE session_hash = ?2)
                 AND NOT EXISTS (SELECT 1 FROM verifications WHERE user_hash = ?1)",
        )?
        .query_row(params![names.user, names.session], |row| row.get(0))?)
}

/// Keeps of a late callback what names nobody.
pub(super) fn keep_late(
    tx: &Tx<'_>,
    body: &BlindHash,
    names: &Names,
    status: &str,
    (at, until): (i64, i64),
) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "INSERT INTO late_callbacks (body_hash, session_hash, submission_hash, user_hash,
                 status, deliveries, received_at, last_at, until)
             VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?6, ?7)
             ON CONFLICT (body_hash) DO UPDATE SET deliveries = deliveries + 1, last_at = ?6",
        )?
        .execute(params![body, names.session, names.submission, names.user, status, at, until])?;
    Ok(())
}

/// Forgets up to `limit` rows of each table whose time is over.
pub(super) fn forget(tx: &Tx<'_>, at: Timestamp, limit: i64) -> Result<usize, StoreError> {
    let mut gone = 0_usize;
    for sql in [
        "DELETE FROM tombstones WHERE hash IN
             (SELECT hash FROM tombstones WHERE until <= ?1 LIMIT ?2)",
        "DELETE FROM late_callbacks WHERE body_hash IN
             (SELECT body_hash FROM late_callbacks WHERE until <= ?1 LIMIT ?2)",
        "DELETE FROM held WHERE number IN
             (SELECT number FROM held WHERE until <= ?1 LIMIT ?2)",
    ] {
        let rows = tx.conn.prepare_cached(sql)?.execute(params![millis(at), limit])?;
        gone = gone.max(rows);
    }
    Ok(gone)
}
