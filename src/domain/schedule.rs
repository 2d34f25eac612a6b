//! When the provider is asked next what became of a verification.

use jiff::{SignedDuration, Timestamp};

use super::{
    policy::Policy,
    status::Status,
    verification::{Moment, Verification},
};

/// The reads of one verification.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Reads {
    /// When to ask next; `None` when there is nothing to ask.
    pub next_at: Option<Timestamp>,
    /// Fruitless reads in a row since something last pointed to news.
    pub tries: u32,
}

/// After a callback: at once, then these pauses, then every hour.
const CONFIRMING: [SignedDuration; 6] = [
    SignedDuration::ZERO,
    SignedDuration::from_secs(2),
    SignedDuration::from_secs(10),
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
];

/// After the life of a verification: at once, since the user may have captured in its last moment
/// and nobody told; then a few more times, should the provider not be reachable just now.
const LAST: [SignedDuration; 4] = [
    SignedDuration::ZERO,
    SignedDuration::from_mins(10),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(24),
];

impl Verification {
    /// Brings the next read forward to shortly after a hint; says whether it was later than that.
    pub(super) fn read_soon(&mut self, moment: &Moment) -> bool {
        if self.newest_issued().is_none() {
            return false;
        }
        let pause = self.jittered(moment.policy.after_hint);
        let soon = moment.at.saturating_add(pause).unwrap_or(Timestamp::MAX);
        let sooner = self.reads.next_at.is_none_or(|next| soon < next);
        if sooner {
            self.reads = Reads { next_at: Some(soon), tries: 0 };
        }
        sooner
    }

    /// When time alone changes something, whatever becomes of the reads: the end of life, or the end
    /// of waiting for confirmation. `None`: never.
    pub fn lapses_at(&self, policy: &Policy) -> Option<Timestamp> {
        match (self.unconfirmed, self.status) {
            (Some((_, since)), _) => {
                Some(since.saturating_add(policy.confirm_for).unwrap_or(Timestamp::MAX))
            }
            (None, Status::Pending | Status::Processing) => Some(self.expires_at()),
            (
                None,
                Status::Expired
                | Status::PartiallyCompleted
                | Status::Approved
                | Status::Rejected
                | Status::Failed,
            ) => None,
        }
    }

    /// Sets the next read from what is known now. `fresh` starts the pauses anew, because
    /// something pointed to news.
    pub(super) fn schedule_read(&mut self, moment: &Moment, fresh: bool) {
        if fresh {
            self.reads.tries = 0;
        }
        let pause = self.pause_before_read(moment).map(|pause| {
            // Users come at times of their own, which spreads the first reads already; and what is due
            // later is then stored behind what is due sooner, start after start.
            let is_first = self.status == Status::Pending && self.reads.tries == 0;
            if is_first { pause } else { self.jittered(pause) }
        });
        self.reads.next_at =
            pause.map(|pause| moment.at.saturating_add(pause).unwrap_or(Timestamp::MAX));
    }

    fn pause_before_read(&self, moment: &Moment) -> Option<SignedDuration> {
        let policy = &moment.policy;
        let tries = usize::try_from(self.reads.tries).unwrap_or(usize::MAX);
        if self.unconfirmed.is_some() {
            return Some(CONFIRMING.get(tries).copied().unwrap_or(SignedDuration::from_hours(1)));
        }
        match self.status {
            Status::Approved | Status::Rejected | Status::Failed => None,
            Status::Expired => self.newest_issued().and_then(|_| LAST.get(tries).copied()),
            Status::PartiallyCompleted => Some(if self.is_certificate_overdue(moment.at) {
                SignedDuration::from_hours(24)
            } else {
                policy.partial_interval
            }),
            Status::Pending | Status::Processing => {
                self.newest_issued()?;
                let first = if self.captured { policy.after_hint } else { policy.after_silence };
                let doubled = 1_i32.checked_shl(self.reads.tries.min(20)).unwrap_or(i32::MAX);
                Some(first.saturating_mul(doubled).min(policy.max_interval.max(first)))
            }
        }
    }

    /// Whether the certificate is missing for more than a week.
    pub(super) fn is_certificate_overdue(&self, at: Timestamp) -> bool {
        self.status == Status::PartiallyCompleted
            && at.duration_since(self.partial_since.unwrap_or(self.updated_at))
                > SignedDuration::from_hours(7 * 24)
    }

    /// Up to a fifth longer, from the id and the try: spread over verifications, the same in
    /// every run.
    fn jittered(&self, pause: SignedDuration) -> SignedDuration {
        let [.., seed] = *self.id.as_bytes();
        let share = (u32::from(seed) + self.reads.tries.wrapping_mul(97)) % 256;
        let extra = pause.as_millis() / 5 * i128::from(share) / 256;
        pause.saturating_add(SignedDuration::from_millis(i64::try_from(extra).unwrap_or(0)))
    }
}
