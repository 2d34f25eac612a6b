//! What a verification lets go of while the rest of it is kept.
//!
//! Invariant: no caller sees a difference, so no revision is raised and nobody is told.

use jiff::Timestamp;

use super::{
    attempt::{Credential, IssuedCredential},
    contact::KeptContact,
    verification::Verification,
};

impl IssuedCredential {
    /// Whether the secret itself is there.
    pub const fn is_held(&self) -> bool {
        match self.credential {
            Credential::SdkToken(_) | Credential::LaunchUrl(_) => true,
            Credential::Forgotten => false,
        }
    }
}

impl Verification {
    /// When the first of its credentials that are held ends.
    pub fn first_credential_end(&self) -> Option<Timestamp> {
        let issued = self.attempts.iter().filter_map(|attempt| attempt.issued.as_ref());
        issued.filter(|it| it.is_held()).map(|it| it.expires_at).min()
    }

    /// Lets go of credentials that ended by `before`. That there were some, and when they ended,
    /// stays. Says whether any was held.
    pub fn forget_credentials(&mut self, before: Timestamp) -> bool {
        let mut any = false;
        let issued = self.attempts.iter_mut().filter_map(|attempt| attempt.issued.as_mut());
        for issued in issued.filter(|it| it.is_held() && it.expires_at <= before) {
            issued.credential = Credential::Forgotten;
            any = true;
        }
        any
    }

    /// Lets go of the contact's value, unless the verification is open: then the provider may have to
    /// be told it once more. Kind, source and the reference of the proof stay. Says whether it was
    /// held.
    pub fn forget_contact(&mut self) -> bool {
        let goes = self.status.is_closed() && self.contact.contact.held().is_some();
        if goes {
            self.contact.contact = KeptContact::Forgotten(self.contact.contact.kind());
        }
        goes
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::domain::{
        Admission, Attempt, AttemptState, Channel, Moment, NextAction, Policy, SessionId, Status,
        transition_tests::{credential, moment, started},
        visible::Visible,
    };

    fn later(hours: i64) -> Timestamp {
        moment(hours * 3600).at
    }

    fn with_credentials() -> Verification {
        let mut verification = started();
        for (attempt, hours) in [(AttemptState::Replaced, 1), (AttemptState::Issued, 3)] {
            let mut made = Attempt::new(SessionId::new(), Channel::Sdk, None, later(0));
            made.state = attempt;
            made.issued = Some(IssuedCredential { expires_at: later(hours), ..credential(1) });
            verification.attempts.push(made);
        }
        verification
    }

    #[test]
    fn credentials_go_one_by_one_and_nobody_sees_it() {
        let mut verification = with_credentials();
        let before = Visible::of(&verification, later(2));

        let early = verification.forget_credentials(later(0));
        let first = verification.first_credential_end();
        let one = verification.forget_credentials(later(1));
        let second = verification.first_credential_end();
        let same = Visible::of(&verification, later(2)) == before;
        let both = verification.forget_credentials(later(3));

        assert_eq!((early, one, both, same), (false, true, true, true));
        assert_eq!((first, second), (Some(later(1)), Some(later(3))));
        assert_eq!(verification.first_credential_end(), None);
        assert!(verification.was_issued());
        assert_eq!(verification.next_action(later(4)), NextAction::Retry);
    }

    #[test]
    fn a_credential_that_is_gone_is_never_handed_out() {
        let mut verification = with_credentials();
        verification.forget_credentials(later(3));
        // A clock that was put back, and no margin: its end alone would not keep it in.
        let policy = Policy { resume_margin: SignedDuration::ZERO, ..Policy::default() };
        let moment = Moment { at: later(2), policy, newer_open: false };

        let admission = verification.admit(Channel::Sdk, None, true, &moment);

        assert!(matches!(admission, Admission::Attempt), "{admission:?}");
    }

    #[test]
    fn an_open_verification_keeps_its_contact() {
        let mut verification = started();
        let kind = verification.contact.contact.kind();

        let open = verification.forget_contact();
        verification.status = Status::Expired;
        let closed = verification.forget_contact();
        let again = verification.forget_contact();

        assert_eq!((open, closed, again), (false, true, false));
        assert_eq!(verification.contact.contact, KeptContact::Forgotten(kind));
    }
}
