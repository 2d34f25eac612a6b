//! The timeline: plain words of a fixed vocabulary, nothing personal.

use crate::{
    domain::{Alarm, CaptureOutcome, Note, NoteKind, ReasonCode, Status, VerificationId},
    storage::error::StoreError,
};

use super::{
    aggregate::{text, time},
    reader::Snapshot,
};

/// What happened to a verification, oldest first.
pub(super) fn of(snapshot: &Snapshot<'_>, id: VerificationId) -> Result<Vec<Note>, StoreError> {
    let mut statement = snapshot.conn.prepare_cached(
        "SELECT revision, at, kind, status, detail FROM timeline
         WHERE verification = (SELECT number FROM verifications WHERE id = ?1) ORDER BY rowid",
    )?;
    let mut rows = statement.query([id.as_bytes()])?;
    let mut notes = Vec::new();
    while let Some(row) = rows.next()? {
        let detail = match row.get_ref(4)?.as_str_or_null() {
            Ok(None) => None,
            Ok(Some(word)) => Some(detail(word).ok_or(StoreError::Corrupt("detail"))?),
            Err(_) => return Err(StoreError::Corrupt("detail")),
        };
        notes.push(Note {
            revision: u64::try_from(row.get::<_, i64>(0)?)
                .map_err(|_| StoreError::Corrupt("revision"))?,
            at: time(row, 1, "at")?,
            kind: kind(text(row, 2, "kind")?).ok_or(StoreError::Corrupt("kind"))?,
            status: Status::parse(text(row, 3, "status")?).ok_or(StoreError::Corrupt("status"))?,
            detail,
        });
    }
    Ok(notes)
}

fn kind(word: &str) -> Option<NoteKind> {
    [
        NoteKind::StatusChanged,
        NoteKind::CaptureReported,
        NoteKind::CallbackReceived,
        NoteKind::Alarmed,
    ]
    .into_iter()
    .find(|kind| kind.as_str() == word)
}

/// The vocabularies a note's detail is taken from.
fn detail(word: &str) -> Option<&'static str> {
    let outcomes = [CaptureOutcome::Completed, CaptureOutcome::Cancelled, CaptureOutcome::Failed];
    let alarms = [
        Alarm::ConflictingResult,
        Alarm::OddResult,
        Alarm::UserMismatch,
        Alarm::Unconfirmed,
        Alarm::CertificateOverdue,
    ];
    let reasons = ReasonCode::ALL.into_iter().map(ReasonCode::as_str);
    reasons
        .chain(outcomes.into_iter().map(CaptureOutcome::as_str))
        .chain(alarms.into_iter().map(Alarm::as_str))
        .find(|known| *known == word)
}
