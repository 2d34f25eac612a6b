//! Starts: what a wish for a credential makes of the verification a user may have open.
//!
//! All within one transaction of the one writer, so that a hundred starts at once find, one after
//! the other, what the first of them wrote.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, params};

use super::{
    aggregate::{Loaded, id_column, load},
    saving::{apply, insert, save},
    writer::Tx,
};
use crate::{
    domain::{
        Admission, Attempt, AttemptState, Channel, Moment, News, RedirectUrls, SessionId, UserId,
        Verification, VerificationId, Wanted,
    },
    storage::{
        error::StoreError,
        keyring::{BlindHash, Blinded},
        records::{millis, timestamp},
        verifications::Opened,
    },
};

/// The window of the cap on attempts.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Takes in a wish to start.
pub(super) fn open(
    tx: &mut Tx<'_>,
    wanted: Wanted,
    asked: bool,
    moment: &Moment,
) -> Result<Opened, StoreError> {
    let user = user_hash(tx, &wanted.user);
    let current = current(tx, &user, moment)?;
    if let Some(current) = current {
        if current.verification.contact.contact == wanted.contact.contact {
            let wish = Wish { channel: wanted.channel, redirects: wanted.redirects, asked };
            return admit(tx, current, wish, &user, moment);
        }
        let mut other = current;
        let effect = apply(tx, &mut other, News::Superseded, moment)?;
        if !other.verification.status.is_closed() {
            return Ok(Opened::Captured(other.verification));
        }
        // Before the old one is closed for good: a user without attempts left keeps it.
        if let Some(free_at) = exhausted(tx, &user, moment)? {
            return Ok(Opened::Exhausted(free_at));
        }
        save(tx, other, &effect, &moment.policy)?;
    } else if let Some(free_at) = exhausted(tx, &user, moment)? {
        return Ok(Opened::Exhausted(free_at));
    }
    let verification = wanted.into_verification(moment);
    insert(tx, &verification, &user, &moment.policy)?;
    underway(verification)
}

/// The user's open verification, after time was let pass for it: one whose life is over is closed
/// now, whether or not the job that closes such has come by.
fn current(
    tx: &mut Tx<'_>,
    user: &BlindHash,
    moment: &Moment,
) -> Result<Option<Loaded>, StoreError> {
    let id = tx
        .conn
        .prepare_cached(
            "SELECT id FROM verifications WHERE user_hash = ?1
                 AND status IN ('pending', 'processing', 'partially_completed')",
        )?
        .query_row([user], |row| id_column(row, 0))
        .optional()?;
    let Some(id) = id else { return Ok(None) };
    let Some(loaded) = load(tx.conn, tx.ring, id)? else { return Ok(None) };
    let current = let_time_pass(tx, loaded, moment)?;
    Ok(current.filter(|current| !current.verification.status.is_closed()))
}

/// The verification after time was let pass for it, written down if that changed it.
fn let_time_pass(
    tx: &mut Tx<'_>,
    mut loaded: Loaded,
    moment: &Moment,
) -> Result<Option<Loaded>, StoreError> {
    let id = loaded.verification.id;
    let effect = apply(tx, &mut loaded, News::TimePassed, moment)?;
    if !effect.changed && effect.notes.is_empty() {
        return Ok(Some(loaded));
    }
    save(tx, loaded, &effect, &moment.policy)?;
    load(tx.conn, tx.ring, id)
}

/// What a caller wants of an open verification.
struct Wish {
    channel: Channel,
    redirects: Option<RedirectUrls>,
    asked: bool,
}

fn admit(
    tx: &mut Tx<'_>,
    current: Loaded,
    wish: Wish,
    user: &BlindHash,
    moment: &Moment,
) -> Result<Opened, StoreError> {
    let verification = &current.verification;
    match verification.admit(wish.channel, wish.redirects.as_ref(), wish.asked, moment) {
        Admission::Resume(credential) => Ok(Opened::Resumed(current.verification, credential)),
        Admission::Underway => Ok(Opened::Underway(current.verification)),
        Admission::Captured => Ok(Opened::Captured(current.verification)),
        Admission::AskFirst => Ok(Opened::AskFirst(current.verification)),
        Admission::Attempt => attempt(tx, current, wish, user, moment),
    }
}

/// Writes down another attempt, if the user has one left today.
fn attempt(
    tx: &mut Tx<'_>,
    mut current: Loaded,
    wish: Wish,
    user: &BlindHash,
    moment: &Moment,
) -> Result<Opened, StoreError> {
    if let Some(free_at) = exhausted(tx, user, moment)? {
        return Ok(Opened::Exhausted(free_at));
    }
    let attempt = Attempt::new(wish.channel, wish.redirects, moment.at);
    let effect = apply(tx, &mut current, News::AttemptMade(attempt), moment)?;
    underway(save(tx, current, &effect, &moment.policy)?)
}

/// The answer for an attempt just written down.
fn underway(verification: Verification) -> Result<Opened, StoreError> {
    let session = verification.newest_attempt().map(|attempt| attempt.session.clone());
    let session = session.ok_or(StoreError::Corrupt("attempts"))?;
    Ok(Opened::Attempt(verification, session))
}

/// When the user may make another attempt; `None`: now.
fn exhausted(
    tx: &Tx<'_>,
    user: &BlindHash,
    moment: &Moment,
) -> Result<Option<Timestamp>, StoreError> {
    let since = moment.at.saturating_sub(DAY).unwrap_or(Timestamp::MIN);
    // Attempts are made before their verification's deadline and never after: one that ended a
    // day ago has none of this day.
    let mut statement = tx.conn.prepare_cached(
        "SELECT attempts.created_at FROM verifications
             JOIN attempts ON attempts.verification = verifications.id
         WHERE verifications.user_hash = ?1 AND verifications.deadline > ?2
             AND attempts.issued = 1 AND attempts.created_at > ?2
         ORDER BY attempts.created_at DESC LIMIT 1 OFFSET ?3",
    )?;
    let cap = i64::from(moment.policy.attempts_per_day);
    if cap == 0 {
        return Ok(Some(moment.at.saturating_add(DAY).unwrap_or(Timestamp::MAX)));
    }
    // With so many attempts or more, the cap'th newest must leave the window first.
    let blocking: Option<i64> =
        statement.query_row(params![user, millis(since), cap - 1], |row| row.get(0)).optional()?;
    let Some(blocking) = blocking else { return Ok(None) };
    let free_at = timestamp(blocking, "created_at")?.saturating_add(DAY);
    Ok(Some(free_at.unwrap_or(Timestamp::MAX)))
}

/// Takes in a wish for a fresh credential.
pub(super) fn renew(
    tx: &mut Tx<'_>,
    id: VerificationId,
    user: &UserId,
    asked: bool,
    moment: &Moment,
) -> Result<Option<Opened>, StoreError> {
    let loaded = load(tx.conn, tx.ring, id)?;
    let Some(loaded) = loaded.filter(|loaded| loaded.verification.user == *user) else {
        return Ok(None);
    };
    let Some(current) = let_time_pass(tx, loaded, moment)? else { return Ok(None) };
    if current.verification.status.is_closed() {
        return Ok(Some(Opened::Closed(current.verification)));
    }
    let newest = current.verification.newest_attempt();
    let redirects = newest.and_then(|attempt| attempt.redirects.clone());
    let wish = Wish { channel: current.verification.channel(), redirects, asked };
    let user = user_hash(tx, user);
    admit_fresh(tx, current, wish, &user, moment).map(Some)
}

/// Like [`admit`] for a caller who has no use for the credential there is.
fn admit_fresh(
    tx: &mut Tx<'_>,
    current: Loaded,
    wish: Wish,
    user: &BlindHash,
    moment: &Moment,
) -> Result<Opened, StoreError> {
    let verification = &current.verification;
    match verification.admit(wish.channel, wish.redirects.as_ref(), wish.asked, moment) {
        Admission::Resume(_) if !wish.asked => Ok(Opened::AskFirst(current.verification)),
        Admission::Resume(_) => attempt(tx, current, wish, user, moment),
        Admission::Underway | Admission::Captured | Admission::AskFirst | Admission::Attempt => {
            admit(tx, current, wish, user, moment)
        }
    }
}

/// Puts another attempt in the place of a refused one.
pub(super) fn replace_attempt(
    tx: &mut Tx<'_>,
    id: VerificationId,
    failed: SessionId,
    moment: &Moment,
) -> Result<Option<(Verification, SessionId)>, StoreError> {
    let Some(mut loaded) = load(tx.conn, tx.ring, id)? else { return Ok(None) };
    let verification = &loaded.verification;
    let newest = verification
        .newest_attempt()
        .filter(|newest| newest.session == failed && newest.state == AttemptState::Initiating);
    let Some(newest) = newest.filter(|_| !verification.status.is_closed()) else {
        return Ok(None);
    };
    let attempt = Attempt::new(newest.channel, newest.redirects.clone(), moment.at);
    let session = attempt.session.clone();
    let mut effect = apply(tx, &mut loaded, News::AttemptRefused(failed), moment)?;
    let made = apply(tx, &mut loaded, News::AttemptMade(attempt), moment)?;
    effect.changed |= made.changed;
    effect.notes.extend(made.notes);
    Ok(Some((save(tx, loaded, &effect, &moment.policy)?, session)))
}

fn user_hash(tx: &Tx<'_>, user: &UserId) -> BlindHash {
    tx.ring.blind(Blinded::User, user.as_str().as_bytes())
}
