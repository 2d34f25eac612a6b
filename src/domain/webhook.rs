//! Where webhooks go, and what they can be about.

use std::fmt;

use secrecy::SecretString;

/// The operator's name for an endpoint. What is stored and measured hangs on it, so it is short,
/// plain, and tells nothing of the address.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EndpointId(String);

impl EndpointId {
    /// Takes 1 to 64 of `a-z 0-9 _ -`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(plain);
        fits.then(|| Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a webhook tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WebhookEvent {
    /// A verification has another status, or another reason for it.
    VerificationUpdated,
    /// Everything held about a verification was destroyed.
    VerificationErased,
}

impl WebhookEvent {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::VerificationUpdated, Self::VerificationErased];

    /// The spelling in JSON, settings and column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerificationUpdated => "verification.updated",
            Self::VerificationErased => "verification.erased",
        }
    }

    /// Reads [`WebhookEvent::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == text)
    }
}

/// One address of a back end that is told.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its name.
    pub id: EndpointId,
    /// Its address; secret, since many a receiver is known by its path alone.
    pub url: SecretString,
    /// What it is told.
    pub events: Vec<WebhookEvent>,
}
