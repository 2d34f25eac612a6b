//! Starts: what a wish for a credential makes of the verification a user may have open.
//!
//! All within one transaction of the one writer, so that a hundred starts at once find, one after
//! the other, what the first of them wrote.

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use super::{
    aggregate::{BY_ID, Loaded, OF_USER, fetch, id_column, load, verification_where},
    proofs::Presented,
    saving::{apply, insert, save},
    writer::Tx,
};
use crate::{
    domain::{
        Admission, Attempt, AttemptState, Channel, Contact, Moment, News, RedirectUrls, SessionId,
        UserId, Verification, VerificationId, Wanted,
    },
    storage::{
        error::StoreError,
        keyring::{BlindHash, Blinded},
        records::millis,
        verifications::Opened,
    },
};

/// The window of the cap on attempts.
const DAY: SignedDuration = SignedDuration::from_hours(24);

const OPEN_OF_USER: &str = verification_where!("user_hash = ?1 AND closed = 0");

/// Takes in a wish to start.
pub(super) fn open(
    tx: &mut Tx<'_>,
    wanted: &Wanted,
    asked: bool,
    moment: &Moment,
) -> Result<Opened, StoreError> {
    let user = user_hash(tx, &wanted.user);
    let current = current(tx, &user, moment)?;
    let proof = Presented::look_up(tx, wanted, current.as_ref().map(|it| &it.verification))?;
    if proof.is_used() {
        return Ok(Opened::ProofUsed);
    }
    let opened = resume_or_make(tx, wanted, Holder { user, current }, asked, moment)?;
    proof.use_up(tx, &opened, moment)?;
    Ok(opened)
}

/// Whoever starts, and what is open already.
struct Holder {
    user: BlindHash,
    current: Option<Loaded>,
}

fn resume_or_make(
    tx: &mut Tx<'_>,
    wanted: &Wanted,
    Holder { user, current }: Holder,
    asked: bool,
    moment: &Moment,
) -> Result<Opened, StoreError> {
    if let Some(current) = current {
        if is_for(tx, &current, &wanted.contact.contact)? {
            let wish = Wish { channel: wanted.channel, redirects: wanted.redirects.clone(), asked };
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
    let verification = wanted.clone().into_verification(tx.ring.session(moment.at), moment);
    insert(tx, &verification, &user, &moment.policy)?;
    underway(verification)
}

/// Whether a verification is for `contact`. One that a late result opened again may not know its own
/// any more, but for the hash.
fn is_for(tx: &Tx<'_>, current: &Loaded, contact: &Contact) -> Result<bool, StoreError> {
    if let Some(held) = current.verification.contact.contact.held() {
        return Ok(held == contact);
    }
    let hash = tx.ring.blind(Blinded::Contact, contact.expose().as_bytes());
    let sql = "SELECT contact_hash = ?2 FROM verifications WHERE number = ?1";
    let mut statement = tx.conn.prepare_cached(sql)?;
    Ok(statement.query_row(params![current.number, hash], |row| row.get(0))?)
}

/// The user's open verification, after time was let pass for it: one whose life is over is closed
/// now, whether or not the job that closes such has come by.
fn current(
    tx: &mut Tx<'_>,
    user: &BlindHash,
    moment: &Moment,
) -> Result<Option<Loaded>, StoreError> {
    let loaded = load(tx.conn, tx.ring, OPEN_OF_USER, [user])?;
    let Some(loaded) = loaded else { return Ok(None) };
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
    load(tx.conn, tx.ring, BY_ID, [id.as_bytes()])
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
        Admission::AskFirst => ask_first(tx, current.verification, user, moment),
        Admission::Attempt => attempt(tx, current, wish, user, moment),
    }
}

/// Lets the provider be asked, if the user has an attempt left today: whoever has none gets no
/// credential whatever the answer is, and must not cost the provider a call each time.
fn ask_first(
    tx: &Tx<'_>,
    current: Verification,
    user: &BlindHash,
    moment: &Moment,
) -> Result<Opened, StoreError> {
    let exhausted = exhausted(tx, user, moment)?;
    Ok(exhausted.map_or_else(|| Opened::AskFirst(current), Opened::Exhausted))
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
    let attempt = Attempt::new(tx.ring.session(moment.at), wish.channel, wish.redirects, moment.at);
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
    let cap = usize::try_from(moment.policy.attempts_per_day).unwrap_or(usize::MAX);
    let since = moment.at.saturating_sub(DAY).unwrap_or(Timestamp::MIN);
    // Attempts are made before their verification's deadline: one whose deadline is a day ago has
    // none of this day.
    let mut statement = tx.conn.prepare_cached(
        "SELECT id, issued FROM verifications WHERE user_hash = ?1 AND deadline > ?2 AND issued > 0",
    )?;
    let recent: Vec<(VerificationId, u32)> = statement
        .query_map(params![user, millis(since)], |row| Ok((id_column(row, 0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    if recent.iter().map(|(_, issued)| issued).sum::<u32>() < moment.policy.attempts_per_day {
        return Ok(None);
    }
    let mut issued = Vec::new();
    for (id, _) in recent {
        let verification = fetch(tx.conn, tx.ring, id)?;
        issued.extend(verification.into_iter().flat_map(|verification| verification.attempts));
    }
    let mut times: Vec<_> = issued
        .into_iter()
        .filter(|attempt| attempt.issued.is_some() && attempt.created_at > since)
        .map(|attempt| attempt.created_at)
        .collect();
    times.sort_unstable_by(|one, other| other.cmp(one));
    // With so many or more, the cap'th newest must leave the day first. A cap of none never ends.
    let blocking = match cap.checked_sub(1) {
        Some(place) => times.get(place).copied(),
        None => Some(moment.at),
    };
    Ok(blocking.map(|at| at.saturating_add(DAY).unwrap_or(Timestamp::MAX)))
}

/// Takes in a wish for a fresh credential.
pub(super) fn renew(
    tx: &mut Tx<'_>,
    id: VerificationId,
    user: &UserId,
    asked: bool,
    moment: &Moment,
) -> Result<Option<Opened>, StoreError> {
    let user = user_hash(tx, user);
    let loaded = load(tx.conn, tx.ring, OF_USER, params![id.as_bytes(), user])?;
    let Some(loaded) = loaded else { return Ok(None) };
    let Some(current) = let_time_pass(tx, loaded, moment)? else { return Ok(None) };
    if current.verification.status.is_closed() {
        return Ok(Some(Opened::Closed(current.verification)));
    }
    let newest = current.verification.newest_attempt();
    let redirects = newest.and_then(|attempt| attempt.redirects.clone());
    let wish = Wish { channel: current.verification.channel(), redirects, asked };
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
        Admission::Resume(_) if !wish.asked => ask_first(tx, current.verification, user, moment),
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
    failed: &SessionId,
    moment: &Moment,
) -> Result<Option<(Verification, SessionId)>, StoreError> {
    let Some(mut loaded) = load(tx.conn, tx.ring, BY_ID, [id.as_bytes()])? else { return Ok(None) };
    let verification = &loaded.verification;
    let newest = verification
        .newest_attempt()
        .filter(|newest| newest.session == *failed && newest.state == AttemptState::Initiating);
    let Some(newest) = newest.filter(|_| !verification.status.is_closed()) else {
        return Ok(None);
    };
    let attempt = Attempt::new(
        tx.ring.session(moment.at),
        newest.channel,
        newest.redirects.clone(),
        moment.at,
    );
    let session = attempt.session.clone();
    let mut effect = apply(tx, &mut loaded, News::AttemptRefused(failed.clone()), moment)?;
    let made = apply(tx, &mut loaded, News::AttemptMade(attempt), moment)?;
    effect.changed |= made.changed;
    effect.notes.extend(made.notes);
    Ok(Some((save(tx, loaded, &effect, &moment.policy)?, session)))
}

fn user_hash(tx: &Tx<'_>, user: &UserId) -> BlindHash {
    tx.ring.blind(Blinded::User, user.as_str().as_bytes())
}
