//! Attempts: rows of a verification, found by the keyed hash of their session.

use rusqlite::{Connection, params};

use super::{
    aggregate::{blob, text, time},
    writer::Tx,
};
use crate::{
    domain::{Attempt, AttemptState, Channel, IssuedCredential, Verification, VerificationId},
    storage::{
        error::StoreError,
        keyring::Blinded,
        records::{self, millis, same_credential},
        seal::{DataKey, Place},
    },
};

const ATTEMPTS: &str = "
    SELECT number, channel, state, created_at, content
    FROM attempts WHERE verification = ?1 ORDER BY number";

/// The attempts of a verification, oldest first.
pub(super) fn load(
    conn: &Connection,
    key: &DataKey,
    id: VerificationId,
) -> Result<Vec<Attempt>, StoreError> {
    let mut statement = conn.prepare_cached(ATTEMPTS)?;
    let mut rows = statement.query([id.as_bytes()])?;
    let mut attempts = Vec::with_capacity(2);
    while let Some(row) = rows.next()? {
        let place = attempt_row(id, row.get(0)?);
        let content = key.open(&attempt_place(&place), blob(row, 4, "content")?)?;
        let channel = Channel::parse(text(row, 1, "channel")?);
        let state = AttemptState::parse(text(row, 2, "state")?);
        attempts.push(records::read_attempt(
            &content,
            channel.ok_or(StoreError::Corrupt("channel"))?,
            state.ok_or(StoreError::Corrupt("state"))?,
            time(row, 3, "created_at")?,
        )?);
    }
    Ok(attempts)
}

/// Writes new and changed attempts; says whether there were any.
pub(super) fn save(
    tx: &Tx<'_>,
    verification: &Verification,
    key: &DataKey,
    before: &[(AttemptState, Option<IssuedCredential>)],
) -> Result<bool, StoreError> {
    let mut moved = false;
    let mut before = before.iter();
    for (number, attempt) in (0..).zip(&verification.attempts) {
        match before.next() {
            None => insert(tx, verification, key, number, attempt)?,
            Some((state, issued)) if !same_credential(issued.as_ref(), attempt.issued.as_ref()) => {
                let row = attempt_row(verification.id, number);
                let content = key.seal(&attempt_place(&row), records::attempt(attempt)?)?;
                if *state != attempt.state {
                    save_state(tx, verification, number, attempt)?;
                }
                tx.conn
                    .prepare_cached(
                        "UPDATE attempts SET issued = ?3, content = ?4
                         WHERE verification = ?1 AND number = ?2",
                    )?
                    .execute(params![
                        verification.id.as_bytes(),
                        number,
                        attempt.issued.is_some(),
                        content
                    ])?;
            }
            Some((state, _)) if *state != attempt.state => {
                save_state(tx, verification, number, attempt)?;
            }
            Some((_, _)) => continue,
        }
        moved = true;
    }
    Ok(moved)
}

fn save_state(
    tx: &Tx<'_>,
    verification: &Verification,
    number: i64,
    attempt: &Attempt,
) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached("UPDATE attempts SET state = ?3 WHERE verification = ?1 AND number = ?2")?
        .execute(params![verification.id.as_bytes(), number, attempt.state.as_str()])?;
    Ok(())
}

/// Writes a new attempt.
pub(super) fn insert(
    tx: &Tx<'_>,
    verification: &Verification,
    key: &DataKey,
    number: i64,
    attempt: &Attempt,
) -> Result<(), StoreError> {
    let row = attempt_row(verification.id, number);
    let content = key.seal(&attempt_place(&row), records::attempt(attempt)?)?;
    tx.conn
        .prepare_cached(
            "INSERT INTO attempts (verification, number, session_hash, channel, state, created_at,
                 issued, content)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            verification.id.as_bytes(),
            number,
            tx.ring.blind(Blinded::Session, attempt.session.as_str().as_bytes()),
            attempt.channel.as_str(),
            attempt.state.as_str(),
            millis(attempt.created_at),
            attempt.issued.is_some(),
            content,
        ])?;
    Ok(())
}

/// The row of an attempt, for binding what is sealed in it.
fn attempt_row(id: VerificationId, number: i64) -> [u8; 24] {
    let mut row = [0; 24];
    let (own, tail) = row.split_at_mut(16);
    own.copy_from_slice(id.as_bytes());
    tail.copy_from_slice(&number.to_be_bytes());
    row
}

/// Where the content of an attempt belongs.
const fn attempt_place(row: &[u8; 24]) -> Place<'_> {
    Place { table: "attempts", column: "content", row }
}
