//! Key sets fetched from issuers, and kept.
//!
//! Invariant: the last good set stays in use until a better one has come. However many tokens with
//! invented key ids arrive, the issuer is asked about them once a minute.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use reqwest::{
    Method, Request, StatusCode,
    header::{ACCEPT, HeaderValue},
};
use url::Url;

use super::{
    budget::RetryBudget,
    error::UpstreamError,
    flight::Flight,
    http::{HttpClient, Limits},
    meter::metered,
    spread::spread,
};
use crate::domain::{Clock, Tasks};

/// What one fetch may cost. The largest public key sets are below 50 KiB.
const LIMITS: Limits = Limits { deadline: Duration::from_secs(5), max_answer: 256 * 1024 };
/// How often a set is fetched again: so long a withdrawn key is still believed.
const REFRESH: SignedDuration = SignedDuration::from_mins(5);
/// How soon after a failure it is tried again in the background.
const RETRY: SignedDuration = SignedDuration::from_mins(1);
/// How often a set is fetched because a token names a key it lacks.
const MISSING_GAP: SignedDuration = SignedDuration::from_mins(1);
/// How often a first set is asked for while there is none at all.
const FIRST_GAP: SignedDuration = SignedDuration::from_secs(1);

/// An issuer's keys as of some fetch.
#[derive(Debug)]
pub struct FetchedKeys<K> {
    /// The keys.
    pub keys: K,
    /// What they were made of.
    text: Bytes,
}

/// The keys behind one address; cheap to clone.
pub struct RemoteKeys<K> {
    shared: Arc<Shared<K>>,
}

struct Shared<K> {
    http: HttpClient,
    budget: RetryBudget,
    url: Url,
    /// Makes keys of a fetched text; the error says what is wrong with it.
    parse: fn(&[u8]) -> Result<K, &'static str>,
    flight: Flight<Result<Arc<FetchedKeys<K>>, UpstreamError>>,
    state: Mutex<State<K>>,
    clock: Arc<dyn Clock>,
    tasks: Tasks,
}

struct State<K> {
    kept: Option<Arc<FetchedKeys<K>>>,
    /// When the last fetch ended, and how if it failed.
    latest: Option<(Timestamp, Option<UpstreamError>)>,
    /// When a missing key was last the reason for a fetch.
    missed_at: Option<Timestamp>,
}

/// Why a set is fetched.
#[derive(Clone, Copy)]
enum Errand {
    /// There is none yet.
    First,
    /// A token names a key that is not in it.
    Missing,
    /// It is getting old.
    Refresh,
}

impl<K: Send + Sync + 'static> RemoteKeys<K> {
    /// Begins to fetch at once, and again from time to time until the gateway stops.
    pub fn new(
        http: HttpClient,
        url: Url,
        parse: fn(&[u8]) -> Result<K, &'static str>,
        clock: Arc<dyn Clock>,
        tasks: Tasks,
    ) -> Self {
        let shared = Arc::new(Shared {
            http,
            budget: RetryBudget::new(1),
            url,
            parse,
            flight: Flight::new(tasks.clone()),
            state: Mutex::new(State { kept: None, latest: None, missed_at: None }),
            clock,
            tasks: tasks.clone(),
        });
        tasks.spawn(Arc::clone(&shared).keep_fresh());
        Self { shared }
    }

    /// The keys in use; fetched first if there are none yet.
    pub async fn get(&self) -> Result<Arc<FetchedKeys<K>>, UpstreamError> {
        match self.kept() {
            Some(kept) => Ok(kept),
            None => self.shared.fetch(Errand::First).await,
        }
    }

    /// The keys in use, if there are any yet.
    pub fn kept(&self) -> Option<Arc<FetchedKeys<K>>> {
        self.shared.lock().kept.clone()
    }

    /// The keys after asking the issuer once more, because those at hand lack one; without asking
    /// if that was done within the last minute. Fails if the issuer did not answer when it was
    /// last asked: then nobody knows whether it has that key.
    pub async fn look_again(&self) -> Result<Arc<FetchedKeys<K>>, UpstreamError> {
        self.shared.fetch(Errand::Missing).await
    }
}

impl<K: Send + Sync + 'static> Shared<K> {
    /// Waits for the fetch under way, or for one of its own.
    async fn fetch(self: &Arc<Self>, errand: Errand) -> Result<Arc<FetchedKeys<K>>, UpstreamError> {
        let outcome = self.flight.join(|| Arc::clone(self).run(errand)).await;
        outcome.unwrap_or_else(|| Err(UpstreamError::lost()))
    }

    /// The fetch itself; the flight sees to it that only one runs.
    async fn run(self: Arc<Self>, errand: Errand) -> Result<Arc<FetchedKeys<K>>, UpstreamError> {
        if let Some(outcome) = self.too_soon(errand) {
            return outcome;
        }
        let fetched = metered("jwks", self.ask()).await;
        if let Err(failure) = &fetched {
            // The address is the operator's own and no secret, and there may be several issuers.
            let host = self.url.host_str().unwrap_or_default();
            tracing::warn!(host, outcome = failure.label(), "a key set was not fetched");
        }
        let mut state = self.lock();
        state.latest = Some((self.clock.now(), fetched.as_ref().err().cloned()));
        let fetched = fetched?;
        // The same text is the same set: what was verified with it stays verified.
        if let Some(kept) = state.kept.as_ref().filter(|kept| kept.text == fetched.text) {
            return Ok(Arc::clone(kept));
        }
        let fetched = Arc::new(fetched);
        state.kept = Some(Arc::clone(&fetched));
        Ok(fetched)
    }

    /// The outcome of the last fetch, if it is too soon for another.
    fn too_soon(&self, errand: Errand) -> Option<Result<Arc<FetchedKeys<K>>, UpstreamError>> {
        let now = self.clock.now();
        let mut state = self.lock();
        let latest = state.latest.as_ref().map(|(at, _)| *at);
        let (since, gap) = match errand {
            Errand::First => (latest, FIRST_GAP),
            Errand::Missing => (state.missed_at, MISSING_GAP),
            Errand::Refresh => (None, SignedDuration::ZERO),
        };
        // Negative: the clock was set back, and the gap says nothing any more.
        let passed = since.map(|at| now.duration_since(at)).filter(|it| !it.is_negative());
        if passed.is_some_and(|passed| passed < gap) {
            let failure = state.latest.as_ref().and_then(|(_, failure)| failure.clone());
            let kept = state.kept.clone().ok_or_else(UpstreamError::lost);
            return Some(failure.map_or(kept, Err));
        }
        if matches!(errand, Errand::Missing) {
            state.missed_at = Some(now);
        }
        None
    }

    async fn ask(&self) -> Result<FetchedKeys<K>, UpstreamError> {
        let request = || {
            let mut request = Request::new(Method::GET, self.url.clone());
            request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
            request
        };
        let answer = self.http.exchange(request, LIMITS, &self.budget).await?;
        let status = answer.status.as_u16();
        if answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS {
            return Err(UpstreamError::Unavailable { status, retry_after: None });
        }
        if answer.status != StatusCode::OK {
            return Err(UpstreamError::Refused { status });
        }
        let keys = (self.parse)(&answer.body).map_err(UpstreamError::Garbled)?;
        Ok(FetchedKeys { keys, text: answer.body })
    }

    async fn keep_fresh(self: Arc<Self>) {
        loop {
            let fetched = self.fetch(Errand::Refresh).await;
            let pause = if fetched.is_ok() { REFRESH } else { RETRY };
            let pause = pause.saturating_add(spread(pause / 10));
            let at = self.clock.now().saturating_add(pause).unwrap_or(Timestamp::MAX);
            tokio::select! {
                biased;
                () = self.tasks.stopping() => return,
                () = self.clock.sleep_until(at) => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K> Clone for RemoteKeys<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K> fmt::Debug for RemoteKeys<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteKeys").finish_non_exhaustive()
    }
}
