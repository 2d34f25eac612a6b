//! Requests that carry a key: one row each, found by the keyed hash of its name.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{
    aggregate::{BY_ID, Loaded, load},
    store::SqliteStore,
    sweeps::forget,
    writer::Tx,
};
use crate::{
    domain::{Pii, RequestClaim, VerificationId},
    storage::{
        error::StoreError,
        idempotency::{Claimed, Idempotency, KeptAnswer},
        keyring::{BlindHash, Blinded},
        records::{millis, same_credential},
        seal::{Place, Plain},
    },
};

impl Idempotency for SqliteStore {
    fn claim_request(
        &self,
        claim: RequestClaim,
        body: Pii<Vec<u8>>,
        at: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<Claimed, StoreError>> {
        self.write(move |tx| {
            let body = tx.ring.blind(Blinded::RequestBody, body.expose());
            match find(tx, &claim, at)? {
                None => hold(tx, &claim, body, until).map(|()| Claimed::Held),
                Some(row) if row.body != body => Ok(Claimed::OtherBody),
                Some(row) => row.answer.map_or(Ok(Claimed::Underway), |sealed| {
                    answered(tx, &name(tx, &claim), sealed, at)
                }),
            }
        })
    }

    fn keep_answer(
        &self,
        claim: RequestClaim,
        kept: KeptAnswer,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.write(move |tx| keep(tx, &claim, &kept, until))
    }

    fn release_request(&self, claim: RequestClaim) -> BoxFuture<'_, Result<(), StoreError>> {
        self.write(move |tx| {
            tx.conn
                .prepare_cached(
                    "DELETE FROM idempotency
                     WHERE key_hash = ?1 AND holder = ?2 AND answer IS NULL",
                )?
                .execute(params![name(tx, &claim), claim.holder()])?;
            Ok(())
        })
    }

    fn forget_requests(
        &self,
        at: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.write(move |tx| {
            let sql = "DELETE FROM idempotency WHERE number IN
                     (SELECT number FROM idempotency WHERE until <= ?1 LIMIT ?2)";
            forget(tx, sql, at, limit)
        })
    }
}

/// A request that was claimed or answered.
struct Row {
    body: BlindHash,
    answer: Option<Sealed>,
}

/// An answer as it is stored.
struct Sealed {
    verification: VerificationId,
    session: Option<BlindHash>,
    bytes: Vec<u8>,
}

fn name(tx: &Tx<'_>, claim: &RequestClaim) -> BlindHash {
    tx.ring.blind(Blinded::Request, claim.name())
}

const fn place(name: &BlindHash) -> Place<'_> {
    Place { table: "idempotency", column: "answer", row: name }
}

/// The request, unless its time is over.
fn find(tx: &Tx<'_>, claim: &RequestClaim, at: Timestamp) -> Result<Option<Row>, StoreError> {
    let mut statement = tx.conn.prepare_cached(
        "SELECT body_hash, verification, session_hash, answer FROM idempotency
         WHERE key_hash = ?1 AND until > ?2",
    )?;
    let row = statement.query_row(params![name(tx, claim), millis(at)], |row| {
        let verification: Option<[u8; 16]> = row.get(1)?;
        let bytes: Option<Vec<u8>> = row.get(3)?;
        let session = row.get(2)?;
        let answer = verification.zip(bytes).map(|(id, bytes)| Sealed {
            verification: VerificationId::from_bytes(id),
            session,
            bytes,
        });
        Ok(Row { body: row.get(0)?, answer })
    });
    Ok(row.optional()?)
}

/// Writes the claim down, in the place of one whose time is over.
fn hold(
    tx: &Tx<'_>,
    claim: &RequestClaim,
    body: BlindHash,
    until: Timestamp,
) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "INSERT INTO idempotency (key_hash, body_hash, holder, until) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (key_hash) DO UPDATE SET body_hash = ?2, holder = ?3, until = ?4,
                 verification = NULL, session_hash = NULL, answer = NULL",
        )?
        .execute(params![name(tx, claim), body, claim.holder(), millis(until)])?;
    Ok(())
}

/// The answer, if it may be given again.
fn answered(
    tx: &Tx<'_>,
    name: &BlindHash,
    sealed: Sealed,
    at: Timestamp,
) -> Result<Claimed, StoreError> {
    let loaded = load(tx.conn, tx.ring, BY_ID, [sealed.verification.as_bytes()])?;
    // Erased together with what it was about.
    let Some(Loaded { verification, key, .. }) = loaded else { return Ok(Claimed::Spent) };
    if let Some(session) = sealed.session {
        let mut attempts = verification.attempts.iter().map(|attempt| &attempt.session);
        let named = attempts.find(|named| tx.ring.is_session(named.as_str(), &session));
        if !named.is_some_and(|named| verification.still_offers(named, at)) {
            return Ok(Claimed::Spent);
        }
    }
    let answer = key.open(&place(name), &sealed.bytes)?;
    Ok(Claimed::Answered(verification.id, Pii::new(answer.to_vec())))
}

fn keep(
    tx: &Tx<'_>,
    claim: &RequestClaim,
    kept: &KeptAnswer,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let loaded = load(tx.conn, tx.ring, BY_ID, [kept.verification.as_bytes()])?;
    let Some(Loaded { verification, key, .. }) = loaded else { return Ok(false) };
    let session = match kept.credential.as_ref() {
        None => None,
        credential @ Some(_) => {
            let mut attempts = verification.attempts.iter();
            let giver =
                attempts.find(|attempt| same_credential(attempt.issued.as_ref(), credential));
            // Whose it is cannot be said, so neither could be when it is over.
            let Some(giver) = giver else { return Ok(false) };
            Some(tx.ring.session_hash(giver.session.as_str()))
        }
    };
    let name = name(tx, claim);
    let sealed = key.seal(&place(&name), Plain::copy(kept.answer.expose()))?;
    let changed = tx
        .conn
        .prepare_cached(
            "UPDATE idempotency SET until = ?3, verification = ?4, session_hash = ?5, answer = ?6
             WHERE key_hash = ?1 AND holder = ?2 AND answer IS NULL",
        )?
        .execute(params![
            name,
            claim.holder(),
            millis(until),
            kept.verification.as_bytes(),
            session,
            sealed,
        ])?;
    Ok(changed > 0)
}
