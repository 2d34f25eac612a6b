//! The user's phone or email, and the proof that the partner verified it.
//!
//! A contact exists only in the form the provider takes, and a [`VerifiedContact`] only with the
//! reference of its proof: an unproven contact cannot be sent by mistake.

use std::fmt;

use email_address::{EmailAddress as Grammar, Options};
use jiff::Timestamp;

use super::pii::Pii;

const DIGITS: [char; 10] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/// Why a text is no contact.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidContact {
    /// Not an Indonesian phone number.
    #[error("not an Indonesian phone number")]
    Phone,
    /// Not an email address.
    #[error("not an email address")]
    Email,
    /// The reference of the proof is empty, too long or unprintable.
    #[error("not a verification reference")]
    Reference,
}

/// Which of a user's contacts.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ContactKind {
    /// A phone number.
    Phone,
    /// An email address.
    Email,
}

/// Whose word makes a contact a verified one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ContactSource {
    /// Claims of the user's access token (OIDC `phone_number_verified`, `email_verified`).
    Claims,
    /// A signed statement by the partner's OTP service.
    Proof,
    /// The partner's user service, asked by us.
    Directory,
    /// The partner's own server, which started the verification.
    Backend,
}

impl ContactKind {
    /// The spelling in JSON and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
        }
    }

    /// Reads [`ContactKind::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Phone, Self::Email].into_iter().find(|kind| kind.as_str() == text)
    }
}

impl ContactSource {
    /// The spelling in JSON and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claims => "claims",
            Self::Proof => "proof",
            Self::Directory => "directory",
            Self::Backend => "backend",
        }
    }
}

/// A phone number as the provider takes it: digits, `62` and 9 to 13 more.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct PhoneNumber(Pii<String>);

impl PhoneNumber {
    /// Reads `+62 812-3456-7890`, `62812…` and `0812…`; everything else is refused.
    pub fn parse(text: &str) -> Result<Self, InvalidContact> {
        // Longer texts are no phone number with separators, and not worth a copy.
        if text.len() > 32 {
            return Err(InvalidContact::Phone);
        }
        let mut digits = String::with_capacity(16);
        for (place, letter) in text.trim().chars().enumerate() {
            match letter {
                '0'..='9' => digits.push(letter),
                '+' if place == 0 => {}
                ' ' | '-' | '.' | '(' | ')' => {}
                _ => return Err(InvalidContact::Phone),
            }
        }
        let national = if let Some(rest) = digits.strip_prefix("62") {
            // "+62 (0)812…": the zero is dialled within the country only.
            rest.strip_prefix('0').unwrap_or(rest)
        } else if text.trim_start().starts_with('+') {
            return Err(InvalidContact::Phone); // another country
        } else {
            digits.strip_prefix('0').ok_or(InvalidContact::Phone)?
        };
        // Behind the zero stands a number, not another prefix ("0062…", "0065…"): one telephone
        // must not become two contacts.
        if national.starts_with('0') || !(9..=13).contains(&national.len()) {
            return Err(InvalidContact::Phone);
        }
        Ok(Self(Pii::new(format!("62{national}"))))
    }

    /// The digits, for the provider.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// An email address, with its domain in lower case.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct EmailAddress(Pii<String>);

impl EmailAddress {
    /// Takes `local@domain.tld` in the everyday form of RFC 5321: no quotes, no comments, no
    /// address literals, at most 254 characters.
    pub fn parse(text: &str) -> Result<Self, InvalidContact> {
        let text = text.trim();
        let grammar =
            Options::default().without_display_text().without_domain_literal().with_required_tld();
        Grammar::parse_with_options(text, grammar).map_err(|_| InvalidContact::Email)?;
        // What the grammar allows and hardly a mail system or the provider takes: letters of other
        // scripts, which look like one another, and quoted local parts, which hold anything.
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidContact::Email)?;
        let label_ok = |label: &str| {
            label.starts_with(|first: char| first.is_ascii_alphanumeric())
                && label.ends_with(|last: char| last.is_ascii_alphanumeric())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        // An address of four numbers has no name at its end.
        let named = domain.rsplit('.').next().is_some_and(|end| !end.starts_with(DIGITS));
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
        if text.len() > 254 || !plain || !named || !domain.split('.').all(label_ok) {
            return Err(InvalidContact::Email);
        }
        Ok(Self(Pii::new(format!("{local}@{}", domain.to_ascii_lowercase()))))
    }

    /// The address, for the provider.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// One of the two things the provider can tie a verification to.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Contact {
    /// By phone.
    Phone(PhoneNumber),
    /// By email.
    Email(EmailAddress),
}

impl Contact {
    /// Reads a contact of this kind.
    pub fn parse(kind: ContactKind, text: &str) -> Result<Self, InvalidContact> {
        match kind {
            ContactKind::Phone => PhoneNumber::parse(text).map(Self::Phone),
            ContactKind::Email => EmailAddress::parse(text).map(Self::Email),
        }
    }

    /// Which kind this is.
    pub const fn kind(&self) -> ContactKind {
        match self {
            Self::Phone(_) => ContactKind::Phone,
            Self::Email(_) => ContactKind::Email,
        }
    }

    /// The value, for the provider and for keyed hashes.
    pub fn expose(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.expose(),
            Self::Email(email) => email.expose(),
        }
    }
}

/// What the provider is told as `verificationReferenceId`; it traces back to the proof.
#[derive(Clone, Eq, PartialEq)]
pub struct VerificationReference(String);

impl fmt::Debug for VerificationReference {
    /// With the records of the service that verified it, it leads to the contact.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerificationReference([personal])")
    }
}

impl VerificationReference {
    /// Takes 1 to 128 visible ASCII characters.
    pub fn parse(text: &str) -> Result<Self, InvalidContact> {
        let fits =
            (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned())).ok_or(InvalidContact::Reference)
    }

    /// The reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The contact of a verification, whose value goes before the rest does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeptContact {
    /// It is held.
    Held(Contact),
    /// Its value is gone; what kind it was is known.
    Forgotten(ContactKind),
}

impl KeptContact {
    /// The contact, while it is held.
    pub const fn held(&self) -> Option<&Contact> {
        match self {
            Self::Held(contact) => Some(contact),
            Self::Forgotten(_) => None,
        }
    }

    /// Which kind it is or was.
    pub const fn kind(&self) -> ContactKind {
        match self {
            Self::Held(contact) => contact.kind(),
            Self::Forgotten(kind) => *kind,
        }
    }

    /// Whether it is known to be `contact`.
    pub fn is(&self, contact: &Contact) -> bool {
        self.held() == Some(contact)
    }
}

/// A contact together with whose word it is verified on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifiedContact<C = Contact> {
    /// The contact.
    pub contact: C,
    /// The reference of its proof.
    pub reference: VerificationReference,
    /// Whose word.
    pub source: ContactSource,
    /// When the proof was given, as far as known.
    pub verified_at: Option<Timestamp>,
}

impl VerifiedContact {
    /// The same as a verification keeps it.
    pub fn kept(self) -> VerifiedContact<KeptContact> {
        let Self { contact, reference, source, verified_at } = self;
        VerifiedContact { contact: KeptContact::Held(contact), reference, source, verified_at }
    }
}
