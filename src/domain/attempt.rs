//! One initiate-flow call of a verification, and the credential it brought.

use jiff::Timestamp;
use secrecy::SecretString;

use super::{id::SessionId, redirect::RedirectUrls, status::Channel};

/// What a user captures with. A bearer secret, whichever of the two it is.
#[derive(Clone, Debug)]
pub enum Credential {
    /// For the native SDK.
    SdkToken(SecretString),
    /// For the browser; it carries the token in its fragment.
    LaunchUrl(SecretString),
    /// One of the two, that ended and is not held any more.
    Forgotten,
}

/// A credential and its end.
#[derive(Clone, Debug)]
pub struct IssuedCredential {
    /// The secret.
    pub credential: Credential,
    /// When the provider stops taking it.
    pub expires_at: Timestamp,
}

/// How far an attempt has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AttemptState {
    /// The provider is being asked.
    Initiating,
    /// The provider gave a credential.
    Issued,
    /// The provider said no.
    Refused,
    /// Nobody knows: the answer never came, or we stopped before it did.
    Unknown,
    /// A newer attempt took its place. A result may still name this one.
    Replaced,
}

impl AttemptState {
    /// The spelling in JSON and column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initiating => "initiating",
            Self::Issued => "issued",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Replaced => "replaced",
        }
    }

    /// Reads [`AttemptState::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Initiating, Self::Issued, Self::Refused, Self::Unknown, Self::Replaced]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// One call; it owns its session id, which is never used for another.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The provider's `x-partner-session-id`.
    pub session: SessionId,
    /// What was asked for.
    pub channel: Channel,
    /// Where the provider was told to send the browser.
    pub redirects: Option<RedirectUrls>,
    /// How far it has come.
    pub state: AttemptState,
    /// When the call was written down, before it was made.
    pub created_at: Timestamp,
    /// What it brought; kept until it is replaced.
    pub issued: Option<IssuedCredential>,
}

impl Attempt {
    /// An attempt about to be made; nothing else was ever called `session`.
    pub fn new(
        session: SessionId,
        channel: Channel,
        redirects: Option<RedirectUrls>,
        at: Timestamp,
    ) -> Self {
        Self {
            session,
            channel,
            redirects,
            state: AttemptState::Initiating,
            created_at: at,
            issued: None,
        }
    }

    /// The credential, while this attempt is the one to use.
    pub fn credential(&self) -> Option<&IssuedCredential> {
        match self.state {
            AttemptState::Issued => self.issued.as_ref(),
            AttemptState::Initiating
            | AttemptState::Refused
            | AttemptState::Unknown
            | AttemptState::Replaced => None,
        }
    }
}
