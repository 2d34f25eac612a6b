//! How a verification ends, chosen by the digits of the contact: the one table of it.
//!
//! `docs/sandbox.md` prints this table and a test compares the two. What an outcome does, step by
//! step, stands in `script.rs`.

use serde::{Deserialize, Serialize};

/// What the sandbox makes of a captured session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    #[default]
    Approved,
    ApprovedAtOnce,
    RejectedFraud,
    RejectedNotEktp,
    RejectedDukcapil,
    RejectedAether,
    RejectedLiveness,
    RejectedEmailUsed,
    RejectedPhoneUsed,
    RejectedSystemError,
    RejectedDukcapilIrretrievable,
    RejectedDukcapilSystem,
    RejectedNewReason,
    RejectedWithoutReason,
    ResultRejected,
    PartialStays,
    PartialThenInvalid,
    PartialThenError,
    ErrorSystem,
    ErrorDukcapil,
    ErrorWithoutReason,
    NeverFinishes,
    NeverCaptured,
    CallbackMissing,
    CallbackDuplicated,
    CallbackLate,
    CallbackReordered,
    CallbackContradicted,
    DetailsLate,
    UnknownStatus,
    UnknownResult,
    ExtraFields,
    ValidWithFail,
    OlderSession,
    CallbackFirst,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeRow {
    /// The last two digits of the phone, or of the part of the email before the `@`.
    pub digits: &'static str,
    /// The name the control API takes.
    pub name: &'static str,
    /// What it selects.
    pub outcome: Outcome,
    /// What a partner will see.
    pub summary: &'static str,
}

const fn row(
    digits: &'static str,
    name: &'static str,
    outcome: Outcome,
    summary: &'static str,
) -> OutcomeRow {
    OutcomeRow { digits, name, outcome, summary }
}

/// Every outcome once. Digits that are not listed select the first row.
pub const OUTCOMES: &[OutcomeRow] = &[
    row("00", "approved", Outcome::Approved, "PARTIALLY_COMPLETED, then COMPLETED VALID"),
    row(
        "01",
        "approved_at_once",
        Outcome::ApprovedAtOnce,
        "COMPLETED VALID without the step before it",
    ),
    row("10", "rejected_fraud", Outcome::RejectedFraud, "COMPLETED INVALID, FRAUD_REJECT"),
    row("11", "rejected_not_ektp", Outcome::RejectedNotEktp, "COMPLETED INVALID, NOT_EKTP"),
    row(
        "12",
        "rejected_dukcapil",
        Outcome::RejectedDukcapil,
        "COMPLETED INVALID, DUKCAPIL_REJECTED",
    ),
    row(
        "13",
        "rejected_aether",
        Outcome::RejectedAether,
        "COMPLETED INVALID, AETHER_VERIFICATION_FAILED",
    ),
    row(
        "14",
        "rejected_liveness",
        Outcome::RejectedLiveness,
        "COMPLETED INVALID, LIVENESS_CHECK_FAILED",
    ),
    row(
        "15",
        "rejected_email_used",
        Outcome::RejectedEmailUsed,
        "COMPLETED INVALID, EMAIL_HAS_BEEN_USED",
    ),
    row(
        "16",
        "rejected_phone_used",
        Outcome::RejectedPhoneUsed,
        "COMPLETED INVALID, PHONE_HAS_BEEN_USED",
    ),
    row(
        "17",
        "rejected_system_error",
        Outcome::RejectedSystemError,
        "COMPLETED INVALID, SYSTEM_ERROR",
    ),
    row(
        "18",
        "rejected_dukcapil_irretrievable",
        Outcome::RejectedDukcapilIrretrievable,
        "COMPLETED INVALID, DUKCAPIL_IRRETRIEVABLE_ERROR",
    ),
    row(
        "19",
        "rejected_dukcapil_system",
        Outcome::RejectedDukcapilSystem,
        "COMPLETED INVALID, DUKCAPIL_SYSTEM_ERROR",
    ),
    row(
        "20",
        "rejected_without_reason",
        Outcome::RejectedWithoutReason,
        "COMPLETED INVALID without a reason; the selfie check says FAIL",
    ),
    row(
        "21",
        "result_rejected",
        Outcome::ResultRejected,
        "COMPLETED with the rarer result REJECTED, NOT_EKTP",
    ),
    row(
        "22",
        "rejected_new_reason",
        Outcome::RejectedNewReason,
        "COMPLETED INVALID with a reason that no document lists",
    ),
    row("30", "partial_stays", Outcome::PartialStays, "PARTIALLY_COMPLETED and nothing after it"),
    row(
        "31",
        "partial_then_invalid",
        Outcome::PartialThenInvalid,
        "PARTIALLY_COMPLETED, then COMPLETED INVALID, DUKCAPIL_REJECTED",
    ),
    row(
        "32",
        "partial_then_error",
        Outcome::PartialThenError,
        "PARTIALLY_COMPLETED, then ERROR, SYSTEM_ERROR",
    ),
    row("40", "error_system", Outcome::ErrorSystem, "ERROR, SYSTEM_ERROR"),
    row("41", "error_dukcapil", Outcome::ErrorDukcapil, "ERROR, DUKCAPIL_IRRETRIEVABLE_ERROR"),
    row("42", "error_without_reason", Outcome::ErrorWithoutReason, "ERROR without a reason"),
    row("50", "never_finishes", Outcome::NeverFinishes, "IN_PROGRESS for ever; no callback"),
    row(
        "51",
        "never_captured",
        Outcome::NeverCaptured,
        "the capture is left; no submission ever exists",
    ),
    row(
        "60",
        "callback_missing",
        Outcome::CallbackMissing,
        "as 00, but no callback is sent; details are right",
    ),
    row(
        "61",
        "callback_duplicated",
        Outcome::CallbackDuplicated,
        "as 00, each callback sent five times",
    ),
    row(
        "62",
        "callback_late",
        Outcome::CallbackLate,
        "as 01, the callback comes after the long delay; details are right at once",
    ),
    row(
        "63",
        "callback_reordered",
        Outcome::CallbackReordered,
        "as 00, the COMPLETED callback comes before the PARTIALLY_COMPLETED one",
    ),
    row(
        "64",
        "callback_contradicted",
        Outcome::CallbackContradicted,
        "the callback says VALID, details say INVALID, FRAUD_REJECT",
    ),
    row(
        "65",
        "details_late",
        Outcome::DetailsLate,
        "the callback says COMPLETED VALID while details stay IN_PROGRESS for the long delay",
    ),
    row(
        "70",
        "unknown_status",
        Outcome::UnknownStatus,
        "a status that no document lists, in callback and details",
    ),
    row(
        "71",
        "unknown_result",
        Outcome::UnknownResult,
        "COMPLETED with a result that no document lists",
    ),
    row(
        "72",
        "extra_fields",
        Outcome::ExtraFields,
        "as 01, with members that no document lists at every level",
    ),
    row(
        "73",
        "valid_with_fail",
        Outcome::ValidWithFail,
        "COMPLETED VALID although the NIK check inside says FAIL",
    ),
    row(
        "80",
        "older_session",
        Outcome::OlderSession,
        "as 01, but the result names the user's session before this one",
    ),
    row(
        "81",
        "callback_first",
        Outcome::CallbackFirst,
        "the first callback arrives before initiate is answered, without any capture",
    ),
];

impl Outcome {
    /// The name the control API takes.
    pub fn name(self) -> &'static str {
        OUTCOMES.iter().find(|row| row.outcome == self).map_or("approved", |row| row.name)
    }

    /// The outcome the contact's digits select: those of the phone, else those of the email.
    pub(super) fn of_contact(phone: Option<&str>, email: Option<&str>) -> Self {
        let digits = match (phone, email) {
            (Some(phone), _) => last_two(phone),
            (None, Some(email)) => last_two(email.split('@').next().unwrap_or_default()),
            (None, None) => None,
        };
        OUTCOMES
            .iter()
            .find(|row| Some(row.digits) == digits)
            .map_or_else(Self::default, |row| row.outcome)
    }
}

/// The last two characters, if both are digits.
fn last_two(text: &str) -> Option<&str> {
    let tail = text.get(text.len().checked_sub(2)?..)?;
    tail.bytes().all(|byte| byte.is_ascii_digit()).then_some(tail)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{OUTCOMES, Outcome};

    #[test]
    fn digits_and_names_are_unique_and_names_are_those_of_the_wire() {
        let digits: HashSet<_> = OUTCOMES.iter().map(|row| row.digits).collect();
        let names: HashSet<_> = OUTCOMES.iter().map(|row| row.name).collect();

        assert_eq!(digits.len(), OUTCOMES.len());
        assert_eq!(names.len(), OUTCOMES.len());
        for row in OUTCOMES {
            assert_eq!(serde_json::json!(row.outcome), serde_json::json!(row.name));
            assert_eq!(row.outcome.name(), row.name);
        }
    }

    #[test]
    fn the_phone_decides_before_the_email() {
        let both = Outcome::of_contact(Some("6281200000010"), Some("a+40@example.com"));
        let email = Outcome::of_contact(None, Some("a+40@example.com"));

        assert_eq!(both, Outcome::RejectedFraud);
        assert_eq!(email, Outcome::ErrorSystem);
    }

    #[test]
    fn unlisted_digits_and_no_digits_select_the_good_run() {
        assert_eq!(Outcome::of_contact(Some("6281200000099"), None), Outcome::Approved);
        assert_eq!(Outcome::of_contact(None, Some("a@example40.com")), Outcome::Approved);
        assert_eq!(Outcome::of_contact(None, Some("é@example.com")), Outcome::Approved);
        assert_eq!(Outcome::of_contact(None, None), Outcome::Approved);
    }
}
