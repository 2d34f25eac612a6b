//! What the provider holds about a submission at one moment, before it is put into words.
//!
//! The same facts make a callback and a details answer; `paper.rs` knows how the two differ.

/// One moment of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) status: &'static str,
    pub(super) result: Option<&'static str>,
    pub(super) reason: Option<&'static str>,
    /// Which check of `verificationResult` says FAIL; `None` when the part is absent.
    pub(super) checks: Option<Checks>,
    pub(super) papers: Papers,
    /// Members that no document lists, at every level.
    pub(super) extra: bool,
}

/// How far the identity's papers have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Papers {
    Nothing,
    Card,
    CardAndCertificate,
}

/// The four checks, of which at most one fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checks {
    AllPass,
    NikFails,
    SelfieFails,
}

/// Captured, nothing decided. Also what a submission starts as.
pub(super) const IN_PROGRESS: Facts = Facts {
    status: "IN_PROGRESS",
    result: None,
    reason: None,
    checks: None,
    papers: Papers::Nothing,
    extra: false,
};

/// Identity passed, the certificate is still being issued.
pub(super) const PARTIAL: Facts = Facts {
    status: "PARTIALLY_COMPLETED",
    result: Some("VALID"),
    checks: Some(Checks::AllPass),
    papers: Papers::Card,
    ..IN_PROGRESS
};

/// The good end.
pub(super) const VALID: Facts =
    Facts { status: "COMPLETED", papers: Papers::CardAndCertificate, ..PARTIAL };

/// A rejection for `reason`.
pub(super) const fn invalid(reason: &'static str) -> Facts {
    Facts { status: "COMPLETED", result: Some("INVALID"), reason: Some(reason), ..IN_PROGRESS }
}

/// The rejection whose only explanation is the failed selfie check.
pub(super) const INVALID_BY_SELFIE: Facts =
    Facts { reason: None, checks: Some(Checks::SelfieFails), ..invalid("") };

/// A failure of the processing.
pub(super) const fn error(reason: Option<&'static str>) -> Facts {
    Facts { status: "ERROR", reason, ..IN_PROGRESS }
}
