//! What a verification lets go of while the rest of it stays: credentials that ended, and the contact
//! of one that was closed long ago.
//!
//! Invariant: nobody sees a difference. No revision is raised, nobody is told, and `updated_at`, from
//! which periods are counted, stays. The column is sealed anew, so that no page holds what was in it.

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use super::{
    aggregate::{BY_ID, Loaded, load, place},
    sweeps::due,
    writer::Tx,
};
use crate::{
    domain::{Chain, VerificationId},
    storage::{
        error::StoreError,
        records::{self, millis},
    },
};

const ENDED: &str = "SELECT id FROM verifications INDEXED BY verifications_with_credentials
     WHERE credentials_end <= ?1 ORDER BY credentials_end LIMIT ?2";
const CLOSED: &str = "SELECT id FROM verifications INDEXED BY verifications_with_contact
     WHERE closed > 0 AND contact_gone = 0 AND updated_at <= ?1 ORDER BY updated_at LIMIT ?2";

/// How long a damaged row is left alone.
const DAMAGE_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// Lets go of credentials that ended by `before`, of up to `limit` verifications; says of how many.
pub(super) fn forget_credentials(
    tx: &Tx<'_>,
    before: Timestamp,
    limit: usize,
) -> Result<usize, StoreError> {
    let ended = due(tx, before, limit, ENDED)?;
    for id in &ended {
        let (attempts, end) = match unless_damaged(tx, *id)? {
            Some(mut loaded) => {
                let any = loaded.verification.forget_credentials(before);
                let attempts = any.then(|| sealed_attempts(&loaded)).transpose()?;
                (attempts, loaded.verification.first_credential_end())
            }
            None => (None, before.checked_add(DAMAGE_PAUSE).ok()),
        };
        tx.conn
            .prepare_cached(
                "UPDATE verifications SET credentials_end = ?2, attempts = coalesce(?3, attempts)
                 WHERE id = ?1",
            )?
            .execute(params![id.as_bytes(), end.map(millis), attempts])?;
    }
    Ok(ended.len())
}

/// Lets go of the contacts of up to `limit` verifications that were closed and did not change since
/// `before`; says of how many.
pub(super) fn forget_contacts(
    tx: &Tx<'_>,
    before: Timestamp,
    limit: usize,
) -> Result<usize, StoreError> {
    let closed = due(tx, before, limit, CLOSED)?;
    for id in &closed {
        let identity = match unless_damaged(tx, *id)? {
            Some(mut loaded) => {
                loaded.verification.forget_contact();
                let plain = records::identity(&loaded.verification)?;
                Some(loaded.key.seal(&place(id, "identity"), plain)?)
            }
            None => None,
        };
        tx.conn
            .prepare_cached(
                "UPDATE verifications SET identity = coalesce(?2, identity),
                     contact_gone = CASE WHEN ?2 IS NULL THEN 2 ELSE 1 END
                 WHERE id = ?1",
            )?
            .execute(params![id.as_bytes(), identity])?;
    }
    Ok(closed.len())
}

fn sealed_attempts(loaded: &Loaded) -> Result<Vec<u8>, StoreError> {
    let place = place(&loaded.verification.id, "attempts");
    loaded.key.seal(&place, records::attempts(&loaded.verification.attempts)?)
}

/// The verification as it stands in the file; `None` if it cannot be read.
fn unless_damaged(tx: &Tx<'_>, id: VerificationId) -> Result<Option<Loaded>, StoreError> {
    tx.shelf.take(id);
    match load(tx.conn, tx.ring, BY_ID, [id.as_bytes()]) {
        Err(damage) if damage.is_damage() => {
            let error = tracing::field::display(Chain::of(&damage));
            tracing::error!(
                verification.id = %id, error,
                "a damaged verification keeps what its time is over for"
            );
            Ok(None)
        }
        read => read,
    }
}
