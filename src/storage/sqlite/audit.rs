//! The audit log: appended to and read.
//!
//! Invariant: the head is read in the transaction that writes the next row, and one thread writes;
//! so numbers and hashes follow one another whatever else is in the batch, and what is undone takes
//! its rows along.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};

use super::{
    aggregate::{text, time},
    audit_chain::{prune, verify},
    store::SqliteStore,
    verifications::bound,
};
use crate::{
    domain::{
        AuditAction, AuditActor, AuditEntry, AuditHead, AuditRecord, AuditReport, VerificationId,
    },
    storage::{
        audit::{Audit, AuditFilter, AuditPage},
        error::StoreError,
        keyring::{Blinded, Chained, KeyRing},
        records::millis,
    },
};

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
pub(super) fn checkpoint(conn: &Connection) -> Result<Option<(AuditHead, [u8; 32])>, StoreError> {
    let sql = "SELECT sequence, hash, proof FROM audit_checkpoint";
    let found = conn
        .prepare_cached(sql)?
        .query_row([], |row| Ok((head_columns(row)?, row.get(2)?)))
        .optional()?;
    let Some(((sequence, hash), proof)) = found else { return Ok(None) };
    Ok(Some((AuditHead { sequence: read_back(sequence)?, hash }, proof)))
}

pub(super) fn checkpoint_proof(ring: &KeyRing, head: &AuditHead) -> [u8; 32] {
    ring.chain(Chained::Checkpoint, &head.hash, &head.sequence.to_be_bytes())
}

/// A row as it stands, for hashing: nothing is interpreted, so that rows of later versions can be
/// checked as well.
pub(super) struct RawRow {
    pub(super) sequence: i64,
    pub(super) at: i64,
    action: String,
    actor: String,
    verification: Option<Vec<u8>>,
    user_hash: Option<Vec<u8>>,
    detail: Option<String>,
    pub(super) hash: Vec<u8>,
}

impl RawRow {
    pub(super) fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
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
    pub(super) fn chained(&self, ring: &KeyRing, previous: &[u8; 32]) -> [u8; 32] {
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

pub(super) fn stored(sequence: u64) -> Result<i64, StoreError> {
    i64::try_from(sequence).map_err(|_| StoreError::Corrupt("sequence"))
}

fn read_back(sequence: i64) -> Result<u64, StoreError> {
    u64::try_from(sequence).map_err(|_| StoreError::Corrupt("sequence"))
}
