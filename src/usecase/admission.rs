//! How many starts are under way at once, and how many wait for their turn.
//!
//! A start is written down before the provider is asked, and its answer after: one that is refused
//! in between has cost two commits and leads nowhere. So a start has its place at the provider from
//! its beginning, and whoever finds none waits in a line that is no longer than what can be served
//! in time, by how long places were lately held. What has no place in it is refused before anything is
//! done for it: that costs a good part of what a start costs, and so much the more when it comes too
//! soon. Places and line bound what starts take of memory, of the provider, and of the queue to the
//! disk, which they share with callbacks.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::Error;

/// The places, and the line before them.
pub struct Admission {
    places: Arc<Semaphore>,
    /// Of them, taken or not.
    number: usize,
    waiting: AtomicUsize,
    /// Let in, and not yet in the line: their token is checked, or their body is on its way.
    arriving: Arc<AtomicUsize>,
    /// The longest line.
    most: usize,
    /// How many are served in half the patience, times how long a place is held, in nanoseconds. Half:
    /// whoever waits in vain has cost as much as whoever is refused at once, and has waited.
    served: u128,
    held: Arc<Held>,
    patience: Duration,
}

/// One who was let in and has not lined up yet; to be dropped when he does.
#[derive(Debug)]
pub struct Arrival(Arc<AtomicUsize>);

/// The right to start; given back on drop.
#[must_use = "dropped, it is given to the next"]
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    since: Instant,
    held: Arc<Held>,
}

/// How long places were lately held: an average in nanoseconds in which the last one is an eighth. 0:
/// nobody knows yet.
#[derive(Debug, Default)]
struct Held(AtomicU64);

/// One who waits; gone from the line on drop, also when the caller hangs up.
struct InLine<'a>(&'a Admission);

impl Admission {
    /// So many `places`, and a `line` of so many, each of whom waits no longer than `patience`.
    pub fn new(places: usize, line: usize, patience: Duration) -> Self {
        // More than the system can count is as good as no bound.
        let number = places.min(Semaphore::MAX_PERMITS);
        let served = u128::try_from(number).unwrap_or(u128::MAX);
        Self {
            places: Arc::new(Semaphore::new(number)),
            number,
            waiting: AtomicUsize::new(0),
            arriving: Arc::default(),
            most: line,
            served: (patience / 2).as_nanos().saturating_mul(served),
            held: Arc::default(),
            patience,
        }
    }

    /// Lets somebody in; `None`: he would find neither a place nor the end of the line. Those who
    /// come in the same instant are counted, or all of them would be let in for the one who leaves;
    /// but for no more than half of all the room, or whoever takes his time to send his body could
    /// keep everybody else out.
    pub(super) fn arrive(&self) -> Option<Arrival> {
        let believed = self.number.saturating_add(self.line()) / 2;
        let arriving = self.arriving.load(Ordering::Relaxed).min(believed);
        if self.room() <= arriving {
            return None;
        }
        self.arriving.fetch_add(1, Ordering::Relaxed);
        Some(Arrival(Arc::clone(&self.arriving)))
    }

    /// For how many more there is a place, or one in the line.
    fn room(&self) -> usize {
        let line = self.line().saturating_sub(self.waiting.load(Ordering::Relaxed));
        self.places.available_permits().saturating_add(line)
    }

    /// How many may wait: as many as there will be places for well before their patience is over.
    fn line(&self) -> usize {
        let in_time = self.served.checked_div(self.held.average().into());
        in_time.map_or(self.most, |many| usize::try_from(many).unwrap_or(usize::MAX).min(self.most))
    }

    /// A place, at once or after a wait; first come, first served.
    pub(super) async fn enter(&self) -> Result<Place, Error> {
        if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(self.place(permit));
        }
        let _in_line = self.line_up().ok_or(Error::Busy)?;
        let turn = Arc::clone(&self.places).acquire_owned();
        match tokio::time::timeout(self.patience, turn).await {
            Ok(Ok(permit)) => Ok(self.place(permit)),
            Ok(Err(_)) | Err(_) => Err(Error::Busy),
        }
    }

    fn place(&self, permit: OwnedSemaphorePermit) -> Place {
        Place { _permit: permit, since: Instant::now(), held: Arc::clone(&self.held) }
    }

    fn line_up(&self) -> Option<InLine<'_>> {
        let line = self.line();
        let one_more = |waiting: usize| (waiting < line).then(|| waiting.saturating_add(1));
        let waiting = &self.waiting;
        waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
        metrics::gauge!("gerbang_starts_waiting").increment(1.0);
        Some(InLine(self))
    }
}

impl Held {
    fn average(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, span: Duration) {
        let last = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX).max(1);
        // Nothing is lost that matters if two meet here.
        let average = match self.average() {
            0 => last,
            average => average - average / 8 + last / 8,
        };
        self.0.store(average.max(1), Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.held.add(self.since.elapsed());
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
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
        assert!(admission.arrive().is_some());
        let mut second = Box::pin(admission.enter());
        assert!(poll!(&mut second).is_pending());

        assert!(admission.arrive().is_none());
        assert!(matches!(admission.enter().await, Err(Error::Busy)));
        drop(first);
        drop(second.await.unwrap());

        assert!(admission.arrive().is_some());
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

        assert!(admission.arrive().is_some(), "the line is empty again");
    }

    #[tokio::test]
    async fn a_gateway_without_a_line_is_full_only_while_its_places_are_taken() {
        let admission = admission(1, 0);
        assert!(admission.arrive().is_some());

        let place = admission.enter().await.unwrap();

        assert!(admission.arrive().is_none());
        drop(place);
        assert!(admission.arrive().is_some());
    }

    #[tokio::test]
    async fn the_line_is_as_long_as_can_be_served_in_time() {
        let admission = Admission::new(4, 100, Duration::from_secs(1));
        assert_eq!(admission.line(), 100, "nobody knows yet");

        for _ in 0..100 {
            admission.held.add(Duration::from_millis(200));
        }
        let slow = admission.line();
        for _ in 0..100 {
            admission.held.add(Duration::from_millis(1));
        }

        assert!((10..=11).contains(&slow), "{slow}: four places, for half a second");
        assert_eq!(admission.line(), 100, "as ever");
    }

    #[tokio::test]
    async fn a_place_that_is_given_back_says_how_long_it_was_held() {
        let admission = admission(1, 1);

        drop(admission.enter().await.unwrap());

        assert!(admission.held.average() > 0);
    }

    #[tokio::test]
    async fn those_who_arrive_together_are_counted_and_the_slow_keep_nobody_out() {
        let admission = admission(1, 4);
        let first = admission.enter().await.unwrap();
        let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(admission.enter())).collect();
        for one in &mut waiting {
            assert!(poll!(one).is_pending());
        }

        let last = admission.arrive();
        assert!(last.is_some() && admission.arrive().is_none(), "one place in the line is left");

        drop((last, waiting));
        let slow: Vec<_> = (0..100).map(|_| admission.arrive().unwrap()).collect();
        assert!(admission.arrive().is_some(), "half of the room is for those who do not linger");
        drop(slow);
        for _ in 0..100 {
            admission.held.add(Duration::from_hours(1));
        }
        let slow: Vec<_> = (0..100).map(|_| admission.arrive()).collect();
        assert!(admission.arrive().is_none(), "the only place is taken, and the line is gone");
        drop((slow, first));
        let slow: Vec<_> = (0..100).map(|_| admission.arrive().unwrap()).collect();
        assert!(admission.arrive().is_some(), "also where the line is short");
        drop(slow);
        assert_eq!(admission.arriving.load(Ordering::Relaxed), 0);
    }
}
