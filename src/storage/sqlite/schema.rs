//! Opening the file: its settings, its migrations, its keys.
//!
//! Migrations only ever go forward, and a database newer than this program is left alone. Nothing
//! is written before both the schema and the keys are known to fit.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};
use rusqlite_migration::{M, Migrations, SchemaVersion};
use subtle::ConstantTimeEq as _;

use super::{folding::MOST, vacuum};
use crate::storage::{
    error::{DatabaseCause, KeyRingError, StoreError},
    keyring::{Blinded, KeyRing},
    seal::{Place, Plain},
};

const MIGRATIONS: &[M<'_>] = &[
    M::up(include_str!("migrations/0001-verifications-and-callbacks.sql")),
    M::up(include_str!("migrations/0002-idempotency.sql")),
    M::up(include_str!("migrations/0003-contact-proofs.sql")),
    M::up(include_str!("migrations/0004-returns.sql")),
    M::up(include_str!("migrations/0005-webhooks.sql")),
    M::up(include_str!("migrations/0006-recovery.sql")),
    M::up(include_str!("migrations/0007-keys.sql")),
    M::up(include_str!("migrations/0008-audit.sql")),
    M::up(include_str!("migrations/0009-rights.sql")),
    M::up(include_str!("migrations/0010-ageing.sql")),
    M::up(include_str!("migrations/0011-under-way.sql")),
];

/// Enough for every statement of this backend.
const STATEMENTS: usize = 128;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error::{
            FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType,
        };
        // The database did its part; what it gave is nothing we would have written.
        let is_odd_value = matches!(
            error,
            FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..)
        );
        if is_odd_value {
            Self::Corrupt("value")
        } else if may_pass(&error) {
            Self::Unavailable(Box::new(error))
        } else {
            Self::Database(Box::new(error))
        }
    }
}

/// Whether the machine, and not the database, stood in the way: space is made, locks are let go,
/// volumes come back.
pub(super) fn may_pass(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, FileLockingProtocolFailed, OutOfMemory,
        ReadOnly, SystemIoFailure,
    };
    matches!(
        error.sqlite_error_code(),
        Some(
            CannotOpen
                | DatabaseBusy
                | DatabaseLocked
                | DiskFull
                | FileLockingProtocolFailed
                | OutOfMemory
                | ReadOnly
                | SystemIoFailure
        )
    )
}

/// The writer's connection; the file is made if it is not there.
pub(super) fn writing(path: &Path) -> Result<Connection, rusqlite::Error> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // FULL: a commit is on the disk when it returns. secure_delete: what is erased is overwritten.
    conn.execute_batch(
        "PRAGMA busy_timeout = 5000;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA synchronous = FULL;
         PRAGMA cache_size = -16384;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    conn.pragma_update(None, "wal_autocheckpoint", MOST)?;
    Ok(conn)
}

/// A reader's connection.
pub(super) fn reading(path: &Path) -> Result<Connection, rusqlite::Error> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.execute_batch(
        "PRAGMA busy_timeout = 5000;
         PRAGMA query_only = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -4096;",
    )?;
    Ok(conn)
}

/// The connection of whoever folds the log into the file.
pub(super) fn folding(path: &Path) -> Result<Connection, rusqlite::Error> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.execute_batch("PRAGMA synchronous = FULL")?;
    Ok(conn)
}

/// What a database turned out to be, before anything was written to it.
pub(super) enum Found {
    /// One for us: perhaps empty, perhaps of an older version.
    Ours,
    /// One of a newer version.
    Newer {
        /// Its schema.
        found: usize,
        /// The newest we know.
        known: usize,
    },
}

/// Looks at the schema.
pub(super) fn inspect(conn: &Connection) -> Result<Found, DatabaseCause> {
    match Migrations::from_slice(MIGRATIONS).current_version(conn)? {
        SchemaVersion::NoneSet | SchemaVersion::Inside(_) => Ok(Found::Ours),
        SchemaVersion::Outside(found) => {
            Ok(Found::Newer { found: found.get(), known: MIGRATIONS.len() })
        }
    }
}

/// Whether the database was ever sealed with keys.
pub(super) fn is_sealed(conn: &Connection) -> Result<bool, rusqlite::Error> {
    let table = conn
        .query_row("SELECT 1 FROM sqlite_schema WHERE name = 'key_checks'", [], |_| Ok(()))
        .optional()?;
    if table.is_none() {
        return Ok(false);
    }
    conn.query_row("SELECT EXISTS (SELECT 1 FROM key_checks)", [], |row| row.get(0))
}

/// Brings the schema up to date.
pub(super) fn migrate(conn: &mut Connection) -> Result<(), DatabaseCause> {
    let pages: i64 = conn.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    if pages == 0 {
        // Free pages can be given back piece by piece.
        conn.execute_batch("PRAGMA auto_vacuum = INCREMENTAL")?;
    }
    conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    Migrations::from_slice(MIGRATIONS).to_latest(conn)?;
    vacuum::convert(conn);
    Ok(())
}

/// Proves that `ring` holds every key this database was sealed with, or says which it does not.
/// `true`: its active key has sealed here before.
pub(super) fn check_keys(conn: &Connection, ring: &KeyRing) -> Result<bool, CheckError> {
    let (active, mut used) = (ring.active(), false);
    let mut statement = conn.prepare("SELECT key_id, use, proof FROM key_checks")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, proof): (String, Vec<u8>) = (row.get(0)?, row.get(2)?);
        if row.get_ref(1)?.as_str().is_ok_and(|kind| kind == "index") {
            if id != ring.index_id() {
                return Err(KeyRingError::Absent(id).into());
            }
            let own = ring.blind(Blinded::Check, id.as_bytes());
            if !bool::from(own.as_slice().ct_eq(&proof)) {
                return Err(KeyRingError::Other(id).into());
            }
        } else {
            let Some(key) = ring.wrap_key(&id) else { return Err(KeyRingError::Absent(id).into()) };
            if key.open(&proof_place(&id), &proof).is_err() {
                return Err(KeyRingError::Other(id).into());
            }
            used |= id == active.id;
        }
    }
    Ok(used)
}

/// Leaves a proof for each key in use, by which [`check_keys`] knows it again.
pub(super) fn remember_keys(conn: &Connection, ring: &KeyRing) -> Result<(), CheckError> {
    let wrap = ring.active();
    let mut statement = conn.prepare(
        "INSERT INTO key_checks (key_id, use, proof) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    let proof = wrap
        .seal(&proof_place(&wrap.id), Plain::copy(wrap.id.as_bytes()))
        .map_err(|_| KeyRingError::Crypto)?;
    statement.execute(params![wrap.id, "wrap", proof])?;
    let index = ring.index_id();
    statement.execute(params![index, "index", ring.blind(Blinded::Check, index.as_bytes())])?;
    Ok(())
}

/// Whether something may still be under another wrap key than `active`.
pub(super) fn has_retired_keys(conn: &Connection, active: &str) -> Result<bool, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM key_checks WHERE use = 'wrap' AND key_id <> ?1)",
    )?
    .query_row([active], |row| row.get(0))
}

/// Whether it was not yet written down that `active` is used.
pub(super) fn is_news(conn: &Connection, active: &str) -> Result<bool, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT NOT EXISTS (SELECT 1 FROM key_checks WHERE key_id = ?1 AND used_since NOT NULL)",
    )?
    .query_row([active], |row| row.get(0))
}

/// Writes down that `active` is used; says whether that is news and another was used before.
pub(super) fn note_use(conn: &Connection, active: &str, at: i64) -> Result<bool, rusqlite::Error> {
    let noted = conn
        .prepare_cached(
            "UPDATE key_checks SET used_since = ?2 WHERE key_id = ?1 AND used_since IS NULL",
        )?
        .execute(params![active, at])?;
    Ok(noted > 0 && has_retired_keys(conn, active)?)
}

/// Lets go of all wrap keys but `active`, once nothing is under them.
pub(super) fn release_keys(conn: &Connection, active: &str) -> Result<usize, rusqlite::Error> {
    conn.prepare_cached("DELETE FROM key_checks WHERE use = 'wrap' AND key_id <> ?1")?
        .execute([active])
}

fn proof_place(id: &str) -> Place<'_> {
    Place { table: "key_checks", column: "proof", row: id.as_bytes() }
}

/// How checking keys can fail.
pub(super) enum CheckError {
    /// The database failed.
    Database(rusqlite::Error),
    /// The keys do not fit.
    Keys(KeyRingError),
}

impl From<rusqlite::Error> for CheckError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<KeyRingError> for CheckError {
    fn from(error: KeyRingError) -> Self {
        Self::Keys(error)
    }
}
