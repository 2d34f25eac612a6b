//! Ways back: one row each, found by the keyed hash of what stands in the address.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{
    aggregate::{fetch, id_column},
    reader::Snapshot,
    store::SqliteStore,
    sweeps::forget,
};
use crate::{
    domain::{ReturnRef, SessionId, VerificationId},
    storage::{
        error::StoreError,
        keyring::{BlindHash, Blinded, KeyRing},
        records::millis,
        returns::{Returns, WayBack},
    },
};

impl Returns for SqliteStore {
    fn keep_return(
        &self,
        way: ReturnRef,
        verification: VerificationId,
        session: SessionId,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        self.write(move |tx| {
            tx.conn
                .prepare_cached(
                    "INSERT INTO returns (ref_hash, verification, session_hash, until)
                     VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![
                    name(tx.ring, &way),
                    verification.as_bytes(),
                    tx.ring.session_hash(session.as_str()),
                    millis(until),
                ])?;
            Ok(())
        })
    }

    fn find_return(
        &self,
        way: ReturnRef,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<Option<WayBack>, StoreError>> {
        self.read(move |snapshot| find(snapshot, &way, at))
    }

    fn forget_returns(
        &self,
        at: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.write(move |tx| {
            let sql = "DELETE FROM returns WHERE ref_hash IN
                     (SELECT ref_hash FROM returns WHERE until <= ?1 LIMIT ?2)";
            forget(tx, sql, at, limit)
        })
    }
}

fn name(ring: &KeyRing, way: &ReturnRef) -> BlindHash {
    ring.blind(Blinded::Return, way.expose().as_bytes())
}

fn find(
    snapshot: &Snapshot<'_>,
    way: &ReturnRef,
    at: Timestamp,
) -> Result<Option<WayBack>, StoreError> {
    let found: Option<(VerificationId, BlindHash)> = snapshot
        .conn
        .prepare_cached(
            "SELECT verification, session_hash FROM returns WHERE ref_hash = ?1 AND until > ?2",
        )?
        .query_row(params![name(snapshot.ring, way), millis(at)], |row| {
            Ok((id_column(row, 0)?, row.get(1)?))
        })
        .optional()?;
    let Some((id, session)) = found else { return Ok(None) };
    let Some(verification) = fetch(snapshot.conn, snapshot.ring, id)? else { return Ok(None) };
    let mut attempts = verification.attempts.iter();
    let attempt = attempts.find(|it| snapshot.ring.is_session(it.session.as_str(), &session));
    let redirects = attempt.and_then(|attempt| attempt.redirects.clone());
    Ok(redirects.map(|redirects| WayBack { verification, redirects }))
}
