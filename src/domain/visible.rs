//! What callers can see of a verification, apps and back ends together.
//!
//! Invariant: whatever a view of the API shows and events can change stands here. The revision is
//! raised by comparing two of these, so that no change is ever told twice or not at all. The end of
//! its life follows from the attempts and whether something was captured, and how a verdict was reached
//! changes with the status only: these need no place of their own.

use jiff::Timestamp;

use super::{
    attempt::AttemptState,
    reason::ReasonCode,
    status::{NextAction, Status},
    submission::Submission,
    verification::Verification,
};

/// One sight of a verification.
#[derive(PartialEq)]
pub(super) struct Visible {
    status: Status,
    reason: Option<ReasonCode>,
    next_action: NextAction,
    captured: bool,
    submission: Option<Submission>,
    /// State, and the end of the credential.
    attempts: Vec<(AttemptState, Option<Timestamp>)>,
}

impl Visible {
    /// What there is to see at `at`. Both sights of one event are taken at the same time: that time
    /// alone goes on is no change.
    pub(super) fn of(verification: &Verification, at: Timestamp) -> Self {
        let attempts = verification.attempts.iter();
        Self {
            status: verification.status,
            reason: verification.reason,
            next_action: verification.next_action(at),
            captured: verification.captured,
            submission: verification.submission.clone(),
            attempts: attempts
                .map(|it| (it.state, it.issued.as_ref().map(|issued| issued.expires_at)))
                .collect(),
        }
    }
}
