//! Searches of back ends, across users.
//!
//! An id begins with its time, so a range of times is a range of ids, and no other column is needed
//! to sort and to page by.

use jiff::Timestamp;
use rusqlite::ToSql;

use super::{
    aggregate::{fetch, id_column},
    reader::Snapshot,
    verifications::bound,
};
use crate::{
    domain::{Chain, Status, VerificationId},
    storage::{
        error::StoreError,
        keyring::Blinded,
        records::millis,
        verifications::{Page, Search},
    },
};

/// The statement behind a search through `$index`, of which `$condition` is left.
macro_rules! newest {
    ($index:literal, $condition:literal) => {
        concat!(
            "SELECT id FROM verifications ",
            $index,
            " WHERE id >= ?1 AND id < ?2 AND issued > 0",
            $condition,
            " ORDER BY id DESC LIMIT ?3"
        )
    };
}

/// A page of what is looked for, newest first.
pub(super) fn page(
    snapshot: &Snapshot<'_>,
    search: &Search,
    before: Option<VerificationId>,
    limit: usize,
) -> Result<Page, StoreError> {
    let hash = |text: &str| snapshot.ring.blind(Blinded::User, text.as_bytes());
    let user = search.user.as_ref().map(|user| hash(user.as_str()));
    let status = search.status.map(Status::as_str);
    let first = search.from.map_or([0; 16], first_id);
    // No id sorts after this one.
    let end = search.to.map_or([0xff; 16], first_id);
    let end = before.map_or(end, |before| end.min(*before.as_bytes()));
    let one_more = bound(limit).saturating_add(1);
    let mut values: Vec<&dyn ToSql> = vec![&first, &end, &one_more];
    // The few of one user are sorted; all others are read in their order and no further than asked.
    let sql = match (&user, &status) {
        (None, None) => newest!("", ""),
        (Some(_), None) => newest!("INDEXED BY verifications_of_user", " AND user_hash = ?4"),
        (None, Some(_)) => newest!("INDEXED BY verifications_of_status", " AND status = ?4"),
        (Some(_), Some(_)) => {
            newest!("INDEXED BY verifications_of_user", " AND user_hash = ?4 AND status = ?5")
        }
    };
    values.extend(user.as_ref().map(|user| -> &dyn ToSql { user }));
    values.extend(status.as_ref().map(|status| -> &dyn ToSql { status }));
    let mut statement = snapshot.conn.prepare_cached(sql)?;
    let ids = statement.query_map(values.as_slice(), |row| id_column(row, 0))?;
    gather(snapshot, ids, limit, |id, damage| {
        // Of all users' verifications: one that cannot be read must not hide the rest.
        let error = tracing::field::display(Chain::of(&damage));
        tracing::error!(verification.id = %id, error, "a damaged verification is not among the found");
        Ok(())
    })
}

/// The verifications of `ids`, which are one more than fit if there are more. What becomes of one that
/// is damaged, `damaged` says.
pub(super) fn gather(
    snapshot: &Snapshot<'_>,
    ids: impl Iterator<Item = Result<VerificationId, rusqlite::Error>>,
    limit: usize,
    damaged: impl Fn(VerificationId, StoreError) -> Result<(), StoreError>,
) -> Result<Page, StoreError> {
    let mut page = Page { items: Vec::new(), next: None };
    let mut last = None;
    for (place, id) in ids.enumerate() {
        if place == limit {
            page.next = last;
            break;
        }
        let id = id?;
        last = Some(id);
        match fetch(snapshot.conn, snapshot.ring, id) {
            Ok(found) => page.items.extend(found),
            Err(damage) if damage.is_damage() => damaged(id, damage)?,
            Err(failure) => return Err(failure),
        }
    }
    Ok(page)
}

/// The first id that can be of this time: milliseconds in 48 bits, then zeroes.
fn first_id(at: Timestamp) -> [u8; 16] {
    // The first millisecond that is not before `at`.
    let whole = i64::from(at.subsec_nanosecond() % 1_000_000 > 0);
    let millis = u64::try_from(millis(at).saturating_add(whole)).unwrap_or_default();
    let [_, _, time @ ..] = millis.to_be_bytes();
    let mut id = [0; 16];
    for (place, byte) in id.iter_mut().zip(time) {
        *place = byte;
    }
    id
}
