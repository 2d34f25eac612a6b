//! How fast the gateway reads details by itself, so that neither a flood of callbacks nor the end of
//! an outage becomes a rush on the provider.

use jiff::{SignedDuration, Timestamp};

/// How many reads may come at once after a quiet time, in seconds' worth.
const BURST: SignedDuration = SignedDuration::from_secs(5);

/// The bounds of reading; one for all reads of the job.
#[derive(Debug)]
pub struct ReadPace {
    pub(super) concurrency: usize,
    interval: SignedDuration,
    /// Up to when the pace is used up.
    spent: Timestamp,
    /// Whose turn it is where only one place is free.
    pub(super) newest_next: bool,
}

impl ReadPace {
    /// At most `concurrency` reads in progress and `per_second` begun in a second.
    pub fn new(concurrency: usize, per_second: u32) -> Self {
        let interval = SignedDuration::from_secs(1)
            .checked_div(i32::try_from(per_second).unwrap_or(i32::MAX).max(1));
        Self {
            concurrency,
            interval: interval.unwrap_or(BURST),
            spent: Timestamp::MIN,
            newest_next: false,
        }
    }

    /// Takes up to `wanted` reads; says how many may begin at `at`.
    pub(super) fn take(&mut self, wanted: usize, at: Timestamp) -> usize {
        // Further ahead than a burst: the clock was set back, and what is used up says nothing any more.
        let is_odd = self.spent.duration_since(at) > BURST;
        let mut spent = if is_odd { at } else { self.spent.max(at) };
        let last = at.saturating_add(BURST).unwrap_or(Timestamp::MAX);
        let mut taken = 0;
        while taken < wanted {
            let next = spent.saturating_add(self.interval).unwrap_or(Timestamp::MAX);
            if next > last {
                break;
            }
            (spent, taken) = (next, taken + 1);
        }
        self.spent = spent;
        taken
    }

    /// Gives back `count` that were taken and not used.
    pub(super) fn give_back(&mut self, count: usize) {
        for _ in 0..count {
            self.spent = self.spent.saturating_sub(self.interval).unwrap_or(Timestamp::MIN);
        }
    }

    /// When another may begin.
    pub(super) fn next_at(&self) -> Timestamp {
        let begun = self.spent.saturating_add(self.interval).unwrap_or(Timestamp::MAX);
        begun.saturating_sub(BURST).unwrap_or(Timestamp::MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_followed_by_the_pace_and_quiet_saves_no_more_than_a_burst() {
        let mut pace = ReadPace::new(8, 10);
        let at = |millis| Timestamp::UNIX_EPOCH + SignedDuration::from_millis(millis);

        assert_eq!(pace.take(1_000, at(0)), 50);
        assert_eq!((pace.take(1, at(99)), pace.next_at()), (0, at(100)));
        assert_eq!(pace.take(5, at(100)), 1);
        assert_eq!(pace.take(1_000, at(3_100)), 30);
        assert_eq!(pace.take(1_000, at(3_600_000)), 50);
        pace.give_back(7);
        assert_eq!(pace.take(1_000, at(60_000)), 50, "the clock was set back");
        assert_eq!((pace.take(1, at(60_000)), pace.next_at()), (0, at(60_100)));
        assert_eq!(pace.take(1_000, at(3_600_000)), 50);
        pace.give_back(7);
        assert_eq!(pace.take(1_000, at(3_600_000)), 7);
    }
}
