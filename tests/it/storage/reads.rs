//! In which order, and how fast, the details of what is due are read.

use std::sync::{Arc, Mutex};

use futures_util::{FutureExt as _, future::BoxFuture};
use gerbang::{
    domain::{AllowList, Channel, IssuedCredential, Policy, SubmissionReport, Tasks},
    storage::Store,
    upstream::{InitiateFlow, Provider, SubmissionQuery, UnreadableCallback, UpstreamError},
    usecase::{Admission, Parts, Ports, RedirectRules, verification},
};
use jiff::SignedDuration;

use super::{
    bed::{at, attempt_of, issue, open, wanted},
    folder::Folder,
};
use crate::support::{ManualClock, NoImages};

/// Knows of no submission and remembers who was asked about.
#[derive(Default)]
struct Ignorant(Mutex<Vec<String>>);

impl Ignorant {
    fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Provider for Ignorant {
    fn initiate<'a>(
        &'a self,
        _: &'a InitiateFlow,
    ) -> BoxFuture<'a, Result<IssuedCredential, UpstreamError>> {
        futures_util::future::pending().boxed()
    }

    fn submission<'a>(
        &'a self,
        query: &'a SubmissionQuery,
    ) -> BoxFuture<'a, Result<Option<SubmissionReport>, UpstreamError>> {
        self.0.lock().unwrap().push(query.user.as_str().to_owned());
        futures_util::future::ready(Ok(None)).boxed()
    }

    fn read_callback(&self, _: &[u8]) -> Result<SubmissionReport, UnreadableCallback> {
        Err(UnreadableCallback("nobody calls"))
    }

    fn may_repeat(&self) -> bool {
        false
    }

    fn offers(&self, _: Channel) -> bool {
        true
    }
}

/// `count` verifications whose reads became due one after the other, and the world at a time when all
/// of them are.
async fn backlog(count: i64) -> (Folder, Ports, Arc<Ignorant>, ManualClock) {
    let folder = Folder::new();
    let store = folder.open().await;
    for number in 0..count {
        // Further apart than the pauses differ.
        let minutes = number * 3;
        let wish = wanted(&format!("cust-{number}"));
        let (verification, session) = attempt_of(open(&*store, wish, minutes).await);
        issue(&*store, &verification, &session, minutes).await;
    }
    let clock = ManualClock::at(at(count * 3 + 15));
    let provider = Arc::<Ignorant>::default();
    let ports = Ports::new(Parts {
        store,
        provider: Arc::<Ignorant>::clone(&provider),
        directory: None,
        images: Arc::new(NoImages),
        couriers: Vec::new(),
        clock: clock.shared(),
        tasks: Tasks::on_current_runtime(),
        policy: Policy::default(),
        retention: gerbang::domain::Retention::default(),
        redirects: RedirectRules { allowed: AllowList::default(), default: None, through: None },
        sdk: None,
        admission: Admission::new(64, 0, std::time::Duration::ZERO),
        start_deadline: SignedDuration::from_secs(10),
        attempt_deadline: SignedDuration::from_secs(30),
    });
    (folder, ports, provider, clock)
}

#[tokio::test]
async fn with_one_place_the_newest_and_the_oldest_take_turns() {
    let (_folder, ports, provider, _) = backlog(6).await;
    let mut pace = verification::ReadPace::new(1, 1_000);

    let count = verification::read_due(&ports, &mut pace).await.unwrap();

    assert_eq!(count, 6);
    assert_eq!(provider.asked(), ["cust-5", "cust-0", "cust-4", "cust-1", "cust-3", "cust-2"]);
}

#[tokio::test]
async fn with_more_places_half_are_for_the_newest() {
    let (_folder, ports, provider, _) = backlog(9).await;
    let mut pace = verification::ReadPace::new(4, 1_000);

    verification::read_due(&ports, &mut pace).await.unwrap();

    let mut first = provider.asked()[..4].to_vec();
    first.sort();
    assert_eq!(first, ["cust-0", "cust-1", "cust-7", "cust-8"]);
    assert_eq!(provider.asked().len(), 9);
}

#[tokio::test]
async fn reads_keep_to_the_pace() {
    let (_folder, ports, provider, clock) = backlog(8).await;
    let mut pace = verification::ReadPace::new(4, 1);
    let begin = gerbang::domain::Clock::now(&clock);
    let mut reading = Box::pin(verification::read_due(&ports, &mut pace));
    let second = |seconds| begin + SignedDuration::from_secs(seconds);

    // Five seconds' worth at once, then one a second.
    let mut seen = Vec::new();
    for step in 1..=3 {
        tokio::select! {
            _ = &mut reading => panic!("done too soon"),
            () = clock.wait_for_sleepers_until(second(step), 1) => {}
        }
        seen.push(provider.asked().len());
        clock.advance(SignedDuration::from_secs(1));
    }
    // Nothing is left to read, which shows at the next look.
    tokio::select! {
        done = &mut reading => drop(done.unwrap()),
        () = clock.wait_for_sleepers_until(second(4), 1) => {
            clock.advance(SignedDuration::from_secs(1));
            reading.await.unwrap();
        }
    }

    assert_eq!(seen, [5, 6, 7]);
    assert_eq!(provider.asked().len(), 8);
}

pub(super) async fn announced_results_are_overdue_until_they_are_confirmed(store: &dyn Store) {
    let (verification, session) = super::bed::issued(store, "cust-1").await;
    let said = super::bed::report("sub-1", "cust-1", Some(&session), super::bed::valid());
    let overdue = async |minutes| store.overdue_confirmations(at(minutes)).await.unwrap();
    let id = verification.id;
    let before = overdue(1_000).await;
    let called_back = gerbang::domain::News::CalledBack(said.clone());
    super::bed::record(store, id, called_back, 5).await;

    let (early, late) = (overdue(4).await, overdue(5).await);
    super::bed::record(store, id, super::bed::details(said), 6).await;

    assert_eq!((before, early, late, overdue(1_000).await), (0, 0, 1, 0));
}
