//! One identity check of one user: what is known of it. How it changes stands in `transition`.

use std::fmt;

use jiff::Timestamp;

use super::{
    attempt::{Attempt, AttemptState},
    caller::AppId,
    contact::{KeptContact, VerifiedContact},
    id::{SessionId, VerificationId},
    policy::Policy,
    reason::ReasonCode,
    schedule::Reads,
    status::{Channel, Locale, NextAction, Status},
    submission::{Standing, Submission},
    user::UserId,
};

/// The circumstances of an event.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// When it happens.
    pub at: Timestamp,
    /// The rules in force.
    pub policy: Policy,
    /// The user has a newer verification open: an expired one must not become open again.
    pub newer_open: bool,
}

/// One identity check of one user.
#[derive(Clone)]
pub struct Verification {
    /// Our name for it.
    pub id: VerificationId,
    /// Whose it is.
    pub user: UserId,
    /// The app that started it.
    pub app: AppId,
    /// The contact it is tied to, proven.
    pub contact: VerifiedContact<KeptContact>,
    /// The language the user reads.
    pub locale: Locale,
    /// The partner's own reference.
    pub reference: Option<String>,
    /// The partner's reference of the user's consent.
    pub consent_reference: Option<String>,
    /// How far it has come.
    pub status: Status,
    /// Why it ended as it did.
    pub reason: Option<ReasonCode>,
    /// Rises with every change that a caller can see.
    pub revision: u64,
    /// Something was captured, as far as anyone says.
    pub captured: bool,
    /// The app says that the newest credential does not work.
    pub credential_failed: bool,
    /// What a callback announced and details did not confirm yet, since when.
    pub unconfirmed: Option<(Standing, Timestamp)>,
    /// The verdict was reached without confirmation.
    pub settled_unconfirmed: bool,
    /// Since when only the certificate is missing; kept apart from `updated_at`, which later changes
    /// move. `None` also for what was written before this was kept.
    pub partial_since: Option<Timestamp>,
    /// The provider's record.
    pub submission: Option<Submission>,
    /// When the provider is asked next.
    pub reads: Reads,
    /// When it was started.
    pub created_at: Timestamp,
    /// When a caller could last see a change.
    pub updated_at: Timestamp,
    /// The end of its life.
    pub deadline: Timestamp,
    /// Its calls to the provider, oldest first; never empty.
    pub attempts: Vec<Attempt>,
}

impl fmt::Debug for Verification {
    /// Neither contact nor references: what the partner wrote there may be anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("reason", &self.reason)
            .field("revision", &self.revision)
            .field("captured", &self.captured)
            .field("reads", &self.reads)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl Verification {
    /// The newest call to the provider.
    pub fn newest_attempt(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// The newest call that may have been captured with.
    pub fn newest_issued(&self) -> Option<&Attempt> {
        self.attempts.iter().rev().find(|attempt| match attempt.state {
            AttemptState::Issued | AttemptState::Unknown | AttemptState::Replaced => true,
            AttemptState::Initiating | AttemptState::Refused => false,
        })
    }

    /// Whether any credential was ever handed out; others are absent from lists.
    pub fn was_issued(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.issued.is_some())
    }

    /// Where the newest attempt captures.
    pub fn channel(&self) -> Channel {
        self.newest_attempt().map_or(Channel::Sdk, |attempt| attempt.channel)
    }

    /// The earlier of the end of its life and the newest credential's end. Once something was
    /// captured the credential has done its work, and only the former counts.
    pub fn expires_at(&self) -> Timestamp {
        let credential =
            self.newest_attempt().filter(|_| !self.captured).and_then(Attempt::credential);
        credential.map_or(self.deadline, |issued| issued.expires_at.min(self.deadline))
    }

    /// Whether the credential that the attempt `session` brought may still be captured with at
    /// `at`, as far as anyone here knows: neither replaced nor over, and its verification not closed.
    pub fn still_offers(&self, session: &SessionId, at: Timestamp) -> bool {
        let newest = self.newest_attempt().filter(|attempt| attempt.session == *session);
        let issued = newest.and_then(Attempt::credential);
        let lives = issued.is_some_and(|issued| at < issued.expires_at.min(self.deadline));
        lives && !self.status.is_closed()
    }

    /// What the app should do at `at`.
    pub fn next_action(&self, at: Timestamp) -> NextAction {
        match self.status {
            Status::Approved => NextAction::None,
            Status::Processing | Status::PartiallyCompleted => NextAction::Wait,
            Status::Expired => NextAction::Retry,
            Status::Rejected | Status::Failed => {
                if self.reason.is_some_and(ReasonCode::is_retryable) {
                    NextAction::Retry
                } else {
                    NextAction::ContactSupport
                }
            }
            Status::Pending if self.captured => NextAction::Wait,
            Status::Pending => {
                let usable =
                    self.newest_attempt().filter(|_| !self.credential_failed).filter(|attempt| {
                        attempt.credential().is_some_and(|issued| issued.expires_at > at)
                    });
                match usable.map(|attempt| attempt.channel) {
                    Some(Channel::Sdk) => NextAction::OpenSdk,
                    Some(Channel::Web) => NextAction::OpenWeb,
                    None => NextAction::Retry,
                }
            }
        }
    }
}
