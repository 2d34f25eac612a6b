//! Callbacks that go with whom they name.

use std::collections::{BTreeMap, HashSet};

use rusqlite::Row;

use super::{
    erasing::{Plain, Scope},
    writer::Tx,
};
use crate::{
    domain::VerificationId,
    storage::{error::StoreError, keyring::BlindHash, records::millis},
};

/// Those that wait, those that are left over, and those that are done and tied to nobody: three
/// small heaps, each with an index.
const UNLINKED: [&str; 3] = [
    "SELECT number, session_hash, submission_hash, user_hash, NULL, received_at
         FROM callbacks WHERE due_at IS NOT NULL",
    "SELECT number, session_hash, submission_hash, user_hash, NULL, received_at
         FROM callbacks WHERE state IN ('parked', 'aside')",
    "SELECT number, session_hash, submission_hash, user_hash, NULL, received_at
         FROM callbacks WHERE state = 'done' AND verification IS NULL",
];

/// A callback to be destroyed.
pub(super) struct Doomed {
    /// The verification that took it in.
    pub(super) verification: Option<VerificationId>,
    session: Option<BlindHash>,
    submission: Option<BlindHash>,
    user: Option<BlindHash>,
}

impl Doomed {
    fn read(row: &Row<'_>) -> Result<(i64, Self), rusqlite::Error> {
        let verification: Option<[u8; 16]> = row.get(4)?;
        let doomed = Self {
            session: row.get(1)?,
            submission: row.get(2)?,
            user: row.get(3)?,
            verification: verification.map(VerificationId::from_bytes),
        };
        Ok((row.get(0)?, doomed))
    }

    /// The submission it names, unless it may be that of another user.
    pub(super) fn submission_of(&self, user: &BlindHash) -> Option<BlindHash> {
        let is_tied = self.verification.is_some() && self.user.is_none_or(|it| it == *user);
        self.submission.filter(|_| is_tied)
    }

    fn names(&self, user: &BlindHash, hashes: &HashSet<BlindHash>) -> bool {
        let others = [self.session, self.submission];
        self.user == Some(*user) || others.iter().flatten().any(|it| hashes.contains(it))
    }
}

/// Callbacks that the verifications took in.
pub(super) fn linked(tx: &Tx<'_>, rows: &[Plain]) -> Result<BTreeMap<i64, Doomed>, StoreError> {
    let mut statement = tx.conn.prepare_cached(
        "SELECT number, session_hash, submission_hash, user_hash, verification
         FROM callbacks WHERE verification = ?1",
    )?;
    let mut found = BTreeMap::new();
    for row in rows {
        for doomed in statement.query_map([row.told.id.as_bytes()], Doomed::read)? {
            found.extend([doomed?]);
        }
    }
    Ok(found)
}

/// Callbacks that wait, are parked, aside, or tied to nobody, and name the user or what is his. Those
/// that are done and tied are not looked at.
pub(super) fn unlinked(
    tx: &Tx<'_>,
    scope: &Scope<'_>,
    hashes: &HashSet<BlindHash>,
) -> Result<BTreeMap<i64, Doomed>, StoreError> {
    let mut found = BTreeMap::new();
    for sql in UNLINKED {
        let mut statement = tx.conn.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (number, doomed) = Doomed::read(row)?;
            let is_there = row.get::<_, i64>(5)? <= millis(scope.upto);
            if is_there && doomed.names(&scope.user, hashes) {
                found.insert(number, doomed);
            }
        }
    }
    Ok(found)
}

/// The users that such callbacks name.
pub(super) fn users_of_unlinked(tx: &Tx<'_>) -> Result<HashSet<BlindHash>, StoreError> {
    let mut found = HashSet::new();
    for sql in UNLINKED {
        let mut statement = tx.conn.prepare_cached(sql)?;
        for doomed in statement.query_map([], Doomed::read)? {
            found.extend(doomed?.1.user);
        }
    }
    Ok(found)
}

/// Removes them, bodies and keys.
pub(super) fn remove<'a>(
    tx: &Tx<'_>,
    numbers: impl Iterator<Item = &'a i64>,
) -> Result<(), StoreError> {
    let mut delete = tx.conn.prepare_cached("DELETE FROM callbacks WHERE number = ?1")?;
    for number in numbers {
        delete.execute([number])?;
    }
    Ok(())
}
