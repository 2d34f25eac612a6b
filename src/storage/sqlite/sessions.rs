//! Sessions: each names one attempt of one verification for ever.

use rusqlite::{Connection, params};

use super::writer::Tx;
use crate::{
    domain::SessionId,
    storage::{
        error::StoreError,
        keyring::{BlindHash, KeyRing},
    },
};

/// Writes down whose session it is.
pub(super) fn insert(
    tx: &Tx<'_>,
    session: &SessionId,
    verification: i64,
) -> Result<(), StoreError> {
    let hash = tx.ring.session_hash(session.as_str());
    tx.conn
        .prepare_cached("INSERT INTO sessions (session_hash, verification) VALUES (?1, ?2)")?
        .execute(params![hash, verification])?;
    Ok(())
}

/// The hash under which a session is known, or was before it was erased; if it is not, the one under
/// which it would be.
pub(super) fn known(
    conn: &Connection,
    ring: &KeyRing,
    session: &str,
) -> Result<BlindHash, StoreError> {
    let before = ring.session_hash_before(session);
    let is_of_before = conn
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM sessions WHERE session_hash = ?1)
                 OR EXISTS (SELECT 1 FROM tombstones WHERE hash = ?1)",
        )?
        .query_row([before], |row| row.get(0))?;
    Ok(if is_of_before { before } else { ring.session_hash(session) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::ring_file;

    #[test]
    fn a_session_is_known_as_its_row_or_what_is_left_of_it_knows_it() {
        let folder = tempfile::tempdir().unwrap();
        let ring = ring_file::generate(&folder.path().join("keys.json")).unwrap();
        let session = || ring.session(jiff::Timestamp::UNIX_EPOCH);
        let (new, old, erased) = (session(), session(), session());
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE sessions (session_hash); CREATE TABLE tombstones (hash)")
            .unwrap();
        let before = |session: &SessionId| ring.session_hash_before(session.as_str());
        conn.execute("INSERT INTO sessions VALUES (?1)", [before(&old)]).unwrap();
        conn.execute("INSERT INTO tombstones VALUES (?1)", [before(&erased)]).unwrap();
        let known = |session: &SessionId| known(&conn, &ring, session.as_str()).unwrap();

        assert_eq!(known(&old), before(&old));
        assert_eq!(known(&erased), before(&erased));
        assert_eq!(known(&new), ring.session_hash(new.as_str()));
        assert_ne!(known(&new), before(&new));
    }
}
