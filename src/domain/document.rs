//! What the provider read from an identity card, and what it checked.

use super::pii::Pii;

/// A field of the card.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KtpField(&'static str);

impl KtpField {
    /// All that are passed on; what else a statement holds stays sealed.
    pub const ALL: [Self; 19] = [
        Self("nik"),
        Self("name"),
        Self("region"),
        Self("dateOfBirth"),
        Self("bloodType"),
        Self("religion"),
        Self("province"),
        Self("city"),
        Self("address"),
        Self("district"),
        Self("town"),
        Self("gender"),
        Self("rt"),
        Self("rw"),
        Self("occupation"),
        Self("validUntil"),
        Self("citizenship"),
        Self("maritalStatus"),
        Self("issuanceDate"),
    ];

    /// The spelling in answers.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// How a check ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CheckOutcome {
    /// It was passed.
    Pass,
    /// It was not.
    Fail,
    /// The provider says something that we do not know.
    Unknown,
}

impl CheckOutcome {
    /// The spelling in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }
}

/// What is checked: parts of the card against the population registry, and the face.
pub const CHECKS: [&str; 4] = ["nik", "name", "dateOfBirth", "selfie"];

/// Whether the user can get a certificate for signing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CertificateRegistration {
    /// Whether one can be activated.
    pub eligible_to_activate: Option<bool>,
    /// Whether activation is not needed.
    pub should_skip_activation: Option<bool>,
    /// The provider's word for the way there.
    pub onboarding_code: Option<String>,
    /// The provider's name of the registration.
    pub registration_id: Option<Pii<String>>,
}

/// The data of a document, as far as the provider's newest statement holds any.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// What stands on the card; no field is there twice.
    pub ktp: Option<Vec<(KtpField, Pii<String>)>>,
    /// What was checked, by a name of [`CHECKS`].
    pub checks: Option<Vec<(&'static str, CheckOutcome)>>,
    /// The certificate.
    pub certificate: Option<CertificateRegistration>,
}

impl Document {
    /// Whether there is anything to show.
    pub const fn is_empty(&self) -> bool {
        self.ktp.is_none() && self.checks.is_none() && self.certificate.is_none()
    }
}
