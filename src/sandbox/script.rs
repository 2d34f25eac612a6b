//! What follows a capture, step by step, for each outcome.
//!
//! A script is data: `director.rs` plays it. Callbacks are queued in script order and sent one
//! after another, so an outcome that promises an order has it on the wire too.

use super::facts::{Checks, Facts, INVALID_BY_SELFIE, PARTIAL, VALID, error, invalid};
use super::outcome::Outcome;

/// One thing that happens to a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Let the usual time between two results pass.
    Wait,
    /// Let the long delay pass.
    WaitLong,
    /// From now on details say this.
    Become(Facts),
    /// Tell the partner this, whatever details say.
    Call(Facts),
}

/// The steps after the capture. Empty: details stay `IN_PROGRESS` and nobody is told.
pub(super) fn script(outcome: Outcome) -> Vec<Step> {
    use Step::{Become, Call, Wait, WaitLong};
    match outcome {
        Outcome::Approved | Outcome::CallbackFirst => run(&[PARTIAL, VALID], 1),
        Outcome::ApprovedAtOnce | Outcome::OlderSession => run(&[VALID], 1),
        Outcome::RejectedFraud => run(&[invalid("FRAUD_REJECT")], 1),
        Outcome::RejectedNotEktp => run(&[invalid("NOT_EKTP")], 1),
        Outcome::RejectedDukcapil => run(&[invalid("DUKCAPIL_REJECTED")], 1),
        Outcome::RejectedAether => run(&[invalid("AETHER_VERIFICATION_FAILED")], 1),
        Outcome::RejectedLiveness => run(&[invalid("LIVENESS_CHECK_FAILED")], 1),
        Outcome::RejectedEmailUsed => run(&[invalid("EMAIL_HAS_BEEN_USED")], 1),
        Outcome::RejectedPhoneUsed => run(&[invalid("PHONE_HAS_BEEN_USED")], 1),
        Outcome::RejectedSystemError => run(&[invalid("SYSTEM_ERROR")], 1),
        Outcome::RejectedDukcapilIrretrievable => {
            run(&[invalid("DUKCAPIL_IRRETRIEVABLE_ERROR")], 1)
        }
        Outcome::RejectedDukcapilSystem => run(&[invalid("DUKCAPIL_SYSTEM_ERROR")], 1),
        Outcome::RejectedNewReason => run(&[invalid("REASON_OF_TOMORROW")], 1),
        Outcome::RejectedWithoutReason => run(&[INVALID_BY_SELFIE], 1),
        Outcome::ResultRejected => {
            run(&[Facts { result: Some("REJECTED"), ..invalid("NOT_EKTP") }], 1)
        }
        Outcome::PartialStays => run(&[PARTIAL], 1),
        Outcome::PartialThenInvalid => run(&[PARTIAL, invalid("DUKCAPIL_REJECTED")], 1),
        Outcome::PartialThenError => run(&[PARTIAL, error(Some("SYSTEM_ERROR"))], 1),
        Outcome::ErrorSystem => run(&[error(Some("SYSTEM_ERROR"))], 1),
        Outcome::ErrorDukcapil => run(&[error(Some("DUKCAPIL_IRRETRIEVABLE_ERROR"))], 1),
        Outcome::ErrorWithoutReason => run(&[error(None)], 1),
        Outcome::NeverFinishes | Outcome::NeverCaptured => Vec::new(),
        Outcome::CallbackMissing => run(&[PARTIAL, VALID], 0),
        Outcome::CallbackDuplicated => run(&[PARTIAL, VALID], 5),
        Outcome::CallbackLate => vec![Wait, Become(VALID), WaitLong, Call(VALID)],
        Outcome::CallbackReordered => {
            vec![Wait, Become(PARTIAL), Wait, Become(VALID), Call(VALID), Call(PARTIAL)]
        }
        Outcome::CallbackContradicted => vec![Wait, Become(invalid("FRAUD_REJECT")), Call(VALID)],
        Outcome::DetailsLate => vec![Wait, Call(VALID), WaitLong, Become(VALID)],
        Outcome::UnknownStatus => run(&[Facts { status: "STATUS_OF_TOMORROW", ..VALID }], 1),
        Outcome::UnknownResult => run(&[Facts { result: Some("RESULT_OF_TOMORROW"), ..VALID }], 1),
        Outcome::ExtraFields => run(&[Facts { extra: true, ..VALID }], 1),
        Outcome::ValidWithFail => run(&[Facts { checks: Some(Checks::NikFails), ..VALID }], 1),
    }
}

/// Each of `moments` after the usual wait, told `copies` times.
fn run(moments: &[Facts], copies: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    for moment in moments {
        steps.extend([Step::Wait, Step::Become(*moment)]);
        steps.extend(std::iter::repeat_n(Step::Call(*moment), copies));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::{Step, script};
    use crate::sandbox::outcome::{OUTCOMES, Outcome};

    #[test]
    fn every_outcome_but_the_silent_ones_ends_in_a_state() {
        for row in OUTCOMES {
            let silent = matches!(row.outcome, Outcome::NeverFinishes | Outcome::NeverCaptured);
            let becomes = script(row.outcome).iter().any(|step| matches!(step, Step::Become(_)));
            assert_eq!(becomes, !silent, "{}", row.name);
        }
    }

    #[test]
    fn a_duplicated_callback_is_told_five_times_at_each_step() {
        let steps = script(Outcome::CallbackDuplicated);

        assert_eq!(steps.iter().filter(|step| matches!(step, Step::Call(_))).count(), 10);
    }
}
