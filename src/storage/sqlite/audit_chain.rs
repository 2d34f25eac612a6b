//! The audit log as a chain: followed from its start or its checkpoint, and shortened from there.
//!
//! Invariant: nothing is believed that the key ring does not vouch for, a checkpoint included; and
//! what does not fit is left where it is.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params};
use subtle::ConstantTimeEq as _;

use super::{
    audit::{RawRow, append, checkpoint, checkpoint_proof, stored},
    schema::{self, CheckError, Found},
    verifications::bound,
};
use crate::{
    domain::{AuditAction, AuditActor, AuditDamage, AuditEntry, AuditHead, AuditReport},
    storage::{
        error::{DatabaseCause, StoreError},
        keyring::KeyRing,
        records::{millis, timestamp},
    },
};

/// The columns of a row, in the order in which [`RawRow`] reads them.
const IN_ORDER: &str = "SELECT sequence, at, action, actor, verification, user_hash, detail, hash
     FROM audit ORDER BY sequence LIMIT ?1";

/// Why a database could not be checked.
pub(in crate::storage) enum Unchecked {
    /// It cannot be opened or read.
    Database(DatabaseCause),
    /// It is of a newer version.
    Newer {
        /// What it has.
        found: usize,
        /// What this version knows.
        known: usize,
    },
    /// It was sealed with other keys.
    Keys(crate::storage::error::KeyRingError),
}

/// Follows the chain in the file at `path` without writing to it, whoever else has it open.
pub(in crate::storage) fn check_file(
    path: &Path,
    ring: &KeyRing,
    anchor: Option<AuditHead>,
) -> Result<AuditReport, Unchecked> {
    let database = |error: rusqlite::Error| Unchecked::Database(error.into());
    let conn = schema::reading(path).map_err(database)?;
    if let Found::Newer { found, known } = schema::inspect(&conn).map_err(Unchecked::Database)? {
        return Err(Unchecked::Newer { found, known });
    }
    schema::check_keys(&conn, ring).map_err(|error| match error {
        CheckError::Database(error) => database(error),
        CheckError::Keys(error) => Unchecked::Keys(error),
    })?;
    // One state of the database, whatever is written meanwhile.
    conn.execute_batch("BEGIN").map_err(database)?;
    verify(&conn, ring, anchor).map_err(|error| Unchecked::Database(error.into()))
}

/// A walk along the chain, row by row, from its checkpoint or its start.
struct Walk<'a> {
    ring: &'a KeyRing,
    head: AuditHead,
}

impl<'a> Walk<'a> {
    /// `Err`: the checkpoint is none of ours.
    fn begin(conn: &Connection, ring: &'a KeyRing) -> Result<Result<Self, u64>, StoreError> {
        let found = match checkpoint(conn) {
            Err(StoreError::Corrupt(_)) => return Ok(Err(0)),
            found => found?,
        };
        let Some((head, proof)) = found else {
            return Ok(Ok(Self { ring, head: AuditHead::START }));
        };
        let genuine = bool::from(checkpoint_proof(ring, &head).ct_eq(&proof));
        Ok(if genuine { Ok(Self { ring, head }) } else { Err(head.sequence) })
    }

    /// Takes the next row.
    fn step(&mut self, row: &RawRow) -> Result<(), (u64, AuditDamage)> {
        let expected = self.head.sequence.saturating_add(1);
        let found = u64::try_from(row.sequence).unwrap_or_default();
        if found != expected {
            let damage = if found > expected { AuditDamage::Missing } else { AuditDamage::Changed };
            return Err((expected, damage));
        }
        let hash = row.chained(self.ring, &self.head.hash);
        if !bool::from(hash.as_slice().ct_eq(&row.hash)) {
            return Err((expected, AuditDamage::Changed));
        }
        self.head = AuditHead { sequence: expected, hash };
        Ok(())
    }
}

/// Follows the whole chain, and looks for `anchor` in it.
pub(super) fn verify(
    conn: &Connection,
    ring: &KeyRing,
    anchor: Option<AuditHead>,
) -> Result<AuditReport, StoreError> {
    let mut report = AuditReport {
        entries: 0,
        span: None,
        pruned_through: 0,
        head: AuditHead::START,
        damage: None,
    };
    let mut walk = match Walk::begin(conn, ring)? {
        Ok(walk) => walk,
        Err(sequence) => {
            report.damage = Some((sequence, AuditDamage::Checkpoint));
            return Ok(report);
        }
    };
    report.pruned_through = walk.head.sequence;
    report.head = walk.head;
    let is_pruned = anchor.is_some_and(|it| it.sequence < report.pruned_through);
    let mut anchor = anchor.filter(|it| it.sequence >= report.pruned_through);
    report.damage = meet(&mut anchor, &walk.head);
    let mut statement = conn.prepare(IN_ORDER)?;
    let mut rows = statement.query([-1])?;
    while report.damage.is_none() {
        let Some(row) = rows.next()? else { break };
        let stepped = RawRow::read(row)
            .map_err(|_| (walk.head.sequence.saturating_add(1), AuditDamage::Changed))
            .and_then(|row| walk.step(&row).map(|()| row.at));
        match stepped {
            Ok(at) => {
                let at = timestamp(at, "at")?;
                report.span = Some((report.span.map_or(at, |(first, _)| first), at));
                report.entries = report.entries.saturating_add(1);
                report.damage = meet(&mut anchor, &walk.head);
            }
            Err(damage) => report.damage = Some(damage),
        }
    }
    report.head = walk.head;
    if report.damage.is_none() {
        // An anchor beyond the last row: rows were cut off.
        let beyond = anchor.map(|_| (walk.head.sequence.saturating_add(1), AuditDamage::Truncated));
        let pruned = is_pruned.then_some((report.pruned_through, AuditDamage::AnchorPruned));
        report.damage = beyond.or(pruned);
    }
    Ok(report)
}

/// Compares the anchor once the walk has come to it.
fn meet(anchor: &mut Option<AuditHead>, head: &AuditHead) -> Option<(u64, AuditDamage)> {
    let met = anchor.take_if(|anchor| anchor.sequence == head.sequence)?;
    (met.hash != head.hash).then_some((head.sequence, AuditDamage::Rewritten))
}

/// Removes the oldest rows, and writes down that it did.
pub(super) fn prune(
    conn: &Connection,
    ring: &KeyRing,
    before: Timestamp,
    limit: usize,
    at: Timestamp,
) -> Result<usize, StoreError> {
    let mut walk = Walk::begin(conn, ring)?.map_err(|_| StoreError::Corrupt("audit_checkpoint"))?;
    let is_first = walk.head.sequence == 0;
    let mut count = 0_usize;
    {
        let mut statement = conn.prepare_cached(IN_ORDER)?;
        let mut rows = statement.query([bound(limit)])?;
        while let Some(row) = rows.next()? {
            let row = RawRow::read(row)?;
            if row.at >= millis(before) {
                break;
            }
            // What does not fit is evidence, and stays.
            walk.step(&row).map_err(|_| StoreError::Corrupt("audit"))?;
            count = count.saturating_add(1);
        }
    }
    if count == 0 {
        return Ok(0);
    }
    let (sequence, proof) = (stored(walk.head.sequence)?, checkpoint_proof(ring, &walk.head));
    let sql = if is_first {
        "INSERT INTO audit_checkpoint (id, sequence, hash, proof) VALUES (1, ?1, ?2, ?3)"
    } else {
        "UPDATE audit_checkpoint SET sequence = ?1, hash = ?2, proof = ?3"
    };
    // Written down while there is a row to follow; only then the rows go.
    let entry = AuditEntry::new(AuditAction::AuditPruned, AuditActor::Gateway);
    append(conn, ring, &entry.detail(count.to_string()), at)?;
    conn.prepare_cached(sql)?.execute(params![sequence, walk.head.hash, proof])?;
    conn.prepare_cached("DELETE FROM audit WHERE sequence <= ?1")?.execute([sequence])?;
    Ok(count)
}
