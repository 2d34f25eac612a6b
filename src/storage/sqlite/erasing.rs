//! Erasing: rows and their keys go, and what is late finds nothing.
//!
//! Invariant: an erasure is in the log of erasures before it is committed, and whatever else is in the
//! database of a verification that was erased names nobody: keyed hashes, random ids, times.

use std::collections::HashSet;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Params, params};

use super::{
    aggregate::{BY_ID, id_column, load, reason, text, time},
    audit, doomed,
    erasure_log::{Erased, ErasureLog},
    holding,
    outbox::{self, Told},
    tombs,
    writer::Tx,
};
use crate::{
    domain::{
        AuditAction, AuditActor, AuditEntry, Destroyed, ErasureOrder, ErasureReceipt, Hold, Kept,
        KeptFor, Status, WebhookEvent, hexadecimal,
    },
    storage::{
        error::StoreError,
        keyring::{BlindHash, Blinded},
        records::millis,
    },
};

/// The statement that reads the plain columns of the verifications that `$condition` selects.
macro_rules! rows_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, number, submission_hash, status, reason, revision, created_at
             FROM verifications WHERE ",
            $condition
        )
    };
}
/// How long an erasure that is applied once more is remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Whose, and the circumstances.
pub(super) struct Scope<'a> {
    pub(super) user: BlindHash,
    pub(super) hold: &'a Hold,
    pub(super) at: Timestamp,
    /// What was there by then.
    pub(super) upto: Timestamp,
    remembered: SignedDuration,
}

/// What an erasure came upon.
#[derive(Default)]
struct Found {
    destroyed: Destroyed,
    /// Of users, sessions and submissions.
    hashes: HashSet<BlindHash>,
}

pub(super) fn erase(
    tx: &mut Tx<'_>,
    log: &ErasureLog,
    order: &ErasureOrder,
    at: Timestamp,
) -> Result<ErasureReceipt, StoreError> {
    let user = tx.ring.blind(Blinded::User, order.user.as_str().as_bytes());
    let scope =
        Scope { user, hold: &order.hold, at, upto: Timestamp::MAX, remembered: order.remembered };
    let found = destroy(tx, &scope)?;
    let mut kept = vec![Kept {
        class: "audit",
        records: audit_entries(tx, &user)?.saturating_add(1),
        until: None,
        reason: KeptFor::Accountability,
    }];
    kept.extend(holding::kept(tx, &user)?);
    if !found.destroyed.is_nothing() {
        kept.push(Kept {
            class: "tombstones",
            records: u64::try_from(found.hashes.len()).unwrap_or(u64::MAX),
            until: Some(after(at, order.remembered)),
            reason: KeptFor::LateCallbacks,
        });
    }
    let mut receipt = ErasureReceipt {
        at,
        subject: hexadecimal(&user),
        destroyed: found.destroyed,
        kept,
        hash: String::new(),
    };
    receipt.hash = hexadecimal(digest(&SHA256, receipt.canonical().as_bytes()).as_ref());
    let entry = AuditEntry::new(AuditAction::SubjectErased, order.actor.clone())
        .of_user(order.user.clone())
        .detail(format!("sha256:{}", receipt.hash));
    audit::append(tx.conn, tx.ring, &entry, at)?;
    // Last, so that nothing above can fail after it; and before the commit, so that nobody is told of
    // an erasure that a restored backup would undo.
    log.append(&Erased { at, user })
        .map_err(|failure| StoreError::Unavailable(Box::new(failure)))?;
    Ok(receipt)
}

pub(super) fn reapply(
    tx: &mut Tx<'_>,
    erased: &[Erased],
    hold: &Hold,
    at: Timestamp,
) -> Result<usize, StoreError> {
    let mut concerned = 0_usize;
    // Nearly all are gone as they should be: they must not cost a start of the gateway much.
    let strays = doomed::users_of_unlinked(tx)?;
    let sql = "SELECT 1 FROM verifications WHERE user_hash = ?1 AND created_at <= ?2";
    let mut there = tx.conn.prepare_cached(sql)?;
    let mut back = Vec::new();
    for one in erased {
        if strays.contains(&one.user) || there.exists(params![one.user, millis(one.at)])? {
            back.push(one);
        }
    }
    drop(there);
    for Erased { at: upto, user } in back {
        let scope = Scope { user: *user, hold, at, upto: *upto, remembered: REMEMBERED };
        if destroy(tx, &scope)?.destroyed.is_nothing() {
            continue;
        }
        concerned = concerned.saturating_add(1);
        let entry = AuditEntry::new(AuditAction::SubjectErased, AuditActor::Gateway);
        audit::append(tx.conn, tx.ring, &entry.detail("reapplied"), at)?;
    }
    Ok(concerned)
}

fn after(at: Timestamp, life: SignedDuration) -> Timestamp {
    at.saturating_add(life).unwrap_or(Timestamp::MAX)
}

/// A verification by its plain columns: those that cannot be unsealed go as well.
pub(super) struct Plain {
    number: i64,
    submission: Option<BlindHash>,
    pub(super) told: Told,
}

/// Destroys what is there of a user.
fn destroy(tx: &mut Tx<'_>, scope: &Scope<'_>) -> Result<Found, StoreError> {
    let mut found = Found::default();
    let sql = rows_where!("user_hash = ?1 AND created_at <= ?2");
    let rows = rows(tx, sql, params![scope.user, millis(scope.upto)], scope.at)?;
    for row in &rows {
        found.hashes.extend(sessions(tx, row, &mut found.destroyed)?);
        found.hashes.extend(row.submission);
    }
    let mut callbacks = doomed::linked(tx, &rows)?;
    callbacks.extend(doomed::unlinked(tx, scope, &found.hashes)?);
    found.hashes.extend(callbacks.values().filter_map(|it| it.submission_of(&scope.user)));
    for row in &rows {
        holding::keep(tx, scope, row.told.id, &callbacks)?;
        remove(tx, row, &mut found.destroyed)?;
        outbox::tell(tx, &row.told)?;
        tx.announce(row.told.id);
    }
    doomed::remove(tx, callbacks.keys())?;
    found.destroyed.callbacks = u64::try_from(callbacks.len()).unwrap_or(u64::MAX);
    forget_sessions(tx, &found.hashes)?;
    if !found.destroyed.is_nothing() {
        found.hashes.insert(scope.user);
        let hashes: Vec<_> = found.hashes.iter().copied().collect();
        tombs::remember(tx, &hashes, after(scope.at, scope.remembered))?;
    }
    Ok(found)
}

fn rows(
    tx: &Tx<'_>,
    sql: &'static str,
    params: impl Params,
    occurred_at: Timestamp,
) -> Result<Vec<Plain>, StoreError> {
    let mut statement = tx.conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let revision = u64::try_from(row.get::<_, i64>(5)?).unwrap_or_default();
        let told = Told {
            event: WebhookEvent::VerificationErased,
            id: id_column(row, 0)?,
            // Only for those who are told. One that is damaged goes like all others.
            status: text(row, 3, "status").ok().and_then(Status::parse).unwrap_or(Status::Failed),
            reason: reason(row, 4).unwrap_or_default(),
            revision: revision.saturating_add(1),
            created_at: time(row, 6, "created_at")?,
            occurred_at,
        };
        found.push(Plain { number: row.get(1)?, submission: row.get(2)?, told });
    }
    Ok(found)
}

/// The sessions of a verification. They are in its sealed attempts; where those are damaged, all
/// sessions there are have to be gone through.
fn sessions(
    tx: &Tx<'_>,
    row: &Plain,
    destroyed: &mut Destroyed,
) -> Result<Vec<BlindHash>, StoreError> {
    match load(tx.conn, tx.ring, BY_ID, [row.told.id.as_bytes()]) {
        Ok(Some(loaded)) => {
            let attempts = &loaded.verification.attempts;
            let issued = attempts.iter().filter_map(|it| it.issued.as_ref());
            let issued = issued.filter(|it| it.is_held()).count();
            let issued = u64::try_from(issued).unwrap_or(u64::MAX);
            destroyed.credentials = destroyed.credentials.saturating_add(issued);
            let named = attempts.iter().map(|attempt| attempt.session.as_str());
            named.map(|session| super::sessions::known(tx.conn, tx.ring, session)).collect()
        }
        Ok(None) => Ok(Vec::new()),
        Err(damage) if damage.is_damage() => {
            let sql = "SELECT session_hash FROM sessions WHERE verification = ?1";
            let mut statement = tx.conn.prepare_cached(sql)?;
            let hashes = statement.query_map([row.number], |row| row.get(0))?;
            Ok(hashes.collect::<Result<_, _>>()?)
        }
        Err(failure) => Err(failure),
    }
}

/// Removes a verification with its key and everything sealed by it.
fn remove(tx: &mut Tx<'_>, row: &Plain, destroyed: &mut Destroyed) -> Result<(), StoreError> {
    let Plain { number, told, .. } = row;
    tx.shelf.take(told.id);
    // Those who have the key go on hearing that its answer is over; the answer itself goes.
    let answers = tx
        .conn
        .prepare_cached(
            "UPDATE idempotency SET answer = zeroblob(0), session_hash = NULL
             WHERE verification = ?1 AND length(answer) > 0",
        )?
        .execute([told.id.as_bytes()])?;
    tx.conn
        .prepare_cached("DELETE FROM returns WHERE verification = ?1")?
        .execute([told.id.as_bytes()])?;
    let sql = "DELETE FROM submission_bodies WHERE verification = ?1";
    let bodies = tx.conn.prepare_cached(sql)?.execute([number])?;
    let sql = "DELETE FROM timeline WHERE verification = ?1";
    let timeline = tx.conn.prepare_cached(sql)?.execute([number])?;
    let sql = "DELETE FROM verifications WHERE number = ?1";
    tx.conn.prepare_cached(sql)?.execute([number])?;
    let add = |sum: &mut u64, rows: usize| {
        *sum = sum.saturating_add(u64::try_from(rows).unwrap_or(u64::MAX));
    };
    add(&mut destroyed.answers, answers);
    add(&mut destroyed.submissions, bodies);
    add(&mut destroyed.timeline, timeline);
    add(&mut destroyed.verifications, 1);
    add(&mut destroyed.contacts, 1);
    Ok(())
}

fn forget_sessions(tx: &Tx<'_>, hashes: &HashSet<BlindHash>) -> Result<(), StoreError> {
    // Numbers of rows are given again: what is left here would lead to somebody else's verification.
    let sql = "DELETE FROM sessions WHERE session_hash = ?1";
    let mut delete = tx.conn.prepare_cached(sql)?;
    for hash in hashes {
        delete.execute([hash])?;
    }
    Ok(())
}

/// Removes up to `limit` verifications that were closed and did not change since `before`, with what
/// belongs to them; says how many. Nobody is told: their time is over.
pub(super) fn forget_closed(
    tx: &mut Tx<'_>,
    before: Timestamp,
    limit: i64,
) -> Result<usize, StoreError> {
    let sql = rows_where!("closed > 0 AND updated_at <= ?1 ORDER BY updated_at LIMIT ?2");
    let rows = rows(tx, sql, params![millis(before), limit], before)?;
    let mut found = Found::default();
    for row in &rows {
        found.hashes.extend(sessions(tx, row, &mut found.destroyed)?);
        remove(tx, row, &mut found.destroyed)?;
    }
    let callbacks = doomed::linked(tx, &rows)?;
    doomed::remove(tx, callbacks.keys())?;
    forget_sessions(tx, &found.hashes)?;
    Ok(rows.len())
}

fn audit_entries(tx: &Tx<'_>, user: &BlindHash) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM audit WHERE user_hash = ?1";
    let count: i64 = tx.conn.prepare_cached(sql)?.query_row([user], |row| row.get(0))?;
    u64::try_from(count).map_err(|_| StoreError::Corrupt("sequence"))
}
