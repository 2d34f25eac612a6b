//! The partner token: one for all calls, always valid, never fetched twice at once.
//!
//! Invariant: a token is checked against the clock each time it is handed out. It is fetched by a
//! task that no request owns, ahead of its end while the old one still serves, so that an issuer
//! that is down or slow harms nobody as long as a token lives.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::{BoxFuture, pending};
use jiff::{SignedDuration, Timestamp};
use moka::{ops::compute::Op, sync::Cache};
use reqwest::header::HeaderValue;
use tokio::sync::watch;

use super::{error::UpstreamError, flight::Flight, spread::spread};
use crate::domain::{Clock, Tasks};

/// Asks the issuer for a token.
pub trait Mint: Send + Sync + 'static {
    /// One call; it ends by a deadline of its own.
    fn mint(&self) -> BoxFuture<'_, Result<MintedToken, UpstreamError>>;
}

/// What an issuer gave.
#[derive(Clone, Debug)]
pub struct MintedToken {
    /// The token as it is sent, marked sensitive.
    pub value: HeaderValue,
    /// Its end.
    pub expires_at: Timestamp,
}

/// A token in use.
#[derive(Clone, Debug)]
pub struct PartnerToken {
    value: HeaderValue,
    generation: u64,
    /// Not sent from here on: what is sent now arrives a moment later.
    unusable_at: Timestamp,
    /// Replaced from here on.
    due_at: Timestamp,
}

/// Keeps the token; cheap to clone.
#[derive(Clone)]
pub struct TokenCache {
    shared: Arc<Shared>,
}

struct Shared {
    /// Holds the one token there is. It knows no expiry of its own: the token carries its end.
    kept: Cache<(), Arc<PartnerToken>>,
    flight: Flight<Result<Arc<PartnerToken>, UpstreamError>>,
    history: Mutex<History>,
    /// When the present token is to be replaced; told to the task that does it.
    due: watch::Sender<Option<Timestamp>>,
    mint: Box<dyn Mint>,
    clock: Arc<dyn Clock>,
    tasks: Tasks,
}

/// What the issuer did so far.
#[derive(Default)]
struct History {
    minted: u64,
    latest: Option<(Timestamp, Option<UpstreamError>)>,
}

/// Between two calls to the issuer. A failing one is not hammered, nor is one whose every token is
/// answered 401.
const GAP: SignedDuration = SignedDuration::from_secs(1);
/// A token is replaced when less than this, or a sixth of its life, remains.
const MARGIN: SignedDuration = SignedDuration::from_secs(300);
/// A token is not sent when less than this, or a sixth of its life, remains.
const SAFETY: SignedDuration = SignedDuration::from_secs(5);
/// Pauses between tries to replace a token that still serves.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

impl PartnerToken {
    fn new(minted: MintedToken, generation: u64, now: Timestamp) -> Self {
        let end = minted.expires_at;
        let sixth = end.duration_since(now).max(SignedDuration::ZERO) / 6;
        let margin = MARGIN.min(sixth);
        // Gateways that were started together do not ask together.
        let early = margin.saturating_add(spread(margin / 10));
        let before = |span: SignedDuration| end.saturating_sub(span).unwrap_or(Timestamp::MIN);
        Self {
            value: minted.value,
            generation,
            unusable_at: before(SAFETY.min(sixth)),
            due_at: before(early),
        }
    }

    /// The token as it is sent.
    pub fn value(&self) -> &HeaderValue {
        &self.value
    }

    /// Tells this token from those before and after it.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    fn is_usable(&self, now: Timestamp) -> bool {
        now < self.unusable_at
    }
}

impl TokenCache {
    /// An empty cache. The first token is fetched when it is first needed; from then on a task
    /// keeps it fresh until the gateway stops.
    pub fn new(mint: Box<dyn Mint>, clock: Arc<dyn Clock>, tasks: Tasks) -> Self {
        let shared = Arc::new(Shared {
            kept: Cache::new(1),
            flight: Flight::new(tasks.clone()),
            history: Mutex::default(),
            due: watch::Sender::new(None),
            mint,
            clock,
            tasks: tasks.clone(),
        });
        tasks.spawn(Arc::clone(&shared).keep_fresh());
        Self { shared }
    }

    /// A token that may be sent now; waits for one if there is none.
    pub async fn get(&self) -> Result<Arc<PartnerToken>, UpstreamError> {
        if let Some(token) = self.shared.usable() {
            return Ok(token);
        }
        let token = self.shared.fetch(Errand::NoneLeft).await?;
        if token.is_usable(self.shared.clock.now()) {
            Ok(token)
        } else {
            Err(UpstreamError::Garbled("the partner token had expired when it came"))
        }
    }

    /// Drops the token of this generation, because a call with it was answered 401. One that was
    /// fetched since then stays.
    pub fn reject(&self, generation: u64) {
        self.shared.kept.entry(()).and_compute_with(|kept| {
            if kept.is_some_and(|kept| kept.value().generation == generation) {
                Op::Remove
            } else {
                Op::Nop
            }
        });
    }
}

/// Why a token is fetched.
#[derive(Clone, Copy)]
enum Errand {
    /// There is none to send.
    NoneLeft,
    /// The present one ends soon.
    Ahead,
}

impl Shared {
    fn usable(&self) -> Option<Arc<PartnerToken>> {
        self.kept.get(&()).filter(|token| token.is_usable(self.clock.now()))
    }

    /// Waits for the fetch under way, or for one of its own.
    async fn fetch(self: &Arc<Self>, errand: Errand) -> Result<Arc<PartnerToken>, UpstreamError> {
        let outcome = self.flight.join(|| Arc::clone(self).run(errand)).await;
        outcome.unwrap_or_else(|| Err(UpstreamError::lost()))
    }

    /// The fetch itself; the flight sees to it that only one runs.
    async fn run(self: Arc<Self>, errand: Errand) -> Result<Arc<PartnerToken>, UpstreamError> {
        // Whoever came here looked a moment ago; by now another fetch may have landed.
        if let Some(token) = self.usable() {
            let serves = match errand {
                Errand::NoneLeft => true,
                Errand::Ahead => self.clock.now() < token.due_at,
            };
            if serves {
                return Ok(token);
            }
        }
        self.keep_gap().await?;
        let minted = self.mint.mint().await;
        let now = self.clock.now();
        let label = minted.as_ref().map_or_else(UpstreamError::label, |_| "ok");
        metrics::counter!("gerbang_partner_token_mints_total", "outcome" => label).increment(1);
        if minted.is_err() {
            tracing::warn!(outcome = label, "no partner token was issued");
        }
        let generation = self.note(now, minted.as_ref().err());
        let token = Arc::new(PartnerToken::new(minted?, generation, now));
        let end = u32::try_from(token.unusable_at.as_second()).unwrap_or(u32::MAX);
        metrics::gauge!("gerbang_partner_token_expires_at_seconds").set(f64::from(end));
        self.kept.entry(()).and_compute_with(|_| Op::Put(Arc::clone(&token)));
        self.due.send_replace(Some(token.due_at));
        Ok(token)
    }

    /// Waits until the issuer may be asked again; a failure that is fresh is told again instead.
    async fn keep_gap(&self) -> Result<(), UpstreamError> {
        let Some((at, failure)) = self.lock_history().latest.clone() else { return Ok(()) };
        let since = self.clock.now().duration_since(at);
        // Negative: the clock was set back, and the gap says nothing any more.
        if since.is_negative() || since >= GAP {
            return Ok(());
        }
        if let Some(failure) = failure {
            return Err(failure);
        }
        self.clock.sleep_until(at.saturating_add(GAP).unwrap_or(Timestamp::MAX)).await;
        Ok(())
    }

    /// Remembers how a call to the issuer ended; gives the number of the token it brought.
    fn note(&self, now: Timestamp, failure: Option<&UpstreamError>) -> u64 {
        let mut history = self.lock_history();
        history.latest = Some((now, failure.cloned()));
        history.minted = history.minted.wrapping_add(1);
        history.minted
    }

    fn lock_history(&self) -> std::sync::MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces each token before it ends. While that fails the old one serves, and the issuer is
    /// asked again after a pause; once it has ended, whoever needs a token asks.
    async fn keep_fresh(self: Arc<Self>) {
        let mut due = self.due.subscribe();
        let mut at = None;
        let mut pause = PAUSES.0;
        loop {
            let sleep = async {
                match at {
                    Some(at) => self.clock.sleep_until(at).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.tasks.stopping() => return,
                Ok(()) = due.changed() => {
                    at = *due.borrow_and_update();
                    continue;
                }
                () = sleep => {}
            }
            if self.fetch(Errand::Ahead).await.is_ok() {
                pause = PAUSES.0;
                at = *due.borrow_and_update();
            } else {
                let wait = SignedDuration::try_from(pause).unwrap_or(GAP);
                let wait = wait.saturating_add(spread(wait / 5));
                at = self.usable().and(self.clock.now().saturating_add(wait).ok());
                pause = pause.saturating_mul(2).min(PAUSES.1);
            }
        }
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").finish_non_exhaustive()
    }
}
