//! When a token of the provider ends: what its answers say about that, and what we make of it.
//!
//! Invariant: an end made here lies in the future, and is never later than what the provider said.

use jiff::{SignedDuration, Timestamp};

use crate::upstream::error::UpstreamError;

/// What an answer says. The provider's documents disagree about which of the two is there.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Lifetime {
    /// Seconds of life.
    pub(super) seconds: Option<i64>,
    /// The end, in seconds of the epoch.
    pub(super) until: Option<i64>,
}

impl Lifetime {
    /// The end of what was asked for at `asked_at` and is here `now`: the earlier of the two ends
    /// it may have, or `fallback` after the question if the answer is silent.
    pub(super) fn end(
        self,
        asked_at: Timestamp,
        now: Timestamp,
        fallback: SignedDuration,
    ) -> Result<Timestamp, UpstreamError> {
        let after = |span| asked_at.saturating_add(span).unwrap_or(Timestamp::MAX);
        let counted = self.seconds.map(|seconds| after(SignedDuration::from_secs(seconds)));
        let named = self.until.and_then(|until| Timestamp::from_second(until).ok());
        let in_time = |end: &Timestamp| *end > now;
        let end = match (named.filter(in_time), counted.filter(in_time)) {
            (Some(named), Some(counted)) => named.min(counted),
            (None, Some(counted)) => {
                if named.is_some() {
                    tracing::warn!(
                        "the provider names an end that is past; its clock or ours is off"
                    );
                }
                counted
            }
            (Some(named), None) => named,
            (None, None) if named.is_none() && counted.is_none() => after(fallback),
            (None, None) => return Err(UpstreamError::Garbled("what was issued has expired")),
        };
        Ok(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: i64 = 1_000_000;

    fn end(seconds: Option<i64>, until: Option<i64>) -> Option<i64> {
        let at = |second| Timestamp::from_second(second).unwrap();
        let lifetime = Lifetime { seconds, until };
        let end = lifetime.end(at(ASKED), at(ASKED + 2), SignedDuration::from_mins(30));
        end.ok().map(|end| end.as_second() - ASKED)
    }

    #[test]
    fn the_earlier_end_counts() {
        assert_eq!(end(Some(1800), Some(ASKED + 1700)), Some(1700));
        assert_eq!(end(Some(1800), Some(ASKED + 1900)), Some(1800));
    }

    #[test]
    fn one_of_the_two_is_enough() {
        assert_eq!(end(Some(1800), None), Some(1800));
        assert_eq!(end(None, Some(ASKED + 60)), Some(60));
    }

    #[test]
    fn a_silent_answer_gets_the_fallback() {
        assert_eq!(end(None, None), Some(1800));
    }

    #[test]
    fn an_end_in_the_past_gives_way_to_the_seconds() {
        assert_eq!(end(Some(1800), Some(ASKED - 3600)), Some(1800));
        assert_eq!(end(Some(0), Some(ASKED + 60)), Some(60));
    }

    #[test]
    fn what_has_expired_is_not_given_a_life() {
        assert_eq!(end(None, Some(ASKED)), None);
        assert_eq!(end(Some(1), None), None);
        assert_eq!(end(Some(-5), Some(5)), None);
    }

    #[test]
    fn absurd_numbers_do_no_harm() {
        assert!(end(Some(i64::MAX), None).is_some());
        assert_eq!(end(Some(60), Some(i64::MAX)), Some(60));
        assert_eq!(end(None, Some(i64::MAX)), Some(1800));
    }
}
