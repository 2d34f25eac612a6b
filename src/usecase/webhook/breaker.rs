//! Leaves an endpoint alone for a while that fails again and again.
//!
//! Known in memory only: after a restart it is found out anew, at the price of a few tries.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Failures in a row after which there is a pause.
const FAILURES: u32 = 5;
/// The first pause; it doubles.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(15);
/// The longest pause.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(10);
/// Deliveries to one endpoint under way at once.
const AT_ONCE: usize = 8;

/// How an endpoint has done lately.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<Lately>);

#[derive(Debug, Default)]
struct Lately {
    failures: u32,
    /// No try before.
    until: Option<Timestamp>,
}

impl Breaker {
    /// How many deliveries may be under way at `now`: none during a pause, one after it, to see.
    pub(super) fn width(&self, now: Timestamp) -> usize {
        let lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match lately.until {
            Some(_) if lately.rests(now) => 0,
            Some(_) => 1,
            None => AT_ONCE,
        }
    }

    /// Something arrived.
    pub(super) fn succeeded(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Lately::default();
    }

    /// Something did not, at `now`. Those that failed side by side count, but prolong no pause.
    pub(super) fn failed(&self, now: Timestamp) {
        let mut lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lately.rests(now) {
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

impl Lately {
    /// Whether the pause is on. One that would be longer than any says nothing any more: the clock was
    /// set back.
    fn rests(&self, now: Timestamp) -> bool {
        let left = self.until.map(|until| until.duration_since(now));
        left.is_some_and(|left| left.is_positive() && left <= LONGEST_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn fail(breaker: &Breaker, times: u32, now: i64) {
        (0..times).for_each(|_| breaker.failed(at(now)));
    }

    #[test]
    fn failures_in_a_row_bring_a_pause_and_then_one_try() {
        let breaker = Breaker::default();
        fail(&breaker, 4, 0);
        assert_eq!(breaker.width(at(0)), AT_ONCE);

        fail(&breaker, 3, 0);

        assert_eq!([0, 14, 15].map(|now| breaker.width(at(now))), [0, 0, 1]);
        fail(&breaker, 1, 15);
        assert_eq!([44, 45].map(|now| breaker.width(at(now))), [0, 1]);
    }

    #[test]
    fn a_success_ends_it() {
        let breaker = Breaker::default();
        fail(&breaker, 5, 0);

        breaker.succeeded();

        assert_eq!(breaker.width(at(0)), AT_ONCE);
        fail(&breaker, 4, 0);
        assert_eq!(breaker.width(at(0)), AT_ONCE);
    }

    #[test]
    fn a_clock_that_is_set_back_prolongs_no_pause() {
        let breaker = Breaker::default();
        fail(&breaker, 5, 10_000);

        assert_eq!([10_000, 9_500, 0].map(|now| breaker.width(at(now))), [0, 0, 1]);
        fail(&breaker, 1, 0);
        assert_eq!([29, 30].map(|now| breaker.width(at(now))), [0, 1]);
    }

    #[test]
    fn no_pause_is_longer_than_ten_minutes() {
        let breaker = Breaker::default();
        for round in 0..60 {
            fail(&breaker, 1, round * 10_000);
        }

        assert_eq!(breaker.width(at(59 * 10_000 + 599)), 0);
        assert_eq!(breaker.width(at(59 * 10_000 + 600)), 1);
    }
}
