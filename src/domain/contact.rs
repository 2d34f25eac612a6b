//! The user's phone or email, and the proof that the partner verified it.
//!
//! A contact exists only in the form the provider takes, and a [`VerifiedContact`] only with the
//! reference of its proof: an unproven contact cannot be sent by mistake.

use jiff::Timestamp;

use super::pii::Pii;

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
            rest
        } else if text.trim_start().starts_with('+') {
            return Err(InvalidContact::Phone); // another country
        } else {
            digits.strip_prefix('0').ok_or(InvalidContact::Phone)?
        };
        if !(9..=13).contains(&national.len()) {
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
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidContact::Email)?;
        let local_ok = (1..=64).contains(&local.len())
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&byte)
            });
        let label_ok = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let domain_ok = domain.contains('.') && domain.split('.').all(label_ok);
        if text.len() > 254 || !local_ok || !domain_ok {
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
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerificationReference(String);

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

/// A contact together with whose word it is verified on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifiedContact {
    /// The contact.
    pub contact: Contact,
    /// The reference of its proof.
    pub reference: VerificationReference,
    /// Whose word.
    pub source: ContactSource,
    /// When the proof was given, as far as known.
    pub verified_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_of_every_spelling_become_one() {
        for text in ["+62 812-3456-7890", "6281234567890", "081234567890", " (0812) 3456.7890 "] {
            let phone = PhoneNumber::parse(text).unwrap();
            assert_eq!(phone.expose(), "6281234567890", "{text}");
        }
    }

    #[test]
    fn the_providers_length_rule_holds_at_both_ends() {
        assert!(PhoneNumber::parse("62812345678").is_ok());
        assert!(PhoneNumber::parse("6281234567").is_err());
        assert!(PhoneNumber::parse("628123456789012").is_ok());
        assert!(PhoneNumber::parse("6281234567890123").is_err());
    }

    #[test]
    fn what_is_no_indonesian_phone_is_refused() {
        for text in [
            "",
            "812345678901",
            "+65 81234567",
            "+0812345678",
            "62812x4567890",
            "6281234+67890",
            "６２８１２３４５６７８９",
        ] {
            assert_eq!(PhoneNumber::parse(text), Err(InvalidContact::Phone), "{text}");
        }
    }

    #[test]
    fn an_email_keeps_its_local_part_and_lowers_its_domain() {
        assert_eq!(
            EmailAddress::parse("Some.One+7@Example.COM").unwrap().expose(),
            "Some.One+7@example.com"
        );
    }

    #[test]
    fn what_is_no_email_is_refused() {
        for text in [
            "",
            "a",
            "@b.co",
            "a@",
            "a@b",
            "a b@c.co",
            "a@b..co",
            "a@-b.co",
            "a@b.co\r\nx",
            "a@[1.2.3.4]",
            ".a@b.co",
            "é@b.co",
        ] {
            assert_eq!(EmailAddress::parse(text), Err(InvalidContact::Email), "{text}");
        }
    }

    #[test]
    fn debug_output_hides_contacts() {
        let phone = Contact::Phone(PhoneNumber::parse("081234567890").unwrap());

        assert!(!format!("{phone:?}").contains("8123"));
    }
}
