//! How many starts are under way at once, and how many wait for their turn.
//!
//! A start is written down before the provider is asked, and its answer after: one that is refused
//! in between has cost two commits and leads nowhere. So a start has its place at the provider from
//! its beginning, and whoever finds none waits in a line that is short in length and in time. What
//! has no place in it is refused before anything is done for it. Places and line bound what starts
//! take of memory, of the provider, and of the queue to the disk, which they share with callbacks.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::Error;

/// The places, and the line before them.
pub struct Admission {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    line: usize,
    patience: Duration,
}

/// The right to start; given back on drop.
#[must_use = "dropped, it is given to the next"]
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
}

/// One who waits; gone from the line on drop, also when the caller hangs up.
struct InLine<'a>(&'a Admission);

impl Admission {
    /// So many `places`, and a `line` of so many, each of whom waits no longer than `patience`.
    pub fn new(places: usize, line: usize, patience: Duration) -> Self {
        // More than the system can count is as good as no bound.
        let places = Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)));
        Self { places, waiting: AtomicUsize::new(0), line, patience }
    }

    /// Whether whoever came now would find neither a place nor the end of the line.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) >= self.line && self.places.available_permits() == 0
    }

    /// A place, at once or after a wait; first come, first served.
    pub(super) async fn enter(&self) -> Result<Place, Error> {
        if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(Place { _permit: permit });
        }
        let _in_line = self.line_up().ok_or(Error::Busy)?;
        let turn = Arc::clone(&self.places).acquire_owned();
        match tokio::time::timeout(self.patience, turn).await {
            Ok(Ok(permit)) => Ok(Place { _permit: permit }),
            Ok(Err(_)) | Err(_) => Err(Error::Busy),
        }
    }

    fn line_up(&self) -> Option<InLine<'_>> {
        let one_more = |waiting: usize| (waiting < self.line).then(|| waiting.saturating_add(1));
        let waiting = &self.waiting;
        waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
        metrics::gauge!("gerbang_starts_waiting").increment(1.0);
        Some(InLine(self))
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!("gerbang_starts_waiting").decrement(1.0);
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;

    use super::*;

    fn admission(places: usize, line: usize) -> Admission {
        Admission::new(places, line, Duration::from_hours(1))
    }

    #[tokio::test]
    async fn whoever_finds_no_place_waits_and_the_rest_is_refused() {
        let admission = admission(1, 1);
        let first = admission.enter().await.unwrap();
        assert!(!admission.is_full());
        let mut second = Box::pin(admission.enter());
        assert!(poll!(&mut second).is_pending());

        assert!(admission.is_full());
        assert!(matches!(admission.enter().await, Err(Error::Busy)));
        drop(first);
        drop(second.await.unwrap());

        assert!(!admission.is_full());
        drop(admission.enter().await.unwrap());
    }

    #[tokio::test]
    async fn who_hangs_up_leaves_the_line_and_who_came_first_goes_first() {
        let admission = admission(1, 2);
        let first = admission.enter().await.unwrap();
        let mut gone = Box::pin(admission.enter());
        assert!(poll!(&mut gone).is_pending());
        let mut next = Box::pin(admission.enter());
        assert!(poll!(&mut next).is_pending());

        drop(gone);
        let mut last = Box::pin(admission.enter());
        assert!(poll!(&mut last).is_pending());
        drop(first);

        assert!(poll!(&mut last).is_pending());
        drop(next.await.unwrap());
        drop(last.await.unwrap());
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_patience() {
        let admission = Admission::new(1, 1, Duration::from_millis(1));
        let _first = admission.enter().await.unwrap();

        assert!(matches!(admission.enter().await, Err(Error::Busy)));

        assert!(!admission.is_full(), "the line is empty again");
    }

    #[tokio::test]
    async fn a_gateway_without_a_line_is_full_only_while_its_places_are_taken() {
        let admission = admission(1, 0);
        assert!(!admission.is_full());

        let place = admission.enter().await.unwrap();

        assert!(admission.is_full());
        drop(place);
        assert!(!admission.is_full());
    }
}
