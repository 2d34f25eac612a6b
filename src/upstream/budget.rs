//! How often a call may be repeated: a tenth as often as calls are made, and no more.
//!
//! A repetition helps against the odd failure. When everything fails, repetitions are what keeps
//! the other side down, so they are paid for by calls: each earns a little, each repetition costs
//! what ten earn. A reserve lets all calls that are under way at once be repeated once, as after
//! the partner token was revoked.

use std::sync::atomic::{AtomicU32, Ordering};

/// What a call earns.
const EARNED: u32 = 1;
/// What a repetition costs. One more than ten: it is a call itself, and earns.
const COST: u32 = 11;

/// What is left for repetitions.
#[derive(Debug)]
pub(super) struct RetryBudget {
    left: AtomicU32,
    most: u32,
}

impl RetryBudget {
    /// With enough in reserve for `reserve` repetitions.
    pub(super) fn new(reserve: usize) -> Self {
        let most = u32::try_from(reserve).unwrap_or(u32::MAX).max(1).saturating_mul(COST);
        Self { left: AtomicU32::new(most), most }
    }

    /// A call is made.
    pub(super) fn earn(&self) {
        let more = |left: u32| (left < self.most).then(|| left.saturating_add(EARNED));
        // Nothing to do where it is full.
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// Whether a call may be made once more; it is paid for then.
    pub(super) fn spend(&self) -> bool {
        let less = |left: u32| left.checked_sub(COST);
        let paid = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok();
        if !paid {
            metrics::counter!("gerbang_refused_total", "limit" => "repetitions").increment(1);
        }
        paid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_everything_fails_one_call_in_ten_is_repeated() {
        let budget = RetryBudget::new(4);
        let mut sent = 0;
        for _ in 0..10_000 {
            budget.earn();
            sent += 1;
            if budget.spend() {
                budget.earn();
                sent += 1;
            }
        }

        assert!((10_990..=11_010).contains(&sent), "{sent}");
    }

    #[test]
    fn the_reserve_is_full_at_first_and_never_more_than_full() {
        let budget = RetryBudget::new(3);
        (0..1_000).for_each(|_| budget.earn());

        let repeated = (0..10).filter(|_| budget.spend()).count();

        assert_eq!(repeated, 3);
    }
}
