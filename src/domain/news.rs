//! What can happen to a verification, and what comes of it.

use jiff::Timestamp;

use super::{
    attempt::{Attempt, IssuedCredential},
    id::SessionId,
    status::Status,
    submission::SubmissionReport,
};

/// One event. Whoever brings it (callback, details, app, clock, operator), it changes a
/// verification through [`super::Verification::apply`] alone.
#[derive(Clone, Debug)]
pub enum News {
    /// The provider is about to be asked; written down before it is.
    AttemptMade(Attempt),
    /// The provider gave a credential for this session.
    AttemptIssued(SessionId, IssuedCredential),
    /// The provider said no.
    AttemptRefused(SessionId),
    /// The answer never came.
    AttemptLost(SessionId),
    /// The app says how capture ended: a hint, no proof.
    Captured(CaptureOutcome),
    /// The provider called back.
    CalledBack(SubmissionReport),
    /// The provider's details were read.
    DetailsRead(DetailsAnswer),
    /// The provider's details could not be read.
    ReadFailed,
    /// The user starts with another contact.
    Superseded,
    /// Time passed.
    TimePassed,
}

/// How the app says capture ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CaptureOutcome {
    /// The user went through it.
    Completed,
    /// The user gave up.
    Cancelled,
    /// It broke; the credential may be at fault.
    Failed,
}

impl CaptureOutcome {
    /// The spelling in JSON and timeline.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// What the details say.
#[derive(Clone, Debug)]
pub enum DetailsAnswer {
    /// A submission of this verification.
    Found(SubmissionReport),
    /// Nothing, or a submission of no verification of ours: not readable yet.
    NotReadable,
    /// A submission that belongs to another verification.
    Elsewhere,
}

/// What an event did.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// The revision rose: those who wait are told.
    pub changed: bool,
    /// What an operator should hear of.
    pub alarms: Vec<Alarm>,
    /// What the timeline keeps.
    pub notes: Vec<Note>,
}

/// Something that should not happen, and that a person should look at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Alarm {
    /// A final result after a different final one; the verdict stays.
    ConflictingResult,
    /// A status, result or combination we do not know.
    OddResult,
    /// A statement that names another user, or another id type.
    UserMismatch,
    /// A result was announced and never confirmed.
    Unconfirmed,
    /// The certificate is missing for more than a week.
    CertificateOverdue,
}

impl Alarm {
    /// The spelling in log, metric and timeline.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConflictingResult => "conflicting_result",
            Self::OddResult => "odd_result",
            Self::UserMismatch => "user_mismatch",
            Self::Unconfirmed => "unconfirmed",
            Self::CertificateOverdue => "certificate_overdue",
        }
    }
}

/// One line of the timeline that back ends read. It holds no personal data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Note {
    /// The revision after the event.
    pub revision: u64,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub kind: NoteKind,
    /// The status after the event.
    pub status: Status,
    /// More, in a fixed vocabulary.
    pub detail: Option<&'static str>,
}

/// What happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoteKind {
    /// The status changed.
    StatusChanged,
    /// The app told how capture ended.
    CaptureReported,
    /// The provider called back.
    CallbackReceived,
    /// An alarm was raised.
    Alarmed,
}

impl NoteKind {
    /// The spelling in JSON and column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StatusChanged => "status_changed",
            Self::CaptureReported => "capture_reported",
            Self::CallbackReceived => "callback_received",
            Self::Alarmed => "alarmed",
        }
    }
}
