//! Why a verification ended as it did, in our own coarse words.
//!
//! Coarse on purpose: an app, and whoever holds the phone, learns what to do next and nothing that
//! would teach a fraudster which check caught him. Texts for people belong to the API.

use super::submission::SubmissionResult;

/// The catalogue of reasons; part of the contract, new ones may be added.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ReasonCode {
    /// The photo does not show a valid electronic KTP.
    DocumentNotAccepted,
    /// The registry holds other data for this person.
    DataMismatch,
    /// The selfie could not be taken as proof.
    FaceNotVerified,
    /// Everything that is not for the user to know, and every code we do not know.
    NotVerified,
    /// The phone or email belongs to another identity already.
    ContactInUse,
    /// The provider or the registry failed.
    SystemError,
    /// A result was announced but could never be confirmed, or contradicts itself.
    ResultUnconfirmed,
    /// A verification with another contact took its place.
    Superseded,
    /// The user did not finish in time.
    TimedOut,
}

impl ReasonCode {
    /// Every reason, for catalogues and tests that must cover all.
    pub const ALL: [Self; 9] = [
        Self::DocumentNotAccepted,
        Self::DataMismatch,
        Self::FaceNotVerified,
        Self::NotVerified,
        Self::ContactInUse,
        Self::SystemError,
        Self::ResultUnconfirmed,
        Self::Superseded,
        Self::TimedOut,
    ];

    /// The reason for a negative end, from the provider's `reasonCode`.
    ///
    /// The provider's list is open and its pages disagree about it: what is unknown or absent is
    /// [`ReasonCode::NotVerified`], or a [`ReasonCode::SystemError`] where the provider failed.
    pub fn from_provider(code: Option<&str>, result: Option<&SubmissionResult>) -> Self {
        match code {
            Some("NOT_EKTP") => Self::DocumentNotAccepted,
            Some("DUKCAPIL_REJECTED") => Self::DataMismatch,
            Some("LIVENESS_CHECK_FAILED" | "AETHER_VERIFICATION_FAILED") => Self::FaceNotVerified,
            Some("EMAIL_HAS_BEEN_USED" | "PHONE_HAS_BEEN_USED") => Self::ContactInUse,
            Some("SYSTEM_ERROR" | "DUKCAPIL_IRRETRIEVABLE_ERROR" | "DUKCAPIL_SYSTEM_ERROR") => {
                Self::SystemError
            }
            None if result.is_none() => Self::SystemError,
            Some(_) | None => Self::NotVerified,
        }
    }

    /// Whether a new verification may end better.
    pub const fn is_retryable(self) -> bool {
        match self {
            Self::DocumentNotAccepted
            | Self::DataMismatch
            | Self::FaceNotVerified
            | Self::SystemError
            | Self::Superseded
            | Self::TimedOut => true,
            Self::NotVerified | Self::ContactInUse | Self::ResultUnconfirmed => false,
        }
    }

    /// The spelling in JSON and column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DocumentNotAccepted => "document_not_accepted",
            Self::DataMismatch => "data_mismatch",
            Self::FaceNotVerified => "face_not_verified",
            Self::NotVerified => "not_verified",
            Self::ContactInUse => "contact_in_use",
            Self::SystemError => "system_error",
            Self::ResultUnconfirmed => "result_unconfirmed",
            Self::Superseded => "superseded",
            Self::TimedOut => "timed_out",
        }
    }

    /// Reads [`ReasonCode::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}
