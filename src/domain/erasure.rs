//! Destroying what is held about a user: what the law makes the partner keep, and the receipt.
//!
//! Invariant: a receipt names nobody. It goes into files and tickets of people who have no business
//! with the user's data; the keyed hash in it is the one by which the audit log knows the user.

use std::{collections::BTreeSet, fmt::Write as _};

use jiff::{SignedDuration, Timestamp};

use super::{audit::AuditActor, user::UserId};

/// A class of personal data that somebody may have to keep.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum DataClass {
    /// Phone number or email address, and the references of its proof and of the consent.
    Contact,
    /// What the provider said last: the data of the document, the checks.
    Submission,
    /// The verdict and the way there.
    Verdict,
    /// Callbacks as they came.
    Callbacks,
}

impl DataClass {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Callbacks, Self::Contact, Self::Submission, Self::Verdict];

    /// The spelling in settings, receipt and column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Submission => "submission",
            Self::Verdict => "verdict",
            Self::Callbacks => "callbacks",
        }
    }

    /// Reads [`DataClass::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }
}

/// What survives an erasure, and how long.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Hold {
    /// The classes that the law makes the partner keep.
    pub classes: BTreeSet<DataClass>,
    /// How long from the erasure on.
    pub lasts: SignedDuration,
}

/// A wish to destroy what is held about a user.
#[derive(Clone, Debug)]
pub struct ErasureOrder {
    /// Whose.
    pub user: UserId,
    /// Who wishes it.
    pub actor: AuditActor,
    /// What survives.
    pub hold: Hold,
    /// How long it is remembered that a session or a submission was erased.
    pub remembered: SignedDuration,
}

/// How much was destroyed, by class.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Destroyed {
    /// Answers kept for repetitions.
    pub answers: u64,
    /// Callbacks as they came.
    pub callbacks: u64,
    /// Contacts with the references of their proofs.
    pub contacts: u64,
    /// SDK tokens and launch URLs.
    pub credentials: u64,
    /// Documents' data.
    pub submissions: u64,
    /// Lines of timelines.
    pub timeline: u64,
    /// Verifications with their verdicts.
    pub verifications: u64,
}

impl Destroyed {
    /// By name, in the order of the names.
    pub const fn by_name(&self) -> [(&'static str, u64); 7] {
        [
            ("answers", self.answers),
            ("callbacks", self.callbacks),
            ("contacts", self.contacts),
            ("credentials", self.credentials),
            ("submissions", self.submissions),
            ("timeline", self.timeline),
            ("verifications", self.verifications),
        ]
    }

    /// Whether there was nothing.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Why something was kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeptFor {
    /// The operator says that the law wants it: `retention.hold`.
    Law,
    /// It proves who read and did what; the user is in it as a keyed hash.
    Accountability,
    /// Keyed hashes alone, by which late callbacks are known and kept out.
    LateCallbacks,
}

impl KeptFor {
    /// The spelling in a receipt.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Law => "law",
            Self::Accountability => "accountability",
            Self::LateCallbacks => "late_callbacks",
        }
    }
}

/// Something that was kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Kept {
    /// What.
    pub class: &'static str,
    /// How many records.
    pub records: u64,
    /// Until when, where that is known.
    pub until: Option<Timestamp>,
    /// Why.
    pub reason: KeptFor,
}

/// What an erasure did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ErasureReceipt {
    /// When.
    pub at: Timestamp,
    /// The keyed hash of the user, in hexadecimal digits.
    pub subject: String,
    /// What was destroyed.
    pub destroyed: Destroyed,
    /// What was kept and why, by class.
    pub kept: Vec<Kept>,
    /// SHA-256 over [`ErasureReceipt::canonical`], in hexadecimal digits.
    pub hash: String,
}

impl ErasureReceipt {
    /// What is hashed: the receipt without its hash in canonical JSON (RFC 8785), that is members by
    /// name and no blanks. Nothing in it needs escaping.
    pub fn canonical(&self) -> String {
        let mut text = format!("{{\"at\":\"{}\",\"destroyed\":{{", self.at);
        for (place, (name, count)) in self.destroyed.by_name().into_iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            let _ = write!(text, "{comma}\"{name}\":{count}");
        }
        text.push_str("},\"kept\":[");
        for (place, kept) in self.kept.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            let Kept { class, records, reason, .. } = kept;
            let reason = reason.as_str();
            let _ = write!(text, "{comma}{{\"class\":\"{class}\",\"reason\":\"{reason}\"");
            let _ = write!(text, ",\"records\":{records}");
            if let Some(until) = kept.until {
                let _ = write!(text, ",\"until\":\"{until}\"");
            }
            text.push('}');
        }
        let _ = write!(text, "],\"subject\":\"{}\"}}", self.subject);
        text
    }
}

/// Bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_read_back_as_themselves() {
        for class in DataClass::ALL {
            assert_eq!(DataClass::parse(class.as_str()), Some(class));
        }
        assert_eq!(DataClass::parse("audit"), None);
    }

    #[test]
    fn a_receipt_has_one_form() {
        let kept = |class, until, reason| Kept { class, records: 1, until, reason };
        let receipt = ErasureReceipt {
            at: Timestamp::UNIX_EPOCH,
            subject: hexadecimal(&[0, 255]),
            destroyed: Destroyed { callbacks: 2, ..Destroyed::default() },
            kept: vec![
                kept("audit", None, KeptFor::Accountability),
                kept("contact", Some(Timestamp::UNIX_EPOCH), KeptFor::Law),
            ],
            hash: String::new(),
        };

        assert_eq!(
            receipt.canonical(),
            "{\"at\":\"1970-01-01T00:00:00Z\",\"destroyed\":{\"answers\":0,\"callbacks\":2,\
             \"contacts\":0,\"credentials\":0,\"submissions\":0,\"timeline\":0,\
             \"verifications\":0},\"kept\":[{\"class\":\"audit\",\"reason\":\"accountability\",\
             \"records\":1},{\"class\":\"contact\",\"reason\":\"law\",\"records\":1,\
             \"until\":\"1970-01-01T00:00:00Z\"}],\"subject\":\"00ff\"}"
        );
    }
}
