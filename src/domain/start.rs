//! What a start means for a user who may have a verification open already.

use std::fmt;

use jiff::Timestamp;

use super::{
    attempt::{Attempt, AttemptState, Credential, IssuedCredential},
    caller::AppId,
    contact::VerifiedContact,
    id::{SessionId, VerificationId},
    proof::SingleUse,
    redirect::RedirectUrls,
    schedule::Reads,
    status::{Channel, Locale, Status},
    user::UserId,
    verification::{Moment, Verification},
};

/// What a caller wants to start.
#[derive(Clone)]
pub struct Wanted {
    /// Whose verification.
    pub user: UserId,
    /// The app that asks.
    pub app: AppId,
    /// The proven contact.
    pub contact: VerifiedContact,
    /// Its proof, if that may be used only once.
    pub once: Option<SingleUse>,
    /// Where to capture.
    pub channel: Channel,
    /// The language.
    pub locale: Locale,
    /// Where the browser goes afterwards.
    pub redirects: Option<RedirectUrls>,
    /// The partner's own reference.
    pub reference: Option<String>,
    /// The partner's reference of the user's consent.
    pub consent_reference: Option<String>,
}

impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wanted").field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// What an open verification makes of a wish for a credential.
#[derive(Clone, Debug)]
pub enum Admission {
    /// The newest credential may be used again.
    Resume(IssuedCredential),
    /// Another caller's call to the provider is under way: wait for it.
    Underway,
    /// Something was captured: there is nothing to hand out.
    Captured,
    /// A new attempt is due, but first the provider must be asked whether something was captured
    /// without our knowing.
    AskFirst,
    /// A new attempt is due.
    Attempt,
}

impl Wanted {
    /// The verification this becomes, with its first attempt, of this session, about to be made.
    pub fn into_verification(self, session: SessionId, moment: &Moment) -> Verification {
        let attempt = Attempt::new(session, self.channel, self.redirects, moment.at);
        let deadline = moment.at.saturating_add(moment.policy.ttl).unwrap_or(Timestamp::MAX);
        Verification {
            id: VerificationId::new(moment.at),
            user: self.user,
            app: self.app,
            contact: self.contact.kept(),
            locale: self.locale,
            reference: self.reference,
            consent_reference: self.consent_reference,
            status: Status::Pending,
            reason: None,
            revision: 1,
            captured: false,
            credential_failed: false,
            unconfirmed: None,
            settled_unconfirmed: false,
            partial_since: None,
            submission: None,
            reads: Reads::default(),
            created_at: moment.at,
            updated_at: moment.at,
            deadline,
            attempts: vec![attempt],
        }
    }
}

impl Verification {
    /// What to do when the user asks for a credential for this open verification.
    ///
    /// `asked` says that the provider's details were read just now.
    pub fn admit(
        &self,
        channel: Channel,
        redirects: Option<&RedirectUrls>,
        asked: bool,
        moment: &Moment,
    ) -> Admission {
        if self.captured || self.status != Status::Pending {
            return Admission::Captured;
        }
        let Some(newest) = self.newest_attempt() else { return Admission::Attempt };
        let age = moment.at.duration_since(newest.created_at);
        match newest.state {
            AttemptState::Initiating if age <= moment.policy.attempt_lasts => Admission::Underway,
            AttemptState::Issued => match self.reusable(newest, channel, redirects, moment) {
                Some(credential) => Admission::Resume(credential.clone()),
                None if asked => Admission::Attempt,
                None => Admission::AskFirst,
            },
            // A lost answer may have been a yes, and its session may be captured with.
            AttemptState::Initiating
            | AttemptState::Refused
            | AttemptState::Unknown
            | AttemptState::Replaced => {
                if asked || self.newest_issued().is_none() {
                    Admission::Attempt
                } else {
                    Admission::AskFirst
                }
            }
        }
    }

    /// The newest credential, if it fits the wish: same channel, same way back, life enough left,
    /// and no word from the app that it does not work.
    fn reusable<'a>(
        &self,
        newest: &'a Attempt,
        channel: Channel,
        redirects: Option<&RedirectUrls>,
        moment: &Moment,
    ) -> Option<&'a IssuedCredential> {
        let credential = newest.credential()?;
        let lasts = credential.expires_at.duration_since(moment.at) >= moment.policy.resume_margin;
        let same = newest.channel == channel && newest.redirects.as_ref() == redirects;
        let held = !matches!(credential.credential, Credential::Forgotten);
        (lasts && same && held && !self.credential_failed).then_some(credential)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::domain::{Contact, ContactSource, PhoneNumber, Policy, VerificationReference};

    #[test]
    fn an_attempt_that_nobody_can_be_making_any_more_blocks_nobody() {
        let wanted = Wanted {
            user: UserId::parse("cust-1").unwrap(),
            app: AppId::parse("app").unwrap(),
            contact: VerifiedContact {
                contact: Contact::Phone(PhoneNumber::parse("081234567890").unwrap()),
                reference: VerificationReference::parse("otp-1").unwrap(),
                source: ContactSource::Claims,
                verified_at: None,
            },
            once: None,
            channel: Channel::Sdk,
            locale: Locale::Indonesian,
            redirects: None,
            reference: None,
            consent_reference: None,
        };
        let moment = |seconds| Moment {
            at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds),
            policy: Policy::default(),
            newer_open: false,
        };
        let verification = wanted.into_verification(SessionId::new(), &moment(0));

        let early = verification.admit(Channel::Sdk, None, false, &moment(60));
        let late = verification.admit(Channel::Sdk, None, false, &moment(61));

        assert!(matches!(early, Admission::Underway));
        assert!(matches!(late, Admission::Attempt));
    }
}
