//! Writing a verification down, and of a changed one only what changed.
//!
//! The row's columns fall into two groups by how often they change: those every event moves, and
//! the standing, which the index of open verifications depends on and which is left alone (index
//! included) unless it moved.

use jiff::Timestamp;
use rusqlite::params;

use super::{
    aggregate::{Loaded, verification_place},
    attempts,
    writer::Tx,
};
use crate::{
    domain::{
        AttemptState, DetailsAnswer, Effect, IssuedCredential, Moment, News, Note, Policy, Reads,
        ReasonCode, Status, Submission, SubmissionReport, Verification,
    },
    storage::{
        error::StoreError,
        keyring::{BlindHash, Blinded},
        records::{self, Progress, millis},
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
    issued: bool,
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
}

impl Course {
    fn of(verification: &Verification) -> Self {
        Self {
            revision: verification.revision,
            issued: verification.was_issued(),
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

/// Writes a new verification with its first attempt.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    verification: &Verification,
    user: &BlindHash,
    policy: &Policy,
) -> Result<(), StoreError> {
    let id = &verification.id;
    let (key, wrapped) = DataKey::fresh(tx.ring, &verification_place(id, "data_key"))?;
    let identity =
        key.seal(&verification_place(id, "identity"), records::identity(verification)?)?;
    let contact = verification.contact.contact.expose().as_bytes();
    tx.conn
        .prepare_cached(
            "INSERT INTO verifications (id, user_hash, contact_hash, key_id, data_key, identity,
                 created_at, deadline, status, revision, updated_at, next_read_at, lapses_at,
                 issued, captured, credential_failed, settled_unconfirmed, read_tries)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?7, ?11, ?12, 0, 0, 0, 0, 0)",
        )?
        .execute(params![
            id.as_bytes(),
            user,
            tx.ring.blind(Blinded::Contact, contact),
            wrapped.key_id,
            wrapped.bytes,
            identity,
            millis(verification.created_at),
            millis(verification.deadline),
            verification.status.as_str(),
            integer(verification.revision)?,
            verification.reads.next_at.map(millis),
            lapses_at(verification, policy).map(millis),
        ])?;
    for (number, attempt) in (0..).zip(&verification.attempts) {
        attempts::insert(tx, verification, &key, number, attempt)?;
    }
    Ok(())
}

/// Takes an event in and writes what came of it.
pub(super) fn take_in(
    tx: &mut Tx<'_>,
    mut loaded: Loaded,
    news: News,
    moment: &Moment,
) -> Result<(Verification, Effect), StoreError> {
    let statement = statement_of(&news, &moment.policy);
    let effect = apply(tx, &mut loaded, news, moment)?;
    if let Some((body, submission)) = statement
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
                "SELECT EXISTS (SELECT 1 FROM verifications WHERE user_hash = ?1
                     AND status IN ('pending', 'processing', 'partially_completed'))",
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
    let Loaded { verification, key, before } = loaded;
    if Course::of(&verification) != before.course {
        save_course(tx, &verification, policy)?;
    }
    let standing = Standing::of(&verification);
    if standing != before.standing {
        save_standing(tx, &verification, &key, &standing, policy)?;
    }
    let moved = attempts::save(tx, &verification, &key, &before.attempts)?;
    for note in &effect.notes {
        insert_note(tx, &verification, note)?;
    }
    if effect.changed || moved {
        tx.announce(verification.id);
    }
    Ok(verification)
}

/// When time alone changes something: the end of life, or the end of waiting for confirmation.
fn lapses_at(verification: &Verification, policy: &Policy) -> Option<Timestamp> {
    match (verification.unconfirmed, verification.status) {
        (Some((_, since)), _) => {
            Some(since.saturating_add(policy.confirm_for).unwrap_or(Timestamp::MAX))
        }
        (None, Status::Pending | Status::Processing) => Some(verification.expires_at()),
        (
            None,
            Status::Expired
            | Status::PartiallyCompleted
            | Status::Approved
            | Status::Rejected
            | Status::Failed,
        ) => None,
    }
}

fn save_course(
    tx: &Tx<'_>,
    verification: &Verification,
    policy: &Policy,
) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "UPDATE verifications SET revision = ?2, issued = ?3, captured = ?4,
                 credential_failed = ?5, updated_at = ?6, read_tries = ?7, next_read_at = ?8,
                 read_claimed = 0, lapses_at = ?9
             WHERE id = ?1",
        )?
        .execute(params![
            verification.id.as_bytes(),
            integer(verification.revision)?,
            verification.was_issued(),
            verification.captured,
            verification.credential_failed,
            millis(verification.updated_at),
            verification.reads.tries,
            verification.reads.next_at.map(millis),
            lapses_at(verification, policy).map(millis),
        ])?;
    Ok(())
}

fn save_standing(
    tx: &Tx<'_>,
    verification: &Verification,
    key: &DataKey,
    standing: &Standing,
    policy: &Policy,
) -> Result<(), StoreError> {
    let id = &verification.id;
    let sealed = match standing.progress.plain()? {
        Some(plain) => Some(key.seal(&verification_place(id, "progress"), plain)?),
        None => None,
    };
    let submission = verification.submission.as_ref();
    let submission = submission
        .map(|submission| tx.ring.blind(Blinded::Submission, submission.id.as_str().as_bytes()));
    tx.conn
        .prepare_cached(
            "UPDATE verifications SET status = ?2, reason = ?3, settled_unconfirmed = ?4,
                 submission_hash = ?5, progress = ?6, lapses_at = ?7
             WHERE id = ?1",
        )?
        .execute(params![
            id.as_bytes(),
            standing.status.as_str(),
            standing.reason.map(ReasonCode::as_str),
            standing.settled_unconfirmed,
            submission,
            sealed,
            lapses_at(verification, policy).map(millis),
        ])?;
    Ok(())
}

fn insert_note(tx: &Tx<'_>, verification: &Verification, note: &Note) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "INSERT INTO timeline (verification, revision, at, kind, status, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            verification.id.as_bytes(),
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
fn statement_of(news: &News, policy: &Policy) -> Option<(Plain, Submission)> {
    let report: &SubmissionReport = match news {
        News::DetailsRead(DetailsAnswer::Found(report)) => report,
        News::CalledBack(report) if !policy.confirm => report,
        News::AttemptMade(_)
        | News::AttemptIssued(..)
        | News::AttemptRefused(_)
        | News::AttemptLost(_)
        | News::Captured(_)
        | News::CalledBack(_)
        | News::DetailsRead(DetailsAnswer::NotReadable)
        | News::ReadFailed
        | News::Superseded
        | News::TimePassed => return None,
    };
    Some((Plain::copy(report.body.expose()), report.submission.clone()))
}

/// Keeps the newest statement as it came. Newer ones carry fresher links to the images.
fn save_body(tx: &Tx<'_>, loaded: &Loaded, body: Plain, at: Timestamp) -> Result<(), StoreError> {
    let id = &loaded.verification.id;
    let place = Place { table: "submission_bodies", column: "body", row: id.as_bytes() };
    tx.conn
        .prepare_cached(
            "INSERT INTO submission_bodies (verification, recorded_at, body) VALUES (?1, ?2, ?3)
             ON CONFLICT (verification) DO UPDATE SET recorded_at = ?2, body = ?3",
        )?
        .execute(params![id.as_bytes(), millis(at), loaded.key.seal(&place, body)?])?;
    Ok(())
}

/// SQLite's integers are signed.
fn integer(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Corrupt("revision"))
}
