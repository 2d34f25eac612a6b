//! One call of the provider's API: where it goes, how long it may take, how many may be under way.
//!
//! Invariant: each operation has its own places, so a slow one keeps no other from being asked.

use std::{sync::Arc, time::Duration};

use reqwest::{Method, Request, StatusCode};
use tokio::sync::Semaphore;
use url::Url;

use super::{
    breaker::Breaker,
    fault,
    wire::{self, Envelope},
};
use crate::{
    domain::Clock,
    upstream::{
        budget::RetryBudget,
        error::UpstreamError,
        http::{Answer, HttpClient, Limits},
        meter::metered,
    },
};

/// How long a call waits for a place. Longer only lines up callers who would rather hear "later".
const PATIENCE: Duration = Duration::from_millis(100);

/// A prepared call.
pub(super) struct Operation {
    name: &'static str,
    method: Method,
    url: Url,
    limits: Limits,
    places: Semaphore,
    budget: RetryBudget,
    /// `None`: it is never left alone.
    breaker: Option<Breaker>,
    http: HttpClient,
    clock: Arc<dyn Clock>,
}

/// What makes one operation differ from another.
pub(super) struct Plan {
    pub(super) name: &'static str,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) limits: Limits,
    pub(super) places: usize,
    /// Whether it is left alone for a while when it fails again and again.
    pub(super) rests: bool,
}

impl Operation {
    pub(super) fn new(plan: Plan, http: HttpClient, clock: Arc<dyn Clock>) -> Self {
        let Plan { name, method, url, limits, places, rests } = plan;
        let budget = RetryBudget::new(places);
        let breaker = rests.then(Breaker::default);
        let places = Semaphore::new(places);
        Self { name, method, url, limits, places, budget, breaker, http, clock }
    }

    /// A request to be completed with headers and a body.
    pub(super) fn request(&self) -> Request {
        Request::new(self.method.clone(), self.url.clone())
    }

    /// Makes the call and gives what `read` makes of a good answer's `data`.
    pub(super) async fn call<T>(
        &self,
        request: impl Fn() -> Request,
        read: impl FnOnce(&str) -> Result<T, UpstreamError>,
    ) -> Result<T, UpstreamError> {
        self.ask(request, |answer| self.open(answer, read)).await
    }

    /// The same, where "there is none" is an answer too.
    pub(super) async fn find<T>(
        &self,
        request: impl Fn() -> Request,
        read: impl FnOnce(&str) -> Result<T, UpstreamError>,
    ) -> Result<Option<T>, UpstreamError> {
        self.ask(request, |answer| {
            if is_absence(answer) { Ok(None) } else { self.open(answer, read).map(Some) }
        })
        .await
    }

    /// Whether a call may be made once more; each "yes" is counted.
    pub(super) fn may_repeat(&self) -> bool {
        self.budget.spend()
    }

    /// Makes the call when there is a place for it, unless it is left alone.
    async fn ask<T>(
        &self,
        request: impl Fn() -> Request,
        read: impl FnOnce(&Answer) -> Result<T, UpstreamError>,
    ) -> Result<T, UpstreamError> {
        let place = tokio::time::timeout(PATIENCE, self.places.acquire()).await;
        let Ok(Ok(_place)) = place else { return Err(refused("places", UpstreamError::Saturated)) };
        let pass = self.breaker.as_ref().map(|breaker| breaker.admit(self.clock.now()));
        let pass = pass
            .transpose()
            .map_err(|retry_after| refused("breaker", UpstreamError::Resting { retry_after }))?;
        let outcome = metered(self.name, async {
            let answer = self.http.exchange(request, self.limits, &self.budget).await?;
            read(&answer)
        })
        .await;
        if let Some(pass) = pass {
            pass.end(&outcome, self.clock.now());
        }
        outcome
    }

    /// Takes the frame off an answer.
    fn open<T>(
        &self,
        answer: &Answer,
        read: impl FnOnce(&str) -> Result<T, UpstreamError>,
    ) -> Result<T, UpstreamError> {
        let envelope = envelope(answer);
        let refused = envelope.as_ref().is_some_and(|envelope| envelope.success == Some(false));
        if refused || !answer.status.is_success() {
            let wait = fault::retry_after(&answer.headers, self.clock.now());
            return Err(fault::fault(self.name, answer.status, wait, envelope.as_ref()));
        }
        let envelope = envelope.ok_or(UpstreamError::Garbled("no JSON object"))?;
        let data = envelope.data.ok_or(UpstreamError::Garbled("no `data`"))?;
        read(data.get())
    }
}

/// Counts a call that was not made.
fn refused(limit: &'static str, failure: UpstreamError) -> UpstreamError {
    metrics::counter!("gerbang_refused_total", "limit" => limit).increment(1);
    failure
}

fn envelope(answer: &Answer) -> Option<Envelope<'_>> {
    std::str::from_utf8(&answer.body).ok().and_then(wire::object)
}

/// "There is none" comes as 404 in the provider's own frame. Any other 404 says that we asked in
/// the wrong place.
fn is_absence(answer: &Answer) -> bool {
    answer.status == StatusCode::NOT_FOUND
        && envelope(answer).is_some_and(|envelope| envelope.errors.is_some())
}
