//! One call of the provider's API: where it goes, how long it may take, how many may be under way.
//!
//! Invariant: each operation has its own places, so a slow one keeps no other from being asked.

use std::{sync::Arc, time::Duration};

use reqwest::{Method, Request, StatusCode};
use tokio::sync::Semaphore;
use url::Url;

use super::{
    fault,
    wire::{self, Envelope},
};
use crate::{
    domain::Clock,
    upstream::{
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
}

impl Operation {
    pub(super) fn new(plan: Plan, http: HttpClient, clock: Arc<dyn Clock>) -> Self {
        let Plan { name, method, url, limits, places } = plan;
        Self { name, method, url, limits, places: Semaphore::new(places), http, clock }
    }

    /// A request to be completed with headers and a body.
    pub(super) fn request(&self) -> Request {
        Request::new(self.method.clone(), self.url.clone())
    }

    /// Makes the call and gives what `read` makes of a good answer's `data`.
    pub(super) async fn call<T>(
        &self,
        request: Request,
        read: impl FnOnce(&str) -> Result<T, UpstreamError>,
    ) -> Result<T, UpstreamError> {
        let place = tokio::time::timeout(PATIENCE, self.places.acquire()).await;
        let Ok(Ok(_place)) = place else { return Err(UpstreamError::Saturated) };
        metered(self.name, async {
            let answer = self.http.exchange(request, self.limits).await?;
            self.open(&answer, read)
        })
        .await
    }

    /// The same, where "there is none" is an answer too.
    pub(super) async fn find<T>(
        &self,
        request: Request,
        read: impl FnOnce(&str) -> Result<T, UpstreamError>,
    ) -> Result<Option<T>, UpstreamError> {
        let place = tokio::time::timeout(PATIENCE, self.places.acquire()).await;
        let Ok(Ok(_place)) = place else { return Err(UpstreamError::Saturated) };
        metered(self.name, async {
            let answer = self.http.exchange(request, self.limits).await?;
            if is_absence(&answer) { Ok(None) } else { self.open(&answer, read).map(Some) }
        })
        .await
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

fn envelope(answer: &Answer) -> Option<Envelope<'_>> {
    std::str::from_utf8(&answer.body).ok().and_then(wire::object)
}

/// "There is none" comes as 404 in the provider's own frame. Any other 404 says that we asked in
/// the wrong place.
fn is_absence(answer: &Answer) -> bool {
    answer.status == StatusCode::NOT_FOUND
        && envelope(answer).is_some_and(|envelope| envelope.errors.is_some())
}
