//! Where the proof of a contact comes from, and how often it counts.

use jiff::Timestamp;

use super::contact::{ContactKind, VerificationReference, VerifiedContact};

/// What one source says of a user's contacts.
#[derive(Clone, Debug, Default)]
pub struct Contacts {
    /// The verified phone, if there is one.
    pub phone: Option<VerifiedContact>,
    /// The verified email, if there is one.
    pub email: Option<VerifiedContact>,
    /// Contacts that are verified too, but of no form that the provider takes.
    pub unfit: Vec<ContactKind>,
}

impl Contacts {
    /// The contact to verify with: the one asked for, else phone before email.
    pub fn choose(&self, wanted: Option<ContactKind>) -> Option<&VerifiedContact> {
        match wanted {
            Some(ContactKind::Phone) => self.phone.as_ref(),
            Some(ContactKind::Email) => self.email.as_ref(),
            None => self.phone.as_ref().or(self.email.as_ref()),
        }
    }

    /// Whether there would be one, were it of another form.
    pub fn lacks_form(&self, wanted: Option<ContactKind>) -> bool {
        match wanted {
            Some(kind) => self.unfit.contains(&kind),
            None => !self.unfit.is_empty(),
        }
    }
}

/// A statement about a contact that counts once: whoever gets hold of it later has no use for it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SingleUse {
    /// Who made the statement; references of two issuers are two references.
    pub issuer: String,
    /// What it is called there.
    pub reference: VerificationReference,
    /// Until when it might be believed, so that it must be remembered.
    pub until: Timestamp,
}

/// A contact proven by a signed statement.
#[derive(Clone, Debug)]
pub struct ProvenContact {
    /// The contact.
    pub contact: VerifiedContact,
    /// The statement, to be used up.
    pub once: SingleUse,
}
