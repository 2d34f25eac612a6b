//! What the law makes the partner keep of a verification that is erased: put apart, sealed under a
//! key of its own, and read by nothing but an export.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::{
    aggregate::{BY_ID, Loaded, blob, load, text, time},
    callbacks,
    doomed::Doomed,
    erasing::Scope,
    reader::Snapshot,
    timeline,
    writer::Tx,
};
use crate::{
    domain::{CallbackId, Chain, DataClass, Kept, KeptFor, Pii, VerificationId},
    storage::{
        error::StoreError,
        keyring::BlindHash,
        records::millis,
        seal::{DataKey, Place, Plain},
        subjects::{HeldRecord, StoredBody},
        testimony::{self, Testimony},
    },
};

/// Puts apart what is to be kept of a verification that is about to be erased.
pub(super) fn keep(
    tx: &Tx<'_>,
    scope: &Scope<'_>,
    id: VerificationId,
    callbacks: &BTreeMap<i64, Doomed>,
) -> Result<(), StoreError> {
    if scope.hold.classes.is_empty() {
        return Ok(());
    }
    let loaded = match load(tx.conn, tx.ring, BY_ID, [id.as_bytes()]) {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return Ok(()),
        // What nobody can read cannot be kept for anybody.
        Err(damage) if damage.is_damage() => {
            let error = tracing::field::display(Chain::of(&damage));
            tracing::error!(verification.id = %id, error, "a damaged verification is not held");
            return Ok(());
        }
        Err(failure) => return Err(failure),
    };
    let holds = |class| scope.hold.classes.contains(&class);
    let snapshot = Snapshot { conn: tx.conn, ring: tx.ring };
    let mut bodies = Vec::new();
    if holds(DataClass::Callbacks) {
        let own = callbacks.iter().filter(|(_, it)| it.verification == Some(id));
        for (number, _) in own {
            bodies.extend(callback(&snapshot, *number)?);
        }
    }
    let submission =
        if holds(DataClass::Submission) { submission(&snapshot, &loaded)? } else { None };
    let notes = if holds(DataClass::Verdict) {
        readable(id, "timeline", timeline::of(&snapshot, id))?.unwrap_or_default()
    } else {
        Vec::new()
    };
    let testimony = Testimony {
        verification: &loaded.verification,
        classes: &scope.hold.classes,
        submission: submission.as_ref(),
        notes: &notes,
        callbacks: &bodies,
    };
    let until = scope.at.saturating_add(scope.hold.lasts).unwrap_or(Timestamp::MAX);
    write(tx, scope, id, (testimony::written(&testimony)?, until))
}

fn write(
    tx: &Tx<'_>,
    scope: &Scope<'_>,
    id: VerificationId,
    (plain, until): (Plain, Timestamp),
) -> Result<(), StoreError> {
    let (key, wrapped) = DataKey::fresh(tx.ring, &place(&id, "data_key"))?;
    let classes: Vec<_> = scope.hold.classes.iter().map(|class| class.as_str()).collect();
    tx.conn
        .prepare_cached(
            "INSERT INTO held (id, user_hash, classes, erased_at, until, key_id, data_key, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
            id.as_bytes(),
            scope.user,
            classes.join(" "),
            millis(scope.at),
            millis(until),
            wrapped.key_id,
            wrapped.bytes,
            key.seal(&place(&id, "body"), plain)?,
        ])?;
    Ok(())
}

const fn place<'a>(id: &'a VerificationId, column: &'static str) -> Place<'a> {
    Place { table: "held", column, row: id.as_bytes() }
}

/// What is read of a verification; `None` if it is damaged: the rest is not to wait for it.
pub(super) fn readable<T>(
    id: VerificationId,
    what: &'static str,
    read: Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(damage) if damage.is_damage() => {
            let error = tracing::field::display(Chain::of(&damage));
            tracing::error!(verification.id = %id, what, error, "what is damaged is passed over");
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

/// The provider's newest statement, as it came; `None`, too, if it cannot be read any more.
pub(super) fn submission(
    snapshot: &Snapshot<'_>,
    loaded: &Loaded,
) -> Result<Option<StoredBody>, StoreError> {
    let mut statement = snapshot.conn.prepare_cached(
        "SELECT recorded_at, body FROM submission_bodies WHERE verification = ?1",
    )?;
    let mut rows = statement.query([loaded.number])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let place = Place {
        table: "submission_bodies",
        column: "body",
        row: loaded.verification.id.as_bytes(),
    };
    let body = || -> Result<StoredBody, StoreError> {
        let body = loaded.key.open(&place, blob(row, 1, "body")?)?;
        let recorded_at = time(row, 0, "recorded_at")?;
        Ok(StoredBody { recorded_at, body: Pii::new(body.to_vec()) })
    };
    readable(loaded.verification.id, "submission", body())
}

/// A callback as it came; `None` if it cannot be read any more.
fn callback(snapshot: &Snapshot<'_>, number: i64) -> Result<Option<Pii<Vec<u8>>>, StoreError> {
    let mut statement = snapshot.conn.prepare_cached(
        "SELECT id, key_id, data_key, body FROM callbacks JOIN callback_bodies
             ON callback = number WHERE number = ?1",
    )?;
    let mut rows = statement.query([number])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let id = CallbackId::from_bytes(row.get(0)?);
    let sealed = (text(row, 1, "key_id")?, blob(row, 2, "data_key")?, blob(row, 3, "body")?);
    match callbacks::body(snapshot.ring, &id, sealed) {
        Ok(body) => Ok(Some(body)),
        Err(damage) if damage.is_damage() => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// What is held about a user, by class.
pub(super) fn kept(tx: &Tx<'_>, user: &BlindHash) -> Result<Vec<Kept>, StoreError> {
    let mut statement =
        tx.conn.prepare_cached("SELECT classes, until FROM held WHERE user_hash = ?1")?;
    let mut rows = statement.query([user])?;
    let mut kept: BTreeMap<&'static str, Kept> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let until = time(row, 1, "until")?;
        for class in text(row, 0, "classes")?.split(' ').filter_map(DataClass::parse) {
            let class = class.as_str();
            let none = Kept { class, records: 0, until: None, reason: KeptFor::Law };
            let kept = kept.entry(class).or_insert(none);
            kept.records = kept.records.saturating_add(1);
            kept.until = kept.until.max(Some(until));
        }
    }
    Ok(kept.into_values().collect())
}

/// Everything held about a user, oldest first.
pub(super) fn of_user(
    snapshot: &Snapshot<'_>,
    user: &BlindHash,
) -> Result<Vec<HeldRecord>, StoreError> {
    let mut statement = snapshot.conn.prepare_cached(
        "SELECT id, erased_at, until, key_id, data_key, body FROM held
         WHERE user_hash = ?1 ORDER BY number",
    )?;
    let mut rows = statement.query([user])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let id = VerificationId::from_bytes(row.get(0)?);
        found.extend(readable(id, "held", record(snapshot, id, row))?);
    }
    Ok(found)
}

fn record(
    snapshot: &Snapshot<'_>,
    id: VerificationId,
    row: &Row<'_>,
) -> Result<HeldRecord, StoreError> {
    let (key_id, wrapped) = (text(row, 3, "key_id")?, blob(row, 4, "data_key")?);
    let key = DataKey::unwrap(snapshot.ring, &place(&id, "data_key"), key_id, wrapped)?;
    let body = key.open(&place(&id, "body"), blob(row, 5, "body")?)?;
    Ok(HeldRecord {
        verification: id,
        erased_at: time(row, 1, "erased_at")?,
        until: time(row, 2, "until")?,
        body: Pii::new(body.to_vec()),
    })
}
