//! Whom a statement of the provider is about.
//!
//! By the submission it names, if that is linked to a verification; else by the session, which
//! may be that of an older attempt, because the provider keeps the session that *created* the
//! submission. Then the user may have started anew meanwhile: if the attempt's verification has
//! expired and the user has an open one for the same contact that has no submission yet, the
//! statement is about the open one, and the expired one stays as it is.

use rusqlite::OptionalExtension as _;

use super::{
    aggregate::{Loaded, id_column, load},
    writer::Tx,
};
use crate::{
    domain::{Status, SubmissionReport, VerificationId},
    storage::{
        error::StoreError,
        keyring::{BlindHash, Blinded},
    },
};

/// The verification that `report` is about. `None`: none of ours.
pub(super) fn owner(tx: &Tx<'_>, report: &SubmissionReport) -> Result<Option<Loaded>, StoreError> {
    let submission = report.submission.id.as_str().as_bytes();
    if let Some(id) = by_submission(tx, tx.ring.blind(Blinded::Submission, submission))? {
        return load(tx.conn, tx.ring, id);
    }
    let Some(session) = &report.session else { return Ok(None) };
    let session = tx.ring.blind(Blinded::Session, session.as_str().as_bytes());
    let Some(id) = by_session(tx, session)? else { return Ok(None) };
    let Some(named) = load(tx.conn, tx.ring, id)? else { return Ok(None) };
    if named.verification.status == Status::Expired
        && let Some(open) = successor(tx, &named)?
    {
        return load(tx.conn, tx.ring, open);
    }
    Ok(Some(named))
}

fn by_submission(tx: &Tx<'_>, hash: BlindHash) -> Result<Option<VerificationId>, StoreError> {
    let mut statement =
        tx.conn.prepare_cached("SELECT id FROM verifications WHERE submission_hash = ?1")?;
    Ok(statement.query_row([hash], |row| id_column(row, 0)).optional()?)
}

fn by_session(tx: &Tx<'_>, hash: BlindHash) -> Result<Option<VerificationId>, StoreError> {
    let mut statement =
        tx.conn.prepare_cached("SELECT verification FROM attempts WHERE session_hash = ?1")?;
    Ok(statement.query_row([hash], |row| id_column(row, 0)).optional()?)
}

/// The user's open verification for the same contact, while it has no submission.
fn successor(tx: &Tx<'_>, expired: &Loaded) -> Result<Option<VerificationId>, StoreError> {
    let verification = &expired.verification;
    let user = tx.ring.blind(Blinded::User, verification.user.as_str().as_bytes());
    let contact = verification.contact.contact.expose().as_bytes();
    let contact = tx.ring.blind(Blinded::Contact, contact);
    let mut statement = tx.conn.prepare_cached(
        "SELECT id FROM verifications WHERE user_hash = ?1
             AND status IN ('pending', 'processing', 'partially_completed')
             AND contact_hash = ?2 AND submission_hash IS NULL",
    )?;
    Ok(statement.query_row([user, contact], |row| id_column(row, 0)).optional()?)
}
