//! The provider's record of one capture, as far as we can read it.
//!
//! The provider's lists of statuses, results and reasons are open: an unknown value is kept as it
//! came and never read as approval.

use jiff::Timestamp;

use super::{
    id::{SessionId, SubmissionId},
    pii::Pii,
    reason::ReasonCode,
    user::UserId,
};

/// The provider's `status`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SubmissionStatus {
    /// `IN_PROGRESS`.
    InProgress,
    /// `PARTIALLY_COMPLETED`: identity passed, certificate pending.
    PartiallyCompleted,
    /// `COMPLETED`.
    Completed,
    /// `ERROR`.
    Error,
    /// A value we do not know.
    Unknown(String),
}

/// The provider's `result`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SubmissionResult {
    /// `VALID`.
    Valid,
    /// `INVALID`.
    Invalid,
    /// `REJECTED`; only some of the provider's pages have it, and it means the same as `INVALID`.
    Rejected,
    /// A value we do not know.
    Unknown(String),
}

/// What is remembered of a submission for back ends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Submission {
    /// The provider's id.
    pub id: SubmissionId,
    /// The provider's status.
    pub status: SubmissionStatus,
    /// The provider's result.
    pub result: Option<SubmissionResult>,
    /// The provider's reason, as it came.
    pub reason_code: Option<String>,
    /// When the provider says it was done.
    pub processed_at: Option<Timestamp>,
}

/// One statement of the provider about a submission, from a callback or from details.
#[derive(Clone, Debug)]
pub struct SubmissionReport {
    /// What it is about.
    pub submission: Submission,
    /// The session id it names: that of the call which created the submission.
    pub session: Option<SessionId>,
    /// The user it names.
    pub user: Option<Pii<String>>,
    /// Whether the id type it names is the one agreed for us; `None` when it names none.
    pub user_type_fits: Option<bool>,
    /// Whether any single check says FAIL.
    pub any_check_failed: bool,
    /// The statement as it came, to be sealed and shown to entitled back ends.
    pub body: Pii<Vec<u8>>,
}

/// What a statement means for a verification.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Not decided yet.
    Processing,
    /// Identity passed, certificate pending.
    PartiallyCompleted,
    /// Yes.
    Approved,
    /// No.
    Rejected(ReasonCode),
    /// No decision.
    Failed(ReasonCode),
}

impl Standing {
    /// The rank of the status it leads to, see [`super::Status::rank`].
    pub const fn rank(self) -> u8 {
        match self {
            Self::Processing => 1,
            Self::PartiallyCompleted => 3,
            Self::Approved | Self::Rejected(_) | Self::Failed(_) => 4,
        }
    }
}

impl SubmissionStatus {
    /// The provider's spelling.
    pub fn as_str(&self) -> &str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::PartiallyCompleted => "PARTIALLY_COMPLETED",
            Self::Completed => "COMPLETED",
            Self::Error => "ERROR",
            Self::Unknown(text) => text,
        }
    }

    /// Reads the provider's spelling.
    pub fn parse(text: &str) -> Self {
        match text {
            "IN_PROGRESS" => Self::InProgress,
            "PARTIALLY_COMPLETED" => Self::PartiallyCompleted,
            "COMPLETED" => Self::Completed,
            "ERROR" => Self::Error,
            other => Self::Unknown(other.to_owned()),
        }
    }
}

impl SubmissionResult {
    /// The provider's spelling.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Valid => "VALID",
            Self::Invalid => "INVALID",
            Self::Rejected => "REJECTED",
            Self::Unknown(text) => text,
        }
    }

    /// Reads the provider's spelling.
    pub fn parse(text: &str) -> Self {
        match text {
            "VALID" => Self::Valid,
            "INVALID" => Self::Invalid,
            "REJECTED" => Self::Rejected,
            other => Self::Unknown(other.to_owned()),
        }
    }
}

impl SubmissionReport {
    /// What this means. Approval is the narrow door: COMPLETED, VALID and no check that failed.
    pub fn standing(&self) -> Standing {
        let Submission { status, result, reason_code, .. } = &self.submission;
        let reason = || ReasonCode::from_provider(reason_code.as_deref(), result.as_ref());
        match (status, result) {
            (SubmissionStatus::Completed, Some(SubmissionResult::Valid)) => {
                if self.any_check_failed {
                    Standing::Failed(ReasonCode::ResultUnconfirmed)
                } else {
                    Standing::Approved
                }
            }
            (
                SubmissionStatus::Completed,
                Some(SubmissionResult::Invalid | SubmissionResult::Rejected),
            ) => Standing::Rejected(reason()),
            (SubmissionStatus::Error, _) => Standing::Failed(reason()),
            (SubmissionStatus::PartiallyCompleted, Some(SubmissionResult::Valid))
                if !self.any_check_failed =>
            {
                Standing::PartiallyCompleted
            }
            // Completed without a result we know, or a status we do not know: undecided, so that
            // the next read may tell.
            (
                SubmissionStatus::Completed
                | SubmissionStatus::PartiallyCompleted
                | SubmissionStatus::InProgress
                | SubmissionStatus::Unknown(_),
                _,
            ) => Standing::Processing,
        }
    }

    /// Whether it says something we cannot place.
    pub fn is_odd(&self) -> bool {
        let Submission { status, result, .. } = &self.submission;
        matches!(status, SubmissionStatus::Unknown(_))
            || matches!(result, Some(SubmissionResult::Unknown(_)))
            || (*status == SubmissionStatus::Completed && result.is_none())
            || (*result == Some(SubmissionResult::Valid) && self.any_check_failed)
    }

    /// Whether it names `user`. A statement that names nobody fits nobody in particular: callbacks
    /// may leave the user out, since details confirm them; details may not.
    pub fn names(&self, user: &UserId) -> Option<bool> {
        let named = self.user.as_ref()?;
        Some(named.expose() == user.as_str() && self.user_type_fits != Some(false))
    }
}
