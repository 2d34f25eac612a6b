//! The audit log: appended to, read, checked, and pruned from its old end.
//!
//! Invariant: the head is read in the transaction that writes the next row, and one thread writes;
//! so numbers and hashes follow one another whatever else is in the batch, and what is undone takes
//! its rows along.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};
use subtle::ConstantTimeEq as _;

use super::{
    aggregate::{text, time},
    store::SqliteStore,
    verifications::bound,
};
use crate::{
    domain::{
        AuditAction, AuditActor, AuditDamage, AuditEntry, AuditHead, AuditRecord, AuditReport,
        VerificationId,
    },
    storage::{
        audit::{Audit, AuditFilter, AuditPage},
        error::StoreError,
        keyring::{Blinded, Chained, KeyRing},
        records::{millis, timestamp},
    },
};

/// The columns of a row, in the order in which [`RawRow`] reads them.
const IN_ORDER: &str = "SELECT sequence, at, action, actor, verification, user_hash, detail, hash
     FROM audit ORDER BY sequence LIMIT ?1";

impl Audit for SqliteStore {
    fn append_audit(
        &self,
        entry: AuditEntry,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<AuditHead, StoreError>> {
        self.write(move |tx| append(tx.conn, tx.ring, &entry, at))
    }

    fn audit_page(
        &self,
        filter: AuditFilter,
        before: Option<u64>,
        limit: usize,
    ) -> BoxFuture<'_, Result<AuditPage, StoreError>> {
        self.read(move |snapshot| page(snapshot.conn, snapshot.ring, &filter, before, limit))
    }

    fn audit_head(&self) -> BoxFuture<'_, Result<AuditHead, StoreError>> {
        self.read(|snapshot| head(snapshot.conn))
    }

    fn verify_audit(
        &self,
        anchor: Option<AuditHead>,
    ) -> BoxFuture<'_, Result<AuditReport, StoreError>> {
        self.read(move |snapshot| verify(snapshot.conn, snapshot.ring, anchor))
    }

    fn prune_audit(
        &self,
        before: Timestamp,
        limit: usize,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.write(move |tx| prune(tx.conn, tx.ring, before, limit, at))
    }
}

/// Writes an entry within the transaction that `conn` is in: the entry and what it is about happen
/// together or not at all.
pub(super) fn append(
    conn: &Connection,
    ring: &KeyRing,
    entry: &AuditEntry,
    at: Timestamp,
) -> Result<AuditHead, StoreError> {
    let previous = head(conn)?;
    let row = RawRow {
        sequence: stored(previous.sequence)?.saturating_add(1),
        at: millis(at),
        action: entry.action.as_str().to_owned(),
        actor: entry.actor.to_text(),
        verification: entry.verification.map(|id| id.as_bytes().to_vec()),
        user_hash: entry
            .user
            .as_ref()
            .map(|user| ring.blind(Blinded::User, user.as_str().as_bytes()).to_vec()),
        detail: entry.detail.as_ref().map(|detail| detail.clone().into_owned()),
        hash: Vec::new(),
    };
    let hash = row.chained(ring, &previous.hash);
    conn.prepare_cached(
        "INSERT INTO audit (sequence, at, action, actor, verification, user_hash, detail, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        row.sequence,
        row.at,
        row.action,
        row.actor,
        row.verification,
        row.user_hash,
        row.detail,
        hash
    ])?;
    Ok(AuditHead { sequence: previous.sequence.saturating_add(1), hash })
}

/// The newest row's place, else the checkpoint's, else the start.
fn head(conn: &Connection) -> Result<AuditHead, StoreError> {
    let newest = "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1";
    let newest = conn.prepare_cached(newest)?.query_row([], head_columns).optional()?;
    if let Some((sequence, hash)) = newest {
        return Ok(AuditHead { sequence: read_back(sequence)?, hash });
    }
    let checkpoint = checkpoint(conn)?;
    Ok(checkpoint.map_or(AuditHead::START, |(head, _)| head))
}

fn head_columns(row: &Row<'_>) -> Result<(i64, [u8; 32]), rusqlite::Error> {
    Ok((row.get(0)?, row.get(1)?))
}

/// Where the chain goes on after pruning, and what proves that it was we who pruned.
fn checkpoint(conn: &Connection) -> Result<Option<(AuditHead, [u8; 32])>, StoreError> {
    let sql = "SELECT sequence, hash, proof FROM audit_checkpoint";
    let found = conn
        .prepare_cached(sql)?
        .query_row([], |row| Ok((head_columns(row)?, row.get(2)?)))
        .optional()?;
    let Some(((sequence, hash), proof)) = found else { return Ok(None) };
    Ok(Some((AuditHead { sequence: read_back(sequence)?, hash }, proof)))
}

fn checkpoint_proof(ring: &KeyRing, head: &AuditHead) -> [u8; 32] {
    ring.chain(Chained::Checkpoint, &head.hash, &head.sequence.to_be_bytes())
}

/// A row as it stands, for hashing: nothing is interpreted, so that rows of later versions can be
/// checked as well.
struct RawRow {
    sequence: i64,
    at: i64,
    action: String,
    actor: String,
    verification: Option<Vec<u8>>,
    user_hash: Option<Vec<u8>>,
    detail: Option<String>,
    hash: Vec<u8>,
}

impl RawRow {
    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            sequence: row.get(0)?,
            at: row.get(1)?,
            action: row.get(2)?,
            actor: row.get(3)?,
            verification: row.get(4)?,
            user_hash: row.get(5)?,
            detail: row.get(6)?,
            hash: row.get(7)?,
        })
    }

    /// The hash of this row behind the one of hash `previous`. Before each value stands whether there
    /// is one and how long it is, so that no two rows give the same bytes.
    fn chained(&self, ring: &KeyRing, previous: &[u8; 32]) -> [u8; 32] {
        let mut bytes = Vec::with_capacity(192);
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        bytes.extend_from_slice(&self.at.to_be_bytes());
        let values = [
            Some(self.action.as_bytes()),
            Some(self.actor.as_bytes()),
            self.verification.as_deref(),
            self.user_hash.as_deref(),
            self.detail.as_deref().map(str::as_bytes),
        ];
        for value in values {
            bytes.push(u8::from(value.is_some()));
            let value = value.unwrap_or_default();
            let length = u64::try_from(value.len()).unwrap_or(u64::MAX);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(value);
        }
        ring.chain(Chained::Audit, previous, &bytes)
    }
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
fn prune(
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

fn page(
    conn: &Connection,
    ring: &KeyRing,
    filter: &AuditFilter,
    before: Option<u64>,
    limit: usize,
) -> Result<AuditPage, StoreError> {
    let user = filter.user.as_ref().map(|user| ring.blind(Blinded::User, user.as_str().as_bytes()));
    let verification = filter.verification.map(|id| id.as_bytes().to_vec());
    let action = filter.action.map(AuditAction::as_str);
    let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
    let one_more = bound(limit).saturating_add(1);
    // Put together of fixed pieces, so that the index of what is asked for is used.
    let mut sql = "SELECT sequence, at, action, actor, verification, detail
         FROM audit WHERE sequence < ?1"
        .to_owned();
    let mut values: Vec<&dyn ToSql> = vec![&before, &one_more];
    let parts: [(Option<&dyn ToSql>, &str); 3] = [
        (user.as_ref().map(|it| -> &dyn ToSql { it }), " AND user_hash = ?"),
        (verification.as_ref().map(|it| -> &dyn ToSql { it }), " AND verification = ?"),
        (action.as_ref().map(|it| -> &dyn ToSql { it }), " AND action = ?"),
    ];
    for (value, condition) in parts {
        if let Some(value) = value {
            values.push(value);
            sql.push_str(condition);
            sql.push_str(&values.len().to_string());
        }
    }
    sql.push_str(" ORDER BY sequence DESC LIMIT ?2");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(values.as_slice())?;
    let mut found = AuditPage { items: Vec::new(), next: None };
    while let Some(row) = rows.next()? {
        if found.items.len() == limit {
            found.next = found.items.last().map(|last| last.sequence);
            break;
        }
        found.items.push(record(row)?);
    }
    Ok(found)
}

fn record(row: &Row<'_>) -> Result<AuditRecord, StoreError> {
    Ok(AuditRecord {
        sequence: read_back(row.get(0)?)?,
        at: time(row, 1, "at")?,
        action: AuditAction::parse(text(row, 2, "action")?).ok_or(StoreError::Corrupt("action"))?,
        actor: AuditActor::parse(text(row, 3, "actor")?).ok_or(StoreError::Corrupt("actor"))?,
        verification: row.get::<_, Option<[u8; 16]>>(4)?.map(VerificationId::from_bytes),
        detail: row.get(5)?,
    })
}

fn stored(sequence: u64) -> Result<i64, StoreError> {
    i64::try_from(sequence).map_err(|_| StoreError::Corrupt("sequence"))
}

fn read_back(sequence: i64) -> Result<u64, StoreError> {
    u64::try_from(sequence).map_err(|_| StoreError::Corrupt("sequence"))
}
