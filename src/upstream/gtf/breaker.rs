//! Leaves an operation alone that fails again and again.
//!
//! While it rests its callers hear "later" at once, instead of each waiting for a deadline, and the
//! other side is not asked for what it cannot give. After a pause one call goes ahead to see; its
//! end decides. Known in memory only: after a restart it is found out anew.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use crate::upstream::error::UpstreamError;

/// Failures in a row, with no answer between them, after which there is a pause.
const FAILURES: u32 = 10;
/// The first pause; it doubles.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(1);
/// The longest pause: what users have to wait for at most once the other side is well again.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// How an operation has done lately.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<Lately>);

#[derive(Debug, Default)]
struct Lately {
    failures: u32,
    /// No call before.
    until: Option<Timestamp>,
    /// One goes ahead to see.
    is_probed: bool,
}

/// Leave for one call.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
}

impl Breaker {
    /// Leave to call at `now`, or how long to wait.
    pub(super) fn admit(&self, now: Timestamp) -> Result<Pass<'_>, Duration> {
        let mut lately = self.lock();
        let Some(until) = lately.until else {
            return Ok(Pass { breaker: self, is_probe: false });
        };
        let wait = until.duration_since(now);
        // Longer than any pause: the clock was set back, and the pause says nothing any more.
        let is_resting = wait.is_positive() && wait <= LONGEST_PAUSE;
        if is_resting || lately.is_probed {
            let wait = wait.clamp(SignedDuration::from_secs(1), LONGEST_PAUSE);
            return Err(wait.unsigned_abs());
        }
        lately.is_probed = true;
        Ok(Pass { breaker: self, is_probe: true })
    }

    fn lock(&self) -> MutexGuard<'_, Lately> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// The call has ended.
    pub(super) fn end<T>(self, outcome: &Result<T, UpstreamError>, now: Timestamp) {
        let mut lately = self.breaker.lock();
        if !outcome.as_ref().is_err_and(is_failure) {
            *lately = Lately::default();
            return;
        }
        // Those that failed side by side count, but only the one that went ahead prolongs a pause.
        if lately.until.is_some() && !self.is_probe {
            return;
        }
        lately.failures = lately.failures.saturating_add(1);
        if let Some(more) = lately.failures.checked_sub(FAILURES) {
            let doubled = 1_i32.checked_shl(more.min(30)).unwrap_or(i32::MAX);
            let pause = FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE);
            lately.until = Some(now.saturating_add(pause).unwrap_or(Timestamp::MAX));
        }
    }
}

impl Drop for Pass<'_> {
    /// A call that nobody waits for any more has shown nothing; another may go ahead.
    fn drop(&mut self) {
        if self.is_probe {
            self.breaker.lock().is_probed = false;
        }
    }
}

/// Whether the other side did not answer, or answered that it cannot. Everything else is an answer,
/// welcome or not.
const fn is_failure(failure: &UpstreamError) -> bool {
    match failure {
        UpstreamError::Unreachable(_)
        | UpstreamError::TimedOut
        | UpstreamError::Broken(_)
        | UpstreamError::Unavailable { .. } => true,
        UpstreamError::Saturated
        | UpstreamError::Resting { .. }
        | UpstreamError::Unauthorized
        | UpstreamError::Misconfigured(_)
        | UpstreamError::ContactRefused(_)
        | UpstreamError::DuplicateSession
        | UpstreamError::Refused { .. }
        | UpstreamError::Garbled(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn try_at(breaker: &Breaker, now: i64, outcome: Result<(), UpstreamError>) -> bool {
        breaker.admit(at(now)).map(|pass| pass.end(&outcome, at(now))).is_ok()
    }

    fn broken() -> Breaker {
        let breaker = Breaker::default();
        for _ in 0..FAILURES {
            assert!(try_at(&breaker, 0, Err(UpstreamError::TimedOut)));
        }
        breaker
    }

    #[test]
    fn failures_in_a_row_bring_a_pause_that_doubles_to_half_a_minute() {
        let breaker = broken();
        let mut now = 0;
        for pause in [1, 2, 4, 8, 16, 30, 30] {
            assert!(!try_at(&breaker, now + pause - 1, Ok(())), "{pause}");
            now += pause;
            assert!(try_at(&breaker, now, Err(UpstreamError::TimedOut)), "{pause}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_prolongs_no_pause() {
        let breaker = Breaker::default();
        for _ in 0..FAILURES {
            assert!(try_at(&breaker, 10_000, Err(UpstreamError::TimedOut)));
        }

        assert!(!try_at(&breaker, 9_999, Ok(())), "a small step is none");
        let probe = breaker.admit(at(0)).unwrap();
        let wait = breaker.admit(at(0)).unwrap_err();
        probe.end(&Err::<(), _>(UpstreamError::TimedOut), at(0));

        assert_eq!(wait, Duration::from_secs(30), "nobody is told to wait for hours");
        assert!(!try_at(&breaker, 1, Ok(())));
        assert!(try_at(&breaker, 2, Ok(())));
    }

    #[test]
    fn one_call_goes_ahead_and_its_success_lets_all_through() {
        let breaker = broken();
        let probe = breaker.admit(at(1)).unwrap();
        assert!(breaker.admit(at(1)).is_err());

        probe.end(&Ok(()), at(1));

        assert!(breaker.admit(at(1)).is_ok());
    }

    #[test]
    fn a_call_that_was_given_up_lets_another_go_ahead() {
        let breaker = broken();
        drop(breaker.admit(at(1)).unwrap());

        assert!(breaker.admit(at(1)).is_ok());
    }

    #[test]
    fn an_answer_between_failures_is_a_new_beginning() {
        let breaker = Breaker::default();
        for round in 0..100 {
            let refused = round % 9 == 8;
            let outcome =
                if refused { UpstreamError::Unauthorized } else { UpstreamError::TimedOut };
            assert!(try_at(&breaker, 0, Err(outcome)));
        }
    }

    #[test]
    fn calls_that_fail_side_by_side_make_one_pause() {
        let breaker = Breaker::default();
        let passes: Vec<_> = (0..64).map(|_| breaker.admit(at(0)).unwrap()).collect();
        for pass in passes {
            pass.end(&Err::<(), _>(UpstreamError::TimedOut), at(0));
        }

        assert!(breaker.admit(at(1)).is_ok());
    }
}
