//! Writing a verification down, and of a changed one only what changed.
//!
//! Its columns fall into two groups by how often they change: the course, which every event moves,
//! and the standing, which the index of open verifications depends on and which is left alone
//! (index included) unless it moved. Sealed columns are sealed again only if their content changed.

use jiff::Timestamp;
use rusqlite::{params, params_from_iter, types::Value};

use super::{
    aggregate::{Loaded, place},
    outbox, sessions,
    writer::Tx,
};
use crate::{
    domain::{
        Attempt, AttemptState, DetailsAnswer, Effect, IssuedCredential, Moment, News, Note, Policy,
        Reads, ReasonCode, Status, SubmissionReport, Verification,
    },
    storage::{
        error::StoreError,
        keyring::{BlindHash, Blinded},
        records::{self, Progress, millis, same_credential},
        seal::{DataKey, Place, Plain},
    },
};

/// What a verification was when it was read.
pub(super) struct Before {
    course: Course,
    standing: Standing,
    attempts: Vec<(AttemptState, Option<IssuedCredential>)>,
}

/// What events move.
#[derive(PartialEq)]
struct Course {
    revision: u64,
    captured: bool,
    credential_failed: bool,
    updated_at: Timestamp,
    reads: Reads,
    expires_at: Timestamp,
}

/// What the provider moves, and the end of life.
#[derive(PartialEq)]
struct Standing {
    status: Status,
    reason: Option<ReasonCode>,
    settled_unconfirmed: bool,
    progress: Progress,
}

impl Before {
    /// Remembers `verification` as it is.
    pub(super) fn of(verification: &Verification) -> Self {
        let attempts = verification.attempts.iter();
        Self {
            course: Course::of(verification),
            standing: Standing::of(verification),
            attempts: attempts.map(|attempt| (attempt.state, attempt.issued.clone())).collect(),
        }
    }

    /// Whether the attempts are what they were.
    fn has(&self, attempts: &[Attempt]) -> bool {
        self.attempts.len() == attempts.len()
            && self.attempts.iter().zip(attempts).all(|((state, issued), attempt)| {
                *state == attempt.state && same_credential(issued.as_ref(), attempt.issued.as_ref())
            })
    }
}

impl Course {
    fn of(verification: &Verification) -> Self {
        Self {
            revision: verification.revision,
            captured: verification.captured,
            credential_failed: verification.credential_failed,
            updated_at: verification.updated_at,
            reads: verification.reads,
            expires_at: verification.expires_at(),
        }
    }
}

impl Standing {
    fn of(verification: &Verification) -> Self {
        Self {
            status: verification.status,
            reason: verification.reason,
            settled_unconfirmed: verification.settled_unconfirmed,
            progress: Progress::of(verification),
        }
    }
}

/// When the clock alone makes something happen to a verification.
struct Due {
    read: Option<i64>,
    lapse: Option<i64>,
    is_under_way: bool,
}

impl Due {
    fn of(verification: &Verification, policy: &Policy) -> Self {
        let lapse = verification.lapses_at(policy);
        let mut made = verification.attempts.iter();
        Self {
            read: verification.reads.next_at.map(millis),
            lapse: lapse.map(millis),
            is_under_way: made.any(|attempt| attempt.state == AttemptState::Initiating),
        }
    }

    /// What is under way is in the index of what is due, even if it never is.
    fn first(&self) -> Option<i64> {
        let never = self.is_under_way.then_some(i64::MAX);
        self.read.into_iter().chain(self.lapse).chain(never).min()
    }
}

/// Writes a new verification with its first attempt.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    verification: &Verification,
    user: &BlindHash,
    policy: &Policy,
) -> Result<(), StoreError> {
    let id = &verification.id;
    let (key, wrapped) = DataKey::fresh(tx.ring, &place(id, "data_key"))?;
    let contact = verification.contact.contact.held().ok_or(StoreError::Corrupt("identity"))?;
    let due = Due::of(verification, policy);
    tx.conn
        .prepare_cached(
            "INSERT INTO verifications (id, user_hash, contact_hash, created_at, deadline, status,
                 revision, next_read_at, lapses_at, due_at, key_id, data_key, identity, attempts,
                 updated_at, under_way, closed, issued, captured, credential_failed,
                 settled_unconfirmed, read_tries, credentials_end)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?4, 1, 0, 0, 0,
                 0, 0, 0, NULL)",
        )?
        .execute(params![
            id.as_bytes(),
            user,
            tx.ring.blind(Blinded::Contact, contact.expose().as_bytes()),
            millis(verification.created_at),
            millis(verification.deadline),
            verification.status.as_str(),
            integer(verification.revision)?,
            due.read,
            due.lapse,
            due.first(),
            wrapped.key_id,
            wrapped.bytes,
            key.seal(&place(id, "identity"), records::identity(verification)?)?,
            key.seal(&place(id, "attempts"), records::attempts(&verification.attempts)?)?,
        ])?;
    let number = tx.conn.last_insert_rowid();
    verification
        .attempts
        .iter()
        .try_for_each(|attempt| sessions::insert(tx, &attempt.session, number))?;
    let before = Before::of(verification);
    tx.shelf.put(Loaded { verification: verification.clone(), number, key, before });
    Ok(())
}

/// Takes an event in and writes what came of it.
pub(super) fn take_in(
    tx: &mut Tx<'_>,
    mut loaded: Loaded,
    news: News,
    moment: &Moment,
) -> Result<(Verification, Effect), StoreError> {
    let report = record_in(&news, &moment.policy)
        .map(|report| (Plain::copy(report.body.expose()), report.submission.clone()));
    let effect = apply(tx, &mut loaded, news, moment)?;
    if let Some((body, submission)) = report
        && loaded.verification.submission.as_ref() == Some(&submission)
    {
        save_body(tx, &loaded, body, moment.at)?;
    }
    let verification = save(tx, loaded, &effect, &moment.policy)?;
    Ok((verification, effect))
}

/// Takes an event in without writing yet.
pub(super) fn apply(
    tx: &Tx<'_>,
    loaded: &mut Loaded,
    news: News,
    moment: &Moment,
) -> Result<Effect, StoreError> {
    let verification = &mut loaded.verification;
    // Only an expired one asks whether another took its place.
    let newer_open = verification.status == Status::Expired && {
        let user = tx.ring.blind(Blinded::User, verification.user.as_str().as_bytes());
        tx.conn
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM verifications WHERE user_hash = ?1 AND closed = 0)",
            )?
            .query_row([user], |row| row.get(0))?
    };
    Ok(verification.apply(news, &Moment { newer_open, ..*moment }))
}

/// Writes what changed since `loaded` was read, and lets the waiters be told.
pub(super) fn save(
    tx: &mut Tx<'_>,
    loaded: Loaded,
    effect: &Effect,
    policy: &Policy,
) -> Result<Verification, StoreError> {
    let Loaded { verification, number, key, before } = loaded;
    tx.shelf.take(verification.id);
    let attempts_moved = !before.has(&verification.attempts);
    if attempts_moved {
        let known = before.attempts.len();
        for attempt in verification.attempts.iter().skip(known) {
            sessions::insert(tx, &attempt.session, number)?;
        }
        let plain = records::attempts(&verification.attempts)?;
        let sealed = key.seal(&place(&verification.id, "attempts"), plain)?;
        save_course(tx, number, &verification, Some(sealed), policy)?;
    } else if Course::of(&verification) != before.course {
        save_course(tx, number, &verification, None, policy)?;
    }
    let standing = Standing::of(&verification);
    if standing != before.standing {
        save_standing(tx, number, &verification, &key, policy)?;
    }
    if (standing.status, standing.reason) != (before.standing.status, before.standing.reason) {
        outbox::post(tx, &verification)?;
    }
    for note in &effect.notes {
        insert_note(tx, number, note)?;
    }
    if effect.changed || attempts_moved {
        tx.announce(verification.id);
    }
    Ok(verification)
}

/// The statement that writes the course, and `$more`.
macro_rules! course_and {
    ($more:literal) => {
        concat!(
            "UPDATE verifications SET revision = ?2, issued = ?3, under_way = ?4, captured = ?5,
                 credential_failed = ?6, updated_at = ?7, read_tries = ?8, next_read_at = ?9,
                 lapses_at = ?10, due_at = ?11",
            $more,
            " WHERE number = ?1"
        )
    };
}

const COURSE: &str = course_and!("");
/// Apart: the index of ends would be touched by every event.
const COURSE_AND_ATTEMPTS: &str = course_and!(", attempts = ?12, credentials_end = ?13");

fn save_course(
    tx: &Tx<'_>,
    number: i64,
    verification: &Verification,
    attempts: Option<Vec<u8>>,
    policy: &Policy,
) -> Result<(), StoreError> {
    let due = Due::of(verification, policy);
    let issued = verification.attempts.iter().filter(|attempt| attempt.issued.is_some()).count();
    let values = [
        Value::from(number),
        integer(verification.revision)?.into(),
        i64::try_from(issued).unwrap_or(i64::MAX).into(),
        due.is_under_way.into(),
        verification.captured.into(),
        verification.credential_failed.into(),
        millis(verification.updated_at).into(),
        verification.reads.tries.into(),
        due.read.into(),
        due.lapse.into(),
        due.first().into(),
    ];
    let with_attempts = attempts.map(|sealed| {
        [Value::from(sealed), verification.first_credential_end().map(millis).into()]
    });
    let sql = if with_attempts.is_some() { COURSE_AND_ATTEMPTS } else { COURSE };
    let values = values.into_iter().chain(with_attempts.into_iter().flatten());
    tx.conn.prepare_cached(sql)?.execute(params_from_iter(values))?;
    Ok(())
}

fn save_standing(
    tx: &Tx<'_>,
    number: i64,
    verification: &Verification,
    key: &DataKey,
    policy: &Policy,
) -> Result<(), StoreError> {
    let due = Due::of(verification, policy);
    let sealed = match Progress::of(verification).plain()? {
        Some(plain) => Some(key.seal(&place(&verification.id, "progress"), plain)?),
        None => None,
    };
    let submission = verification
        .submission
        .as_ref()
        .map(|submission| tx.ring.blind(Blinded::Submission, submission.id.as_str().as_bytes()));
    let closed = if verification.status.is_closed() { number } else { 0 };
    tx.conn
        .prepare_cached(
            "UPDATE verifications SET status = ?2, closed = ?3, reason = ?4,
                 settled_unconfirmed = ?5, submission_hash = ?6, progress = ?7, lapses_at = ?8,
                 due_at = ?9, announced_at = ?10
             WHERE number = ?1",
        )?
        .execute(params![
            number,
            verification.status.as_str(),
            closed,
            verification.reason.map(ReasonCode::as_str),
            verification.settled_unconfirmed,
            submission,
            sealed,
            due.lapse,
            due.first(),
            verification.unconfirmed.map(|(_, since)| millis(since)),
        ])?;
    Ok(())
}

/// Writes down anew when the clock makes something happen, by `policy`.
pub(super) fn reschedule(
    tx: &Tx<'_>,
    verification: &Verification,
    policy: &Policy,
) -> Result<(), StoreError> {
    let due = Due::of(verification, policy);
    tx.conn
        .prepare_cached("UPDATE verifications SET lapses_at = ?2, due_at = ?3 WHERE id = ?1")?
        .execute(params![verification.id.as_bytes(), due.lapse, due.first()])?;
    Ok(())
}

fn insert_note(tx: &Tx<'_>, number: i64, note: &Note) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "INSERT INTO timeline (verification, revision, at, kind, status, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            number,
            integer(note.revision)?,
            millis(note.at),
            note.kind.as_str(),
            note.status.as_str(),
            note.detail,
        ])?;
    Ok(())
}

/// The statement an event brings, if it may count as the provider's record: details always, a
/// callback only where callbacks are not confirmed.
fn record_in<'a>(news: &'a News, policy: &Policy) -> Option<&'a SubmissionReport> {
    match news {
        News::DetailsRead(DetailsAnswer::Found(report)) => Some(report),
        News::CalledBack(report) => (!policy.confirm).then_some(report),
        News::AttemptMade(_)
        | News::AttemptIssued(..)
        | News::AttemptRefused(_)
        | News::AttemptLost(_)
        | News::Captured(_)
        | News::DetailsRead(DetailsAnswer::NotReadable | DetailsAnswer::Elsewhere)
        | News::ReadFailed
        | News::Superseded
        | News::TimePassed => None,
    }
}

/// Keeps the newest statement as it came. Newer ones carry fresher links to the images.
fn save_body(tx: &Tx<'_>, loaded: &Loaded, body: Plain, at: Timestamp) -> Result<(), StoreError> {
    let row = loaded.verification.id.as_bytes();
    let place = Place { table: "submission_bodies", column: "body", row };
    tx.conn
        .prepare_cached(
            "INSERT INTO submission_bodies (verification, recorded_at, body) VALUES (?1, ?2, ?3)
             ON CONFLICT (verification) DO UPDATE SET recorded_at = ?2, body = ?3",
        )?
        .execute(params![loaded.number, millis(at), loaded.key.seal(&place, body)?])?;
    Ok(())
}

/// A count as the database takes it, whose integers are signed.
fn integer(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Corrupt("revision"))
}
