//! What happened: counters of calls, the last requests, the callbacks sent, and a bell that rings
//! on every change so that a test waits for a fact and never for a time.
//!
//! Secrets of a request (tokens, pass key) are never kept; which mint a partner token came from is.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use super::courier::CallbackAttempt;
use super::world::lock;

/// How many requests, and how many callbacks, are kept.
const KEPT: usize = 10_000;

/// The provider's operations, as counted and as faults name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Get partner token.
    Token,
    /// Initiate flow.
    Initiate,
    /// Get submission details.
    Details,
    /// A picture behind a link.
    Image,
}

impl Operation {
    /// All of them, in the order of a verification.
    pub const ALL: [Self; 4] = [Self::Token, Self::Initiate, Self::Details, Self::Image];

    /// The name in the control API and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Initiate => "initiate",
            Self::Details => "details",
            Self::Image => "image",
        }
    }
}

/// One call as it arrived.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedRequest {
    /// Which operation was asked for.
    pub operation: Operation,
    /// As sent.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Names in lower case; the values of secret headers are `[hidden]`.
    pub headers: BTreeMap<String, String>,
    /// Which mint the partner token came from, counted from 1; `None` when it was not valid.
    pub token_generation: Option<u64>,
    /// The body, if it was JSON.
    pub body: Option<Value>,
}

impl RecordedRequest {
    /// One header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The partner's session id.
    pub fn session_id(&self) -> Option<&str> {
        self.header("x-partner-session-id")
    }
}

/// The record of one sandbox.
pub(super) struct Journal {
    record: bool,
    token: AtomicU64,
    initiate: AtomicU64,
    details: AtomicU64,
    image: AtomicU64,
    delivered: AtomicU64,
    /// Bodies that are sent drop by drop at the moment.
    dripping: AtomicUsize,
    requests: Mutex<VecDeque<RecordedRequest>>,
    callbacks: Mutex<VecDeque<CallbackAttempt>>,
    bell: watch::Sender<u64>,
}

impl Journal {
    pub(super) fn new(record: bool) -> Self {
        Self {
            record,
            token: AtomicU64::new(0),
            initiate: AtomicU64::new(0),
            details: AtomicU64::new(0),
            image: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            dripping: AtomicUsize::new(0),
            requests: Mutex::new(VecDeque::new()),
            callbacks: Mutex::new(VecDeque::new()),
            bell: watch::Sender::new(0),
        }
    }

    /// Counts a call; `request` is made only when requests are kept.
    pub(super) fn arrived(&self, operation: Operation, request: impl FnOnce() -> RecordedRequest) {
        if self.record {
            push(&mut lock(&self.requests), request());
        }
        self.counter(operation).fetch_add(1, Ordering::Release);
        self.ring();
    }

    pub(super) fn called_back(&self, attempt: CallbackAttempt) {
        let delivered = attempt.answer.is_delivered();
        if self.record {
            push(&mut lock(&self.callbacks), attempt);
        }
        if delivered {
            self.delivered.fetch_add(1, Ordering::Release);
        }
        self.ring();
    }

    /// Tells whoever waits that something changed.
    pub(super) fn ring(&self) {
        self.bell.send_modify(|changes| *changes += 1);
    }

    pub(super) fn listen(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    pub(super) fn calls(&self, operation: Operation) -> u64 {
        self.counter(operation).load(Ordering::Acquire)
    }

    pub(super) fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Acquire)
    }

    pub(super) fn drip_begins(&self) {
        self.dripping.fetch_add(1, Ordering::Release);
        self.ring();
    }

    pub(super) fn drip_ends(&self) {
        self.dripping.fetch_sub(1, Ordering::Release);
        self.ring();
    }

    pub(super) fn dripping(&self) -> usize {
        self.dripping.load(Ordering::Acquire)
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        lock(&self.requests).iter().cloned().collect()
    }

    pub(super) fn callbacks(&self) -> Vec<CallbackAttempt> {
        lock(&self.callbacks).iter().cloned().collect()
    }

    fn counter(&self, operation: Operation) -> &AtomicU64 {
        match operation {
            Operation::Token => &self.token,
            Operation::Initiate => &self.initiate,
            Operation::Details => &self.details,
            Operation::Image => &self.image,
        }
    }
}

fn push<T>(kept: &mut VecDeque<T>, entry: T) {
    if kept.len() >= KEPT {
        kept.pop_front();
    }
    kept.push_back(entry);
}
