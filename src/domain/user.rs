//! The end user, by the one name that tokens, paths, searches and the provider share.

use std::fmt;

use super::contact::{EmailAddress, PhoneNumber};

/// Why a text is no user id.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidUserId {
    /// Empty, or longer than 128 characters.
    #[error("a user id has 1 to 128 characters")]
    Length,
    /// A character outside `[A-Za-z0-9._~:|-]`; ids stand in URLs and in HTTP headers.
    #[error("a user id is made of letters, digits and . _ ~ : | -")]
    Character,
    /// A phone number, an email address or an identity number: it would put personal data into
    /// paths, logs and the provider's headers.
    #[error("a user id must not be a phone number, an email address or an identity number")]
    Personal,
}

/// The user's id; the provider's `x-partner-user-id`.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct UserId(String);

impl UserId {
    /// Parses a user id, prefix included.
    pub fn parse(text: &str) -> Result<Self, InvalidUserId> {
        if text.is_empty() || text.len() > 128 {
            return Err(InvalidUserId::Length);
        }
        let looks_personal = PhoneNumber::parse(text).is_ok()
            || EmailAddress::parse(text).is_ok()
            || (text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_digit()));
        if looks_personal {
            return Err(InvalidUserId::Personal);
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._~:|-".contains(&byte);
        // To a URL these are no names but directions: `/users/..` leads to somewhere else.
        let is_direction = matches!(text, "." | "..");
        if is_direction || !text.bytes().all(allowed) {
            return Err(InvalidUserId::Character);
        }
        Ok(Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A user id is a pseudonym, but one that the partner can resolve: it stays out of debug output.
impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_ids_are_taken() {
        for text in ["cust-000481", "auth0|62f", "a", "urn:user:7~x_y.z"] {
            assert_eq!(UserId::parse(text).map(|id| id.as_str().to_owned()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_would_leak_or_break_is_refused() {
        let long = "x".repeat(129);
        for (text, why) in [
            ("", InvalidUserId::Length),
            (long.as_str(), InvalidUserId::Length),
            ("081234567890", InvalidUserId::Personal),
            ("6281234567890", InvalidUserId::Personal),
            ("+6281234567890", InvalidUserId::Personal),
            ("someone@example.com", InvalidUserId::Personal),
            ("9901015403920001", InvalidUserId::Personal),
            ("a b", InvalidUserId::Character),
            ("a/b", InvalidUserId::Character),
            (".", InvalidUserId::Character),
            ("..", InvalidUserId::Character),
            ("é", InvalidUserId::Character),
            ("a\r\nx: y", InvalidUserId::Character),
        ] {
            assert_eq!(UserId::parse(text), Err(why), "{text}");
        }
    }
}
