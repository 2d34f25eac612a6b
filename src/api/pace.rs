//! The clock of the limiter: [`domain::Clock`](crate::domain::Clock), as a time that only advances.
//!
//! Without this a clock that is set back would refuse callers for as long as it was set back by.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use governor::{clock, nanos::Nanos};
use jiff::Timestamp;

use crate::domain::Clock;

/// Cheap to clone; all clones show the same time.
#[derive(Clone, Debug)]
pub(super) struct Pace(Arc<Course>);

#[derive(Debug)]
struct Course {
    clock: Arc<dyn Clock>,
    began: Timestamp,
    /// The latest time shown.
    latest: AtomicI64,
    /// By how much the clock was set back since, all in all.
    lost: AtomicI64,
}

/// Smaller steps back are made good within this by standing still.
const STEP: i64 = 1_000_000_000;

impl Pace {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let began = clock.now();
        Self(Arc::new(Course { clock, began, latest: AtomicI64::new(0), lost: AtomicI64::new(0) }))
    }
}

impl clock::Clock for Pace {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let Course { clock, began, latest, lost } = &*self.0;
        let passed = clock.now().duration_since(*began).as_nanos();
        let passed = i64::try_from(passed).unwrap_or(i64::MAX);
        let shown = passed.saturating_add(lost.load(Ordering::Relaxed));
        let before = latest.fetch_max(shown, Ordering::Relaxed);
        let behind = before.saturating_sub(shown);
        if behind > STEP {
            // Two threads that notice at once only give everybody a little more.
            lost.fetch_add(behind, Ordering::Relaxed);
        }
        Nanos::new(u64::try_from(before.max(shown)).unwrap_or(0))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::{sync::Mutex, time::Duration};

    use futures_util::future::BoxFuture;
    use governor::clock::Clock as _;
    use jiff::SignedDuration;

    use super::*;

    /// A clock that is set by hand.
    #[derive(Debug)]
    pub(in crate::api) struct Hand(Mutex<Timestamp>);

    impl Hand {
        pub(in crate::api) fn new() -> Arc<Self> {
            Arc::new(Self(Mutex::new(Timestamp::from_second(1_800_000_000).unwrap())))
        }

        pub(in crate::api) fn turn(&self, seconds: i64) {
            *self.0.lock().unwrap() += SignedDuration::from_secs(seconds);
        }
    }

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }

        fn sleep_until(&self, _: Timestamp) -> BoxFuture<'static, ()> {
            Box::pin(std::future::pending())
        }
    }

    #[test]
    fn a_clock_that_is_set_back_goes_on_from_where_it_was() {
        let hand = Hand::new();
        let pace = Pace::new(Arc::<Hand>::clone(&hand));
        let turn = |seconds| {
            hand.turn(seconds);
            Duration::from(pace.now()).as_secs()
        };

        let shown = [turn(10), turn(-3600), turn(5), turn(5), turn(-7200), turn(1)];

        assert_eq!(shown, [10, 10, 15, 20, 20, 21]);
    }
}
