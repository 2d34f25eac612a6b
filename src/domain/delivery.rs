//! One webhook on its way to one endpoint: how it went, and when it is tried again.
//!
//! Invariant: what is not delivered ends as a dead letter that is kept, never as nothing; and it is
//! the status of a moment, whatever has happened since.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::{
    id::{DeliveryId, VerificationId},
    reason::ReasonCode,
    status::Status,
    webhook::{EndpointId, WebhookEvent},
};

/// A webhook and its way.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its name, by which a receiver knows repetitions.
    pub id: DeliveryId,
    /// Where it goes.
    pub endpoint: EndpointId,
    /// What it tells.
    pub event: WebhookEvent,
    /// What it is about.
    pub verification: VerificationId,
    /// The status at that moment.
    pub status: Status,
    /// The reason at that moment.
    pub reason: Option<ReasonCode>,
    /// The revision at that moment: of two webhooks the higher one is the newer.
    pub revision: u64,
    /// When the verification was started.
    pub created_at: Timestamp,
    /// When it changed.
    pub occurred_at: Timestamp,
    /// How it stands.
    pub state: DeliveryState,
    /// How often it was tried since it was last set going.
    pub tries: u32,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
    /// How the last try went.
    pub last: Option<LastTry>,
}

/// A webhook to be sent now.
#[derive(Clone)]
pub struct DueDelivery {
    /// The webhook.
    pub delivery: Delivery,
    /// The partner's own reference of the verification, as far as it is still there.
    pub reference: Option<String>,
}

impl fmt::Debug for DueDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DueDelivery").field("delivery", &self.delivery).finish_non_exhaustive()
    }
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DeliveryState {
    /// To be sent, or sent again.
    Pending,
    /// Accepted by the receiver.
    Delivered,
    /// Given up. Kept, so that somebody can set it going again.
    Dead,
}

impl DeliveryState {
    /// The spelling in URL, JSON and column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// Reads [`DeliveryState::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Delivered, Self::Dead].into_iter().find(|it| it.as_str() == text)
    }
}

/// How a try ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DeliveryOutcome {
    /// Any 2xx.
    Delivered,
    /// Any other status; redirects are among them, since they are not followed.
    Refused,
    /// 410: the receiver wants nothing more at this address.
    Gone,
    /// No answer in time.
    TimedOut,
    /// No connection.
    Unreachable,
    /// The connection broke before there was an answer.
    Broken,
    /// The address is none that webhooks may be sent to.
    ForbiddenAddress,
    /// The settings name the endpoint no more.
    EndpointRemoved,
    /// The stored row cannot be read.
    Damaged,
}

impl DeliveryOutcome {
    const ALL: [Self; 9] = [
        Self::Delivered,
        Self::Refused,
        Self::Gone,
        Self::TimedOut,
        Self::Unreachable,
        Self::Broken,
        Self::ForbiddenAddress,
        Self::EndpointRemoved,
        Self::Damaged,
    ];

    /// The spelling in JSON, column, log and metric.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Gone => "gone",
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
            Self::Broken => "broken",
            Self::ForbiddenAddress => "forbidden_address",
            Self::EndpointRemoved => "endpoint_removed",
            Self::Damaged => "damaged",
        }
    }

    /// Reads [`DeliveryOutcome::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// A try and its end.
#[derive(Clone, Copy, Debug)]
pub struct Tried {
    /// How it ended.
    pub outcome: DeliveryOutcome,
    /// The status that was answered, if one was.
    pub status: Option<u16>,
    /// How long the receiver asks us to wait.
    pub retry_after: Option<SignedDuration>,
}

/// The last try, as it is remembered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LastTry {
    /// When.
    pub at: Timestamp,
    /// How it ended.
    pub outcome: DeliveryOutcome,
    /// The status that was answered, if one was.
    pub status: Option<u16>,
}

/// What follows from a try.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NextStep {
    /// It has arrived.
    Done,
    /// It is tried again then.
    Again(Timestamp),
    /// It is given up.
    GiveUp,
    /// It waits, and so does everything else for this endpoint, until somebody enables it.
    Disable,
}

/// The pauses after failed tries; together three days, so that a receiver can be down over a
/// weekend's night and lose nothing.
const PAUSES: [SignedDuration; 11] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(10),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(3),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(12),
    SignedDuration::from_hours(24),
    SignedDuration::from_hours(24),
];

/// The longest wait that a receiver can ask for; more would keep the news from it for its own
/// mistake.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);

impl Delivery {
    /// What follows from a try that ended at `at`.
    pub fn after(&self, tried: &Tried, at: Timestamp) -> NextStep {
        match tried.outcome {
            DeliveryOutcome::Delivered => return NextStep::Done,
            DeliveryOutcome::Gone => return NextStep::Disable,
            DeliveryOutcome::EndpointRemoved | DeliveryOutcome::Damaged => return NextStep::GiveUp,
            DeliveryOutcome::Refused
            | DeliveryOutcome::TimedOut
            | DeliveryOutcome::Unreachable
            | DeliveryOutcome::Broken
            | DeliveryOutcome::ForbiddenAddress => {}
        }
        let place = usize::try_from(self.tries).unwrap_or(usize::MAX);
        let Some(pause) = PAUSES.get(place) else { return NextStep::GiveUp };
        let asked = tried.retry_after.unwrap_or_default().min(LONGEST_WAIT);
        let pause = self.jittered(*pause).max(asked);
        NextStep::Again(at.saturating_add(pause).unwrap_or(Timestamp::MAX))
    }

    /// Up to a fifth more, another part for each delivery and try: what failed together does not
    /// come back together.
    fn jittered(&self, pause: SignedDuration) -> SignedDuration {
        let [.., seed] = *self.id.as_bytes();
        let share = (u32::from(seed) + self.tries.wrapping_mul(97)) % 256;
        let extra = pause.as_millis() / 5 * i128::from(share) / 256;
        pause.saturating_add(SignedDuration::from_millis(i64::try_from(extra).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(tries: u32) -> Delivery {
        Delivery {
            id: DeliveryId::new(Timestamp::UNIX_EPOCH),
            endpoint: EndpointId::parse("ledger").unwrap(),
            event: WebhookEvent::VerificationUpdated,
            verification: VerificationId::new(Timestamp::UNIX_EPOCH),
            status: Status::Approved,
            reason: None,
            revision: 4,
            created_at: Timestamp::UNIX_EPOCH,
            occurred_at: Timestamp::UNIX_EPOCH,
            state: DeliveryState::Pending,
            tries,
            next_at: None,
            last: None,
        }
    }

    fn tried(outcome: DeliveryOutcome, wait: i64) -> Tried {
        let retry_after = (wait > 0).then(|| SignedDuration::from_secs(wait));
        Tried { outcome, status: None, retry_after }
    }

    fn pause(tries: u32, wait: i64) -> Option<i64> {
        let at = Timestamp::UNIX_EPOCH;
        match delivery(tries).after(&tried(DeliveryOutcome::Refused, wait), at) {
            NextStep::Again(next) => Some(next.duration_since(at).as_secs()),
            NextStep::Done | NextStep::GiveUp | NextStep::Disable => None,
        }
    }

    #[test]
    fn tries_are_spread_over_three_days_and_then_end() {
        let mut whole = 0;
        for (tries, least) in (0..).zip(PAUSES.map(|it| it.as_secs())) {
            let pause = pause(tries, 0).unwrap();
            assert!((least..=least * 6 / 5).contains(&pause), "try {tries}: {pause}");
            whole += least;
        }

        assert!((70..=74).contains(&(whole / 3600)), "{whole}");
        assert_eq!((pause(11, 0), pause(11, 60), pause(u32::MAX, 0)), (None, None, None));
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_pause_but_not_for_ever() {
        assert_eq!(pause(0, 900), Some(900));
        assert_eq!(pause(0, 1_000_000), Some(3600));
        assert!(pause(9, 1).unwrap() >= 24 * 3600);
    }

    #[test]
    fn what_arrived_or_is_not_wanted_is_not_repeated() {
        let after = |outcome| delivery(0).after(&tried(outcome, 0), Timestamp::UNIX_EPOCH);

        assert_eq!(after(DeliveryOutcome::Delivered), NextStep::Done);
        assert_eq!(after(DeliveryOutcome::Gone), NextStep::Disable);
        assert_eq!(after(DeliveryOutcome::Damaged), NextStep::GiveUp);
    }

    #[test]
    fn outcomes_read_back_as_themselves() {
        for outcome in DeliveryOutcome::ALL {
            assert_eq!(DeliveryOutcome::parse(outcome.as_str()), Some(outcome));
        }
    }
}
