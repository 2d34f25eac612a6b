//! Whom a statement of the provider is about.
//!
//! By the submission it names, if that is linked to a verification; else by the session, which
//! may be that of an older attempt, because the provider keeps the session that *created* the
//! submission. Then the user may have started anew meanwhile: if the attempt's verification has
//! expired and the user has an open one for the same contact that has no submission yet, the
//! statement is about the open one, and the expired one stays as it is.

use rusqlite::params;

use super::{
    aggregate::{Loaded, load, verification_where},
    sessions,
    writer::Tx,
};
use crate::{
    domain::{Status, SubmissionReport},
    storage::{error::StoreError, keyring::Blinded},
};

const BY_SUBMISSION: &str = verification_where!("submission_hash = ?1");

const BY_SESSION: &str =
    verification_where!("number = (SELECT verification FROM sessions WHERE session_hash = ?1)");

const SUCCESSOR: &str = verification_where!(
    "user_hash = ?1 AND closed = 0 AND submission_hash IS NULL
         AND contact_hash = (SELECT contact_hash FROM verifications WHERE number = ?2)"
);

/// The verification that `report` is about. `None`: none of ours.
pub(super) fn owner(tx: &Tx<'_>, report: &SubmissionReport) -> Result<Option<Loaded>, StoreError> {
    let submission = report.submission.id.as_str().as_bytes();
    let submission = tx.ring.blind(Blinded::Submission, submission);
    if let Some(linked) = load(tx.conn, tx.ring, BY_SUBMISSION, [submission])? {
        return Ok(Some(linked));
    }
    let Some(session) = &report.session else { return Ok(None) };
    let session = sessions::known(tx.conn, tx.ring, session.as_str())?;
    let Some(named) = load(tx.conn, tx.ring, BY_SESSION, [session])? else { return Ok(None) };
    if named.verification.status != Status::Expired {
        return Ok(Some(named));
    }
    let user = tx.ring.blind(Blinded::User, named.verification.user.as_str().as_bytes());
    // The hash that is kept: by now the contact itself may be gone.
    let successor = load(tx.conn, tx.ring, SUCCESSOR, params![user, named.number])?;
    Ok(Some(successor.unwrap_or(named)))
}
