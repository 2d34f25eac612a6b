//! Who calls, once proven.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{contact::ContactSource, proof::Contacts, user::UserId};

/// One of the partner's apps, by the name its tokens carry.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct AppId(String);

impl AppId {
    /// Takes 1 to 128 visible ASCII characters; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let fits =
            (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A user, calling through one of the partner's apps.
#[derive(Clone, Debug)]
pub struct AppCaller {
    /// The user.
    pub user: UserId,
    /// The app; recorded and limited by, never a ground for ownership.
    pub app: AppId,
    /// The contacts that the token vouches for.
    pub contacts: Contacts,
    /// Who else may vouch for one, and in which order they are asked.
    pub sources: Vec<ContactSource>,
    /// Which of the trusted issuers vouches for the user, by its place in the configuration.
    pub issuer: usize,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// What a back end may do.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Scope {
    /// Read verdicts.
    VerificationRead,
    /// Read the data of documents as well.
    VerificationReadPii,
    /// Read the pictures of captures.
    ImagesRead,
    /// Start verifications on behalf of users.
    VerificationStart,
    /// See and repeat deliveries of webhooks.
    WebhookManage,
    /// Read the audit log.
    AuditRead,
    /// Get everything held about a user.
    SubjectExport,
    /// Destroy everything held about a user.
    SubjectErase,
}

impl Scope {
    /// The spelling in a token's `scope` claim (RFC 8693, section 4.2).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerificationRead => "verification:read",
            Self::VerificationReadPii => "verification:read:pii",
            Self::ImagesRead => "verification:read:images",
            Self::VerificationStart => "verification:start",
            Self::WebhookManage => "webhook:manage",
            Self::AuditRead => "audit:read",
            Self::SubjectExport => "subject:export",
            Self::SubjectErase => "subject:erase",
        }
    }

    /// Reads [`Scope::as_str`] back; `None` for scopes that mean nothing to us.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::VerificationRead,
            Self::VerificationReadPii,
            Self::ImagesRead,
            Self::VerificationStart,
            Self::WebhookManage,
            Self::AuditRead,
            Self::SubjectExport,
            Self::SubjectErase,
        ]
        .into_iter()
        .find(|scope| scope.as_str() == text)
    }
}

/// One of the partner's own servers.
#[derive(Clone, Debug)]
pub struct BackendCaller {
    /// The server's name, from its token.
    pub client: AppId,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// When the token ends.
    pub expires_at: Timestamp,
}

impl BackendCaller {
    /// Whether `scope` was granted.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}
