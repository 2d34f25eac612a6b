//! The partner token: one fetch for all, ahead of time, and never an expired one.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use gerbang::{
    domain::{Clock, Tasks},
    upstream::{Mint, MintedToken, TokenCache, UpstreamError},
};
use jiff::SignedDuration;
use tokio::sync::watch;

use crate::support::ManualClock;

const LIFE: SignedDuration = SignedDuration::from_mins(30);

fn secs(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// What the issuer does at one call; a token of half an hour when nothing is planned.
enum Act {
    Fail,
    Live(SignedDuration),
}

/// An issuer that numbers its tokens, and waits while its door is shut.
#[derive(Clone)]
struct Issuer {
    clock: ManualClock,
    plan: Arc<Mutex<VecDeque<Act>>>,
    calls: Arc<watch::Sender<u64>>,
    open: Arc<watch::Sender<bool>>,
}

impl Mint for Issuer {
    fn mint(&self) -> BoxFuture<'_, Result<MintedToken, UpstreamError>> {
        Box::pin(async {
            self.calls.send_modify(|calls| *calls += 1);
            let number = *self.calls.borrow();
            self.open.subscribe().wait_for(|open| *open).await.unwrap();
            let act = self.plan.lock().unwrap().pop_front();
            let life = match act {
                Some(Act::Fail) => {
                    return Err(UpstreamError::Unavailable { status: 503, retry_after: None });
                }
                Some(Act::Live(life)) => life,
                None => LIFE,
            };
            Ok(MintedToken {
                value: format!("token {number}").parse().unwrap(),
                expires_at: self.clock.now().saturating_add(life).unwrap(),
            })
        })
    }
}

struct Rig {
    clock: ManualClock,
    issuer: Issuer,
    tasks: Tasks,
    cache: TokenCache,
}

impl Rig {
    fn new(plan: impl IntoIterator<Item = Act>) -> Self {
        let clock = ManualClock::new();
        let issuer = Issuer {
            clock: clock.clone(),
            plan: Arc::new(Mutex::new(plan.into_iter().collect())),
            calls: Arc::new(watch::Sender::new(0)),
            open: Arc::new(watch::Sender::new(true)),
        };
        let tasks = Tasks::on_current_runtime();
        let cache = TokenCache::new(Box::new(issuer.clone()), clock.shared(), tasks.clone());
        Self { clock, issuer, tasks, cache }
    }

    async fn token(&self) -> Result<String, String> {
        let token = self.cache.get().await.map_err(|failure| failure.to_string())?;
        Ok(token.value().to_str().unwrap().to_owned())
    }

    fn calls(&self) -> u64 {
        *self.issuer.calls.borrow()
    }

    fn shut(&self, shut: bool) {
        self.issuer.open.send_replace(!shut);
    }

    async fn wait_for_calls(&self, number: u64) {
        self.issuer.calls.subscribe().wait_for(|calls| *calls >= number).await.unwrap();
    }

    /// Lets every task run until it waits for something; the runtime of these tests has one thread.
    async fn settle(&self) {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn ten_thousand_callers_on_a_cold_cache_make_one_call() {
    let rig = Rig::new([]);
    rig.shut(true);
    let callers = join_all((0..10_000).map(|_| rig.cache.get()));
    let open = async {
        rig.wait_for_calls(1).await;
        rig.settle().await;
        rig.shut(false);
    };

    let (tokens, ()) = tokio::join!(callers, open);

    assert!(tokens.iter().all(|token| token.as_ref().is_ok_and(|it| it.value() == "token 1")));
    assert_eq!(rig.calls(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_on_many_threads_make_one_call() {
    let rig = Rig::new([]);
    let callers = (0..2_000).map(|_| {
        let cache = rig.cache.clone();
        rig.tasks.spawn(async move { cache.get().await.is_ok() })
    });

    let got = join_all(callers).await;

    assert!(got.into_iter().all(Result::unwrap));
    assert_eq!(rig.calls(), 1);
}

#[tokio::test]
async fn a_first_caller_who_goes_away_neither_stops_nor_restarts_the_fetch() {
    let rig = Rig::new([]);
    rig.shut(true);
    for _ in 0..100 {
        let caller = rig.cache.get();
        tokio::select! {
            biased;
            _ = caller => unreachable!("the issuer's door is shut"),
            () = rig.settle() => {}
        }
    }

    rig.shut(false);

    assert_eq!(rig.token().await.unwrap(), "token 1");
    assert_eq!(rig.calls(), 1);
}

#[tokio::test]
async fn a_token_is_replaced_ahead_of_its_end_while_the_old_one_serves() {
    let rig = Rig::new([]);
    rig.token().await.unwrap();
    rig.shut(true);

    rig.clock.advance(LIFE - secs(299));
    rig.wait_for_calls(2).await;

    assert_eq!(rig.token().await.unwrap(), "token 1");
    rig.shut(false);
    rig.settle().await;
    assert_eq!(rig.token().await.unwrap(), "token 2");
    assert_eq!(rig.calls(), 2);
}

#[tokio::test]
async fn a_token_is_not_replaced_long_before_its_end() {
    let rig = Rig::new([]);
    rig.token().await.unwrap();

    rig.clock.advance(LIFE - secs(331));
    rig.settle().await;

    assert_eq!(rig.calls(), 1);
}

#[tokio::test]
async fn a_gateway_that_nobody_uses_keeps_its_token_fresh() {
    let rig = Rig::new([]);
    rig.token().await.unwrap();

    for replaced in 2..=5 {
        rig.clock.advance(LIFE - secs(200));
        rig.wait_for_calls(replaced).await;
        rig.settle().await;
    }

    assert_eq!(rig.token().await.unwrap(), "token 5");
}

#[tokio::test]
async fn an_issuer_that_is_down_harms_nobody_while_the_old_token_lives() {
    let rig = Rig::new([Act::Live(LIFE), Act::Fail, Act::Fail, Act::Fail]);
    rig.token().await.unwrap();
    rig.clock.advance(LIFE - secs(200));
    rig.wait_for_calls(2).await;
    rig.settle().await;

    // Asked again after a pause that doubles, and not before.
    assert_eq!((rig.calls(), rig.token().await.unwrap().as_str()), (2, "token 1"));
    rig.clock.advance(secs(2));
    rig.settle().await;
    assert_eq!((rig.calls(), rig.token().await.unwrap().as_str()), (3, "token 1"));
    rig.clock.advance(secs(1));
    rig.settle().await;
    assert_eq!(rig.calls(), 3);

    rig.clock.advance(secs(60));
    rig.settle().await;
    rig.clock.advance(secs(60));
    rig.wait_for_calls(5).await;
    rig.settle().await;
    assert_eq!(rig.token().await.unwrap(), "token 5");
}

#[tokio::test]
async fn an_expired_token_is_never_handed_out() {
    let rig = Rig::new([Act::Live(LIFE), Act::Fail, Act::Fail]);
    rig.token().await.unwrap();

    rig.clock.advance(LIFE - secs(6));
    assert_eq!(rig.token().await.unwrap(), "token 1");
    rig.settle().await;
    rig.clock.advance(secs(1));

    assert_eq!(rig.token().await.unwrap_err(), "the upstream is unavailable (503)");
}

#[tokio::test]
async fn a_failing_issuer_is_asked_once_a_second() {
    let rig = Rig::new([Act::Fail, Act::Fail]);

    for _ in 0..100 {
        assert!(rig.token().await.is_err());
    }
    assert_eq!(rig.calls(), 1);
    rig.clock.advance(secs(1));
    assert!(rig.token().await.is_err());
    assert_eq!(rig.calls(), 2);
    rig.clock.advance(secs(1));
    assert_eq!(rig.token().await.unwrap(), "token 3");
}

#[tokio::test]
async fn a_refused_token_is_dropped_once_for_all_who_used_it() {
    let rig = Rig::new([]);
    let used = join_all((0..100).map(|_| rig.cache.get())).await;
    rig.clock.advance(secs(60));

    let again = used.into_iter().map(|token| async {
        rig.cache.reject(token.unwrap().generation());
        rig.token().await.unwrap()
    });
    let again = join_all(again).await;

    assert!(again.iter().all(|token| token == "token 2"));
    assert_eq!(rig.calls(), 2);
}

#[tokio::test]
async fn refusal_of_an_old_token_leaves_the_new_one_alone() {
    let rig = Rig::new([]);
    let old = rig.cache.get().await.unwrap().generation();
    rig.clock.advance(secs(60));
    rig.cache.reject(old);
    rig.token().await.unwrap();

    rig.cache.reject(old);

    assert_eq!(rig.token().await.unwrap(), "token 2");
}

#[tokio::test]
async fn an_issuer_whose_tokens_are_all_refused_is_asked_once_a_second() {
    let rig = Rig::new([]);
    let first = rig.cache.get().await.unwrap();

    rig.cache.reject(first.generation());
    let mut next = Box::pin(rig.token());
    rig.settle().await;
    assert!(next.as_mut().now_or_never().is_none());
    rig.clock.advance(secs(1));

    assert_eq!(next.await.unwrap(), "token 2");
}

#[tokio::test]
async fn a_token_of_a_few_seconds_is_used_for_most_of_them() {
    let rig = Rig::new([Act::Live(secs(6)), Act::Live(secs(6))]);
    rig.token().await.unwrap();
    rig.shut(true);

    rig.clock.advance(secs(4));
    assert_eq!(rig.token().await.unwrap(), "token 1");
    rig.clock.advance(secs(1));
    let mut late = Box::pin(rig.token());
    rig.settle().await;
    assert!(late.as_mut().now_or_never().is_none());
    rig.shut(false);

    assert_eq!(late.await.unwrap(), "token 2");
}

#[tokio::test]
async fn a_token_that_is_dead_on_arrival_is_not_handed_out() {
    let rig = Rig::new([Act::Live(secs(0))]);

    let failure = rig.token().await.unwrap_err();

    assert!(failure.contains("cannot be read"), "{failure}");
}

#[tokio::test]
async fn a_clock_set_back_does_not_lock_the_issuer_out() {
    let rig = Rig::new([Act::Fail]);
    assert!(rig.token().await.is_err());

    rig.clock.advance(SignedDuration::from_hours(-1));

    assert_eq!(rig.token().await.unwrap(), "token 2");
}

#[tokio::test]
async fn nothing_is_left_running_after_the_stop() {
    let rig = Rig::new([]);
    rig.token().await.unwrap();

    rig.tasks.stop();

    rig.tasks.drained().await;
    assert_eq!(rig.tasks.running(), 0);
}
