//! Wrap keys exchanged, and data keys wrapped anew, while others read and write.
//!
//! The order keeps every row readable at every moment. A new key is checked, made durable and put
//! on record before it is used; readers look keys up when they need them; and an old one is let go
//! only after a pass over all rows that began when nobody used it any more.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use tokio::sync::Mutex;

use super::{
    audit,
    reader::Snapshot,
    schema::{self, CheckError},
    store::SqliteStore,
    verifications::bound,
    writer::Tx,
};
use crate::{
    domain::{
        AuditAction, AuditActor, AuditEntry, Chain, KeyReport, KeyStanding, KeyState, KeyUse,
    },
    storage::{
        error::{KeyRingError, StoreError},
        keyring::KeyRing,
        keys::{Keys, RewrapPlace, Rewrapped},
        open::KeySource,
        records::millis,
        seal::{DataKey, Place},
    },
};

/// How many rows are looked at in one read: it holds one of the few readers.
const WINDOW: i64 = 2000;

/// The statements for a table whose rows have a data key each.
macro_rules! table {
    ($name:literal) => {
        Table {
            name: $name,
            last: concat!("SELECT max(number) FROM ", $name),
            stale: concat!(
                "SELECT number FROM ",
                $name,
                " WHERE number > ?1 AND number <= ?2 AND key_id <> ?3 ORDER BY number LIMIT ?4"
            ),
            wrapped: concat!("SELECT id, key_id, data_key FROM ", $name, " WHERE number = ?1"),
            wrap: concat!("UPDATE ", $name, " SET key_id = ?2, data_key = ?3 WHERE number = ?1"),
            count: concat!("SELECT key_id, count(*) FROM ", $name, " GROUP BY key_id"),
        }
    };
}

/// Where data keys are. `number` is the row's own, `id` what its data key is bound to.
const TABLES: [Table; 3] = [table!("verifications"), table!("callbacks"), table!("held")];

struct Table {
    name: &'static str,
    last: &'static str,
    stale: &'static str,
    wrapped: &'static str,
    wrap: &'static str,
    count: &'static str,
}

/// The ring in use, and where it came from.
pub(super) struct Keeping {
    pub(super) ring: Arc<KeyRing>,
    source: Arc<KeySource>,
    /// Held while the keys in use are changed: a key must not be let go while it is taken up again.
    changing: Mutex<()>,
}

impl Keeping {
    pub(super) fn new(ring: KeyRing, source: KeySource) -> Self {
        Self { ring: Arc::new(ring), source: Arc::new(source), changing: Mutex::new(()) }
    }
}

/// What the source says now. It waits for the disk, so threads of the store ask.
fn found(source: &KeySource) -> Result<KeyRing, KeyRingError> {
    source.load()?.ok_or(KeyRingError::Missing)
}

impl Keys for SqliteStore {
    fn reload_keys(&self, at: Timestamp) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            let _changing = self.keys.changing.lock().await;
            let source = Arc::clone(&self.keys.source);
            let looked = self.read(move |snapshot| {
                let found = found(&source).map_err(StoreError::Keys)?;
                let used = schema::check_keys(snapshot.conn, &found)?;
                if !used {
                    source.settle().map_err(StoreError::Keys)?;
                }
                let news = !used || schema::is_news(snapshot.conn, &found.active().id)?;
                Ok((Arc::new(found), news))
            });
            let (found, news) = looked.await?;
            if news {
                let newer = Arc::clone(&found);
                let known = self.write(move |tx| take_up(tx, &newer, at));
                known.await?;
            }
            let changed = self.keys.ring.active().id != found.active().id;
            self.keys.ring.install(&found);
            Ok(changed)
        })
    }

    fn begin_rewrap(&self) -> BoxFuture<'_, Result<Option<RewrapPlace>, StoreError>> {
        // Asked of the writer: when it answers, everything that it sealed with a key before this one
        // is committed, and everything after is sealed with this one.
        self.write(|tx| {
            let active = tx.ring.active().id.clone();
            let needed = schema::has_retired_keys(tx.conn, &active)?;
            Ok(needed.then_some(RewrapPlace { active, table: 0, row: 0 }))
        })
    }

    fn rewrap(
        &self,
        place: RewrapPlace,
        limit: usize,
    ) -> BoxFuture<'_, Result<Rewrapped, StoreError>> {
        Box::pin(async move {
            let Some(table) = TABLES.get(place.table) else {
                return Ok(Rewrapped { moved: 0, damaged: 0, next: None });
            };
            let from = place.clone();
            let (rows, next) = self.read(move |it| stale(it, table, from, limit)).await?;
            let (mut moved, mut damaged) = (0, 0);
            if !rows.is_empty() {
                (moved, damaged) = self.write(move |tx| move_rows(tx, table, &rows)).await?;
            }
            Ok(Rewrapped { moved, damaged, next: Some(next) })
        })
    }

    fn release_keys(
        &self,
        begun: RewrapPlace,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<usize, StoreError>> {
        Box::pin(async move {
            let _changing = self.keys.changing.lock().await;
            self.write(move |tx| {
                if tx.ring.active().id != begun.active {
                    return Ok(0);
                }
                let released = schema::release_keys(tx.conn, &begun.active)?;
                if released > 0 {
                    let entry = AuditEntry::new(AuditAction::KeysRewrapped, AuditActor::Gateway);
                    audit::append(tx.conn, tx.ring, &entry.detail(begun.active.clone()), at)?;
                }
                Ok(released)
            })
            .await
        })
    }

    fn key_report(&self) -> BoxFuture<'_, Result<KeyReport, StoreError>> {
        let source = Arc::clone(&self.keys.source);
        self.read(move |snapshot| {
            Ok(KeyReport { trouble: trouble(snapshot, &source), ..report(snapshot)? })
        })
    }
}

/// Puts the keys of `newer` on record, and in the audit log that its active one is another.
fn take_up(tx: &Tx<'_>, newer: &KeyRing, at: Timestamp) -> Result<(), StoreError> {
    schema::remember_keys(tx.conn, newer)?;
    let active = newer.active().id.clone();
    if schema::note_use(tx.conn, &active, millis(at))? {
        let entry = AuditEntry::new(AuditAction::KeysRotated, AuditActor::Operator);
        audit::append(tx.conn, tx.ring, &entry.detail(active), at)?;
    }
    Ok(())
}

/// Why the ring, where it is kept, is not the one in use; `None` if it is.
fn trouble(snapshot: &Snapshot<'_>, source: &KeySource) -> Option<String> {
    let looked = found(source).map_err(CheckError::Keys).and_then(|found| {
        schema::check_keys(snapshot.conn, &found)?;
        Ok(found.active().id.clone())
    });
    match looked {
        Ok(id) if id == snapshot.ring.active().id => None,
        Ok(id) => {
            Some(format!("the key ring {source} has the active key {id}, which is not in use yet"))
        }
        Err(CheckError::Keys(error)) => {
            Some(format!("the key ring {source} cannot be used: {}", Chain::of(&error)))
        }
        Err(CheckError::Database(error)) => {
            Some(format!("the key ring {source} cannot be checked: {}", Chain::of(&error)))
        }
    }
}

/// The next rows under another key, and where to look after them.
fn stale(
    snapshot: &Snapshot<'_>,
    table: &Table,
    from: RewrapPlace,
    limit: usize,
) -> Result<(Vec<i64>, RewrapPlace), StoreError> {
    let last: Option<i64> =
        snapshot.conn.prepare_cached(table.last)?.query_row([], |row| row.get(0))?;
    let end = from.row.saturating_add(WINDOW);
    let mut statement = snapshot.conn.prepare_cached(table.stale)?;
    let rows = statement
        .query_map(params![from.row, end, from.active, bound(limit)], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    let next = match rows.last() {
        Some(row) if rows.len() >= limit => RewrapPlace { row: *row, ..from },
        _ if last.is_none_or(|last| end >= last) => {
            RewrapPlace { table: from.table.saturating_add(1), row: 0, ..from }
        }
        _ => RewrapPlace { row: end, ..from },
    };
    Ok((rows, next))
}

/// Wraps the data keys of `rows` by the active key. A row that is gone by now, or under it already,
/// is none to move.
fn move_rows(tx: &Tx<'_>, table: &Table, rows: &[i64]) -> Result<(usize, usize), StoreError> {
    let active = tx.ring.active();
    let (mut moved, mut damaged) = (0_usize, 0_usize);
    for number in rows {
        let found: Option<([u8; 16], String, Vec<u8>)> = tx
            .conn
            .prepare_cached(table.wrapped)?
            .query_row([number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((id, key_id, wrapped)) = found.filter(|(_, key, _)| *key != active.id) else {
            continue;
        };
        let place = Place { table: table.name, column: "data_key", row: &id };
        let Ok(wrapped) = DataKey::rewrap(tx.ring, &place, &key_id, &wrapped) else {
            damaged = damaged.saturating_add(1);
            continue;
        };
        // What stands on the shelf is the data key itself, which stays the same.
        tx.conn.prepare_cached(table.wrap)?.execute(params![
            number,
            wrapped.key_id,
            wrapped.bytes
        ])?;
        moved = moved.saturating_add(1);
    }
    Ok((moved, damaged))
}

fn report(snapshot: &Snapshot<'_>) -> Result<KeyReport, StoreError> {
    let mut counts = Vec::new();
    for table in &TABLES {
        let mut statement = snapshot.conn.prepare_cached(table.count)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        counts.push(rows.collect::<Result<Vec<(String, i64)>, _>>()?);
    }
    let under = |table: usize, id: &str| {
        let counts = counts.get(table).into_iter().flatten();
        let count = counts.filter(|(key, _)| key == id).map(|(_, count)| *count).sum::<i64>();
        u64::try_from(count).unwrap_or(0)
    };
    let mut statement = snapshot.conn.prepare_cached("SELECT key_id FROM key_checks")?;
    let needed = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    let standing = |id: String, purpose, state| KeyStanding {
        verifications: under(0, &id).saturating_add(under(2, &id)),
        callbacks: under(1, &id),
        needed: needed.contains(&id),
        id,
        purpose,
        state,
    };
    let ring = snapshot.ring;
    let mut keys = vec![standing(ring.active().id.clone(), KeyUse::Wrap, KeyState::Active)];
    let retired = ring.retired().into_iter();
    keys.extend(retired.map(|id| standing(id, KeyUse::Wrap, KeyState::Retired)));
    keys.push(standing(ring.index_id().to_owned(), KeyUse::Index, KeyState::Active));
    let strangers = counts.iter().flatten().filter(|(id, _)| ring.wrap_key(id).is_none());
    let lost = strangers.map(|(_, count)| *count).sum::<i64>();
    Ok(KeyReport { keys, lost: u64::try_from(lost).unwrap_or(0), trouble: None })
}

impl From<CheckError> for StoreError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Database(error) => error.into(),
            CheckError::Keys(error) => Self::Keys(error),
        }
    }
}
