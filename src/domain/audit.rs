//! What is written down of every read of personal data, and of what else is done to it.
//!
//! Invariant: an entry holds nothing personal. The user is there as a keyed hash once it is stored,
//! the actor is a machine or a role, and the detail is a word of ours or a count.

use std::{borrow::Cow, fmt, str::FromStr};

use jiff::Timestamp;

use super::{caller::AppId, id::VerificationId, user::UserId};

/// What was done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AuditAction {
    /// The data of a document were read.
    DocumentDataRead,
    /// A picture was read; its kind is the detail.
    ImageRead,
    /// The verifications of one user were searched for.
    UserSearched,
    /// Everything held about a user was handed out.
    SubjectExported,
    /// Everything held about a user was destroyed.
    SubjectErased,
    /// The oldest entries were removed; their number is the detail.
    AuditPruned,
    /// The key that seals was replaced.
    KeysRotated,
    /// Data keys were sealed anew under the key that seals now.
    KeysRewrapped,
    /// The gateway started with a configuration.
    ConfigurationStarted,
    /// These entries were read.
    AuditRead,
}

impl AuditAction {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::DocumentDataRead,
        Self::ImageRead,
        Self::UserSearched,
        Self::SubjectExported,
        Self::SubjectErased,
        Self::AuditPruned,
        Self::KeysRotated,
        Self::KeysRewrapped,
        Self::ConfigurationStarted,
        Self::AuditRead,
    ];

    /// The spelling everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DocumentDataRead => "document_data_read",
            Self::ImageRead => "image_read",
            Self::UserSearched => "user_searched",
            Self::SubjectExported => "subject_exported",
            Self::SubjectErased => "subject_erased",
            Self::AuditPruned => "audit_pruned",
            Self::KeysRotated => "keys_rotated",
            Self::KeysRewrapped => "keys_rewrapped",
            Self::ConfigurationStarted => "configuration_started",
            Self::AuditRead => "audit_read",
        }
    }

    /// Reads [`AuditAction::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}

/// Who did it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AuditActor {
    /// One of the partner's own servers, by the name of its token.
    Backend(AppId),
    /// Whoever may run the command line.
    Operator,
    /// The gateway, by itself.
    Gateway,
}

impl AuditActor {
    /// The spelling in the store and in answers.
    pub fn to_text(&self) -> String {
        match self {
            Self::Backend(client) => format!("backend:{}", client.as_str()),
            Self::Operator => "operator".to_owned(),
            Self::Gateway => "gateway".to_owned(),
        }
    }

    /// Reads [`AuditActor::to_text`] back.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "operator" => Some(Self::Operator),
            "gateway" => Some(Self::Gateway),
            _ => text.strip_prefix("backend:").and_then(AppId::parse).map(Self::Backend),
        }
    }
}

/// An entry to be written.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// What was done.
    pub action: AuditAction,
    /// Who did it.
    pub actor: AuditActor,
    /// To which verification.
    pub verification: Option<VerificationId>,
    /// To whose data; stored as a keyed hash.
    pub user: Option<UserId>,
    /// What exactly: a fixed word, a count, a version. Never anything personal.
    pub detail: Option<Cow<'static, str>>,
}

impl AuditEntry {
    /// An entry about nobody in particular.
    pub const fn new(action: AuditAction, actor: AuditActor) -> Self {
        Self { action, actor, verification: None, user: None, detail: None }
    }

    /// About this verification.
    #[must_use]
    pub const fn about(mut self, verification: VerificationId) -> Self {
        self.verification = Some(verification);
        self
    }

    /// About this user's data.
    #[must_use]
    pub fn of_user(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    /// What exactly.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// An entry as it was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditRecord {
    /// Its number; they follow one another without a gap.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub action: AuditAction,
    /// Who did it.
    pub actor: AuditActor,
    /// To which verification.
    pub verification: Option<VerificationId>,
    /// What exactly.
    pub detail: Option<String>,
}

/// A place of the chain: an entry's number and its hash, which depends on all before it. Noted
/// elsewhere, it proves later that nothing up to there was cut off.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AuditHead {
    /// The number of the entry; 0 before the first.
    pub sequence: u64,
    /// Its hash.
    pub hash: [u8; 32],
}

impl AuditHead {
    /// Before the first entry.
    pub const START: Self = Self { sequence: 0, hash: [0; 32] };
}

/// `SEQUENCE:HASH`, the hash in hexadecimal.
impl fmt::Display for AuditHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.sequence)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text that is no [`AuditHead`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not of the form SEQUENCE:HASH, with the hash as 64 hexadecimal digits")]
pub struct InvalidAuditHead;

impl FromStr for AuditHead {
    type Err = InvalidAuditHead;

    fn from_str(text: &str) -> Result<Self, InvalidAuditHead> {
        let (sequence, digits) = text.split_once(':').ok_or(InvalidAuditHead)?;
        let sequence = sequence.parse().map_err(|_| InvalidAuditHead)?;
        if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidAuditHead);
        }
        let mut hash = [0; 32];
        for (place, byte) in hash.iter_mut().enumerate() {
            let pair = digits.get(place * 2..place * 2 + 2).ok_or(InvalidAuditHead)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| InvalidAuditHead)?;
        }
        Ok(Self { sequence, hash })
    }
}

/// What is wrong with a chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AuditDamage {
    /// The entry is not there, though later ones are.
    Missing,
    /// The entry, or its place in the chain, is not as it was written.
    Changed,
    /// What says that earlier entries were pruned was not written by the gateway.
    Checkpoint,
    /// The chain ends before the entry that was noted elsewhere.
    Truncated,
    /// The entry has another hash than was noted elsewhere.
    Rewritten,
    /// The entry that was noted elsewhere was pruned, so that it proves nothing any more.
    AnchorPruned,
}

/// The outcome of checking a chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditReport {
    /// How many entries were found whole, one after the other.
    pub entries: u64,
    /// The times of the first and the last of them.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Up to which number entries were pruned; 0 if none were.
    pub pruned_through: u64,
    /// The last entry that was found whole.
    pub head: AuditHead,
    /// The first thing that is wrong, and at which entry.
    pub damage: Option<(u64, AuditDamage)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_reads_back_as_itself_and_nothing_else_is_one() {
        let head = AuditHead {
            sequence: 48_211,
            hash: std::array::from_fn(|place| u8::try_from(place * 7).unwrap()),
        };

        assert_eq!(head.to_string().parse(), Ok(head));
        let digits = "0".repeat(64);
        for text in [
            "",
            "1",
            ":",
            &digits,
            &format!("x:{digits}"),
            &format!("1:{digits}0"),
            &format!("1:+{}", "0".repeat(63)),
            &format!("-1:{digits}"),
        ] {
            assert_eq!(text.parse::<AuditHead>(), Err(InvalidAuditHead), "{text}");
        }
    }

    #[test]
    fn words_read_back_as_themselves() {
        for action in AuditAction::ALL {
            assert_eq!(AuditAction::parse(action.as_str()), Some(action));
        }
        let backend = AuditActor::Backend(AppId::parse("operator").unwrap());
        for actor in [backend, AuditActor::Operator, AuditActor::Gateway] {
            assert_eq!(AuditActor::parse(&actor.to_text()), Some(actor));
        }
        assert_eq!(AuditActor::parse("backend:"), None);
    }
}
