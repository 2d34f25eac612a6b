//! Names of things: ours in `TypeID` form, the provider's as opaque text.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use uuid::{Builder, Uuid};

/// A text that is no id of the kind asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct InvalidId;

/// Crockford's alphabet in lower case, as `TypeID` 0.3 uses it.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 128 bits in groups of five.
const SUFFIX_LENGTH: usize = 26;

macro_rules! type_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh id; ids made later sort later (UUID version 7).
            pub fn new(at: Timestamp) -> Self {
                let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
                // The last ten bytes of a v4 are random enough for the tail of a v7.
                let [_, _, _, _, _, _, random @ ..] = Uuid::new_v4().into_bytes();
                Self(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// The bytes to store.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The id whose stored bytes these are.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($prefix, "_"))?;
                write_base32(self.0.as_u128(), f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let suffix = text.strip_prefix(concat!($prefix, "_")).ok_or(InvalidId)?;
                read_base32(suffix).map(|value| Self(Uuid::from_u128(value)))
            }
        }
    };
}

type_id! {
    /// The id of a verification: `ver_…`, opaque to callers.
    VerificationId, "ver"
}
type_id! {
    /// The id of a stored callback: `cbk_…`.
    CallbackId, "cbk"
}
type_id! {
    /// The id of a webhook's delivery to one endpoint: `whd_…`, the same at every try.
    DeliveryId, "whd"
}

/// Our name for one initiate-flow call, the provider's `x-partner-session-id`.
///
/// We send UUIDs of version 4. What comes back is kept as text, since the provider's own samples
/// hold ids that are no UUIDs.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct SessionId(String);

impl SessionId {
    /// A fresh session id, for a call that no attempt is of.
    pub fn new() -> Self {
        Self::from_uuid(Uuid::new_v4())
    }

    /// The session id that is this UUID.
    pub fn from_uuid(id: Uuid) -> Self {
        Self(id.to_string())
    }

    /// Takes what the provider echoes.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        opaque(text).map(Self)
    }

    /// The text to send.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for SessionId {
    fn default() -> Self {
        Self::new()
    }
}

/// The provider's name for a submission.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct SubmissionId(String);

impl SubmissionId {
    /// Takes what the provider sends.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        opaque(text).map(Self)
    }

    /// The text as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The provider publishes no limit; 256 keeps an id an id.
fn opaque(text: &str) -> Result<String, InvalidId> {
    let plain = !text.is_empty() && text.len() <= 256 && !text.chars().any(char::is_control);
    plain.then(|| text.to_owned()).ok_or(InvalidId)
}

fn write_base32(value: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [b'0'; SUFFIX_LENGTH];
    let mut rest = value;
    for place in text.iter_mut().rev() {
        let digit = usize::try_from(rest & 31).unwrap_or_default();
        *place = ALPHABET.get(digit).copied().unwrap_or(b'0');
        rest >>= 5;
    }
    f.write_str(std::str::from_utf8(&text).unwrap_or_default())
}

fn read_base32(text: &str) -> Result<u128, InvalidId> {
    // The first of 26 digits carries three bits: above '7' the value would not fit.
    if text.len() != SUFFIX_LENGTH || !text.starts_with(|first| ('0'..='7').contains(&first)) {
        return Err(InvalidId);
    }
    text.bytes().try_fold(0_u128, |value, byte| {
        let digit = ALPHABET.iter().position(|&letter| letter == byte).ok_or(InvalidId)?;
        Ok(value << 5 | u128::try_from(digit).map_err(|_| InvalidId)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_itself() {
        let id = VerificationId::new(Timestamp::UNIX_EPOCH);

        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().len(), "ver_".len() + SUFFIX_LENGTH);
    }

    #[test]
    fn the_known_type_id_vector_holds() {
        // From the TypeID specification's valid vectors: "valid-uuidv7".
        let id: VerificationId = "ver_01h455vb4pex5vsknk084sn02q".parse().unwrap();

        assert_eq!(
            Uuid::from_bytes(*id.as_bytes()).to_string(),
            "01890a5d-ac96-774b-bcce-b302099a8057"
        );
    }

    #[test]
    fn later_ids_sort_later() {
        let early = VerificationId::new(Timestamp::from_second(1).unwrap());
        let late = VerificationId::new(Timestamp::from_second(2).unwrap());

        assert!(early < late && early.to_string() < late.to_string());
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "ver_",
            "01h455vb4pex5vsknk084sn02q",
            "cbk_01h455vb4pex5vsknk084sn02q",
            "ver_81h455vb4pex5vsknk084sn02q",
            "ver_01h455vb4pex5vsknk084sn02",
            "ver_01H455VB4PEX5VSKNK084SN02Q",
            "ver_01h455vb4pex5vsknk084sn02q0",
            "ver_0lh455vb4pex5vsknk084sn02q",
            "ver_01h455vb4pex5vsknk084sn02é",
        ] {
            assert_eq!(text.parse::<VerificationId>(), Err(InvalidId), "{text}");
        }
    }
}
