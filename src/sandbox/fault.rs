//! Misbehaviour on request: what may be asked for, and which call gets it.
//!
//! Times of faults are real time, since they act on sockets. The first rule of an operation that
//! is not used up is the one that holds; faults do not combine.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::journal::Operation;
use super::world::lock;

/// One way to misbehave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Fault {
    /// The right answer, later.
    Latency {
        /// How much later.
        millis: u64,
    },
    /// No answer until faults are cleared; then the right one.
    Hang,
    /// Another status, with a body that may not be JSON.
    Status {
        /// From 400 to 599 usually.
        status: u16,
        /// HTML as a proxy in between would send it, or the provider's envelope.
        body: FaultBody,
        /// Sent as `Retry-After` when given.
        #[serde(default)]
        retry_after: Option<u32>,
    },
    /// The connection is closed without a single byte of answer.
    Close,
    /// The right answer's head and half its body, then the connection is closed.
    CutBody,
    /// The right answer, a few bytes at a time.
    Drip {
        /// Bytes of each piece; at least one.
        bytes: usize,
        /// Wait before each piece.
        millis: u64,
    },
    /// 200 with something that breaks off in the middle of JSON.
    Garbage,
    /// 200 with a JSON body of this many bytes (10 MB is 10,000,000).
    HugeBody {
        /// Size of the body.
        bytes: usize,
    },
    /// 200 with this instead of the right answer.
    Body {
        /// Sent as `Content-Type`.
        content_type: String,
        /// Sent as the body.
        text: String,
    },
    /// The right answer, and behind it zeros until it has this many bytes.
    Padded {
        /// Size of the body.
        bytes: usize,
        /// Whether the size is announced.
        announced: bool,
    },
    /// The right answer, called `text/html; charset=utf-16`.
    WrongContentType,
    /// All partner tokens are revoked, then the call is answered as ever: a 401 for a data call.
    RevokeTokens,
    /// 302 to this place.
    Redirect {
        /// Sent as `Location`.
        location: String,
    },
}

/// What stands in the body of a wrong status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultBody {
    /// An error page.
    Html,
    /// The provider's envelope with `GENERIC_SERVICE_ERROR`.
    Json,
    /// Nothing.
    Empty,
}

/// A fault, whom it hits and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FaultRule {
    /// The operation that misbehaves.
    pub operation: Operation,
    /// How.
    #[serde(flatten)]
    pub fault: Fault,
    /// For how many calls; until cleared when `None`.
    #[serde(default)]
    pub times: Option<u32>,
    /// Do the work first and lose its answer: the session id is taken although the caller sees
    /// the fault. Faults that carry the right answer always do the work.
    #[serde(default)]
    pub after_work: bool,
}

impl FaultRule {
    /// `fault` for the next call of `operation`, its work not done.
    pub fn once(operation: Operation, fault: Fault) -> Self {
        Self { operation, fault, times: Some(1), after_work: false }
    }

    /// `fault` for every call of `operation` until faults are cleared.
    pub fn always(operation: Operation, fault: Fault) -> Self {
        Self { operation, fault, times: None, after_work: false }
    }

    /// The same for the next `times` calls.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// The same, with the work done and its answer lost.
    #[must_use]
    pub fn after_work(mut self) -> Self {
        self.after_work = true;
        self
    }
}

/// The faults that are asked for.
pub(super) struct FaultBoard {
    rules: Mutex<VecDeque<FaultRule>>,
    /// How many rules there are, so that a sandbox without faults takes no lock.
    waiting: AtomicUsize,
    cleared: watch::Sender<u64>,
}

impl FaultBoard {
    pub(super) fn new() -> Self {
        Self {
            rules: Mutex::new(VecDeque::new()),
            waiting: AtomicUsize::new(0),
            cleared: watch::Sender::new(0),
        }
    }

    pub(super) fn push(&self, rule: FaultRule) {
        if rule.times == Some(0) {
            return;
        }
        let mut rules = lock(&self.rules);
        rules.push_back(rule);
        self.waiting.store(rules.len(), Ordering::Release);
    }

    /// Forgets every fault and lets hanging calls go on.
    pub(super) fn clear(&self) {
        let mut rules = lock(&self.rules);
        rules.clear();
        self.waiting.store(0, Ordering::Release);
        self.cleared.send_modify(|times| *times += 1);
    }

    pub(super) fn list(&self) -> Vec<FaultRule> {
        lock(&self.rules).iter().cloned().collect()
    }

    /// The fault this call of `operation` gets, used up by one, and what tells that it was
    /// cleared: subscribed under the lock, so that no clearing falls between.
    pub(super) fn take(&self, operation: Operation) -> Option<(FaultRule, watch::Receiver<u64>)> {
        if self.waiting.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut rules = lock(&self.rules);
        let position = rules.iter().position(|rule| rule.operation == operation)?;
        let rule = rules.get_mut(position)?;
        let taken = rule.clone();
        if let Some(left) = rule.times.as_mut() {
            *left -= 1;
            if *left == 0 {
                rules.remove(position);
            }
        }
        self.waiting.store(rules.len(), Ordering::Release);
        Some((taken, self.cleared.subscribe()))
    }
}

/// Real milliseconds.
#[expect(
    clippy::disallowed_methods,
    reason = "a slow wire is slow whatever the sandbox's clock says"
)]
pub(super) async fn real_pause(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultBoard, FaultRule};
    use crate::sandbox::journal::Operation;

    #[test]
    fn a_rule_hits_its_operation_as_often_as_asked() {
        let board = FaultBoard::new();
        board.push(FaultRule::once(Operation::Token, Fault::Close).times(2));

        assert!(board.take(Operation::Initiate).is_none());
        assert!(board.take(Operation::Token).is_some());
        assert!(board.take(Operation::Token).is_some());
        assert!(board.take(Operation::Token).is_none());
    }

    #[test]
    fn a_rule_without_number_holds_until_cleared() {
        let board = FaultBoard::new();
        board.push(FaultRule::always(Operation::Token, Fault::Hang));

        assert!(board.take(Operation::Token).is_some());
        assert!(board.take(Operation::Token).is_some());
        board.clear();
        assert!(board.take(Operation::Token).is_none());
    }

    #[test]
    fn a_rule_is_read_from_flat_json() {
        let rule: Result<FaultRule, _> = serde_json::from_str(
            r#"{"operation":"initiate","kind":"status","status":503,"body":"html","retryAfter":2}"#,
        );

        let fault =
            Fault::Status { status: 503, body: super::FaultBody::Html, retry_after: Some(2) };
        assert_eq!(rule.ok(), Some(FaultRule::always(Operation::Initiate, fault)));
    }
}
