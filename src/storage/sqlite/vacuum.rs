//! Databases that were made before free pages could be given back piece by piece: written anew at the
//! start, if they are small.
//!
//! Invariant: a failure here changes nothing, and keeps nobody from starting.

use rusqlite::Connection;

/// The largest file that is written anew. Its copy is in memory meanwhile, and nobody is served.
const LARGEST: i64 = 64 << 20;

/// Makes it possible to give free pages back, or says how the operator can.
pub(super) fn convert(conn: &Connection) {
    let converted = match size_of_rigid(conn) {
        Ok(None) => return,
        Ok(Some(size)) if size > LARGEST => {
            tracing::warn!(
                database.bytes = size,
                "the database keeps the room of what was deleted; operations.md says how to change that"
            );
            return;
        }
        Ok(Some(_)) => write_anew(conn),
        Err(failure) => Err(failure),
    };
    match converted {
        Ok(()) => tracing::info!("the database was written anew, and gives room back from now on"),
        Err(error) => tracing::warn!(%error, "the database could not be written anew"),
    }
}

/// The bytes of a database that cannot give pages back; `None` if it can.
fn size_of_rigid(conn: &Connection) -> Result<Option<i64>, rusqlite::Error> {
    let number = |sql| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
    if number("PRAGMA auto_vacuum")? != 0 {
        return Ok(None);
    }
    Ok(Some(number("PRAGMA page_count")?.saturating_mul(number("PRAGMA page_size")?)))
}

fn write_anew(conn: &Connection) -> Result<(), rusqlite::Error> {
    conn.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM")?;
    // The whole of it is in the log now.
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
