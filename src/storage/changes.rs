//! Tells those who wait for a verification that it changed.
//!
//! Announced after commit and never before. Waiters subscribe first and read after, so a change
//! falls either into what they read or into what they are told; none falls between.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use tokio::sync::Notify;

use super::posts::Posts;
use crate::domain::VerificationId;

/// The announcements of one process; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    topics: Arc<Mutex<HashMap<VerificationId, Arc<Topic>>>>,
    posts: Posts,
}

/// One verification that somebody listens to. There may be ten thousand, which is why it is no
/// `tokio::sync::watch`: that takes several times the memory.
#[derive(Debug, Default)]
struct Topic {
    /// How many listen; counted up and down under the lock of the topics.
    listeners: AtomicUsize,
    /// How often it was announced.
    announced: AtomicU64,
    told: Notify,
}

/// One waiter's ear; the topic lives as long as somebody listens.
#[derive(Debug)]
pub struct Subscription {
    topic: Arc<Topic>,
    /// What this waiter heard of the announcements.
    heard: u64,
    id: VerificationId,
    changes: Changes,
}

impl Changes {
    /// Listens to one verification from now on.
    pub fn subscribe(&self, id: VerificationId) -> Subscription {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let topic = Arc::clone(topics.entry(id).or_default());
        topic.listeners.fetch_add(1, Ordering::Relaxed);
        let heard = topic.announced.load(Ordering::Acquire);
        Subscription { topic, heard, id, changes: self.clone() }
    }

    /// Tells the waiters of `id`.
    pub fn announce(&self, id: VerificationId) {
        let topic = {
            let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
            topics.get(&id).map(Arc::clone)
        };
        if let Some(topic) = topic {
            // In this order: who is woken finds the number risen.
            topic.announced.fetch_add(1, Ordering::Release);
            topic.told.notify_waiters();
        }
    }

    /// Those who carry webhooks; they care for none in particular.
    pub(super) const fn posts(&self) -> &Posts {
        &self.posts
    }

    /// How many verifications somebody waits for.
    pub fn topics(&self) -> usize {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Subscription {
    /// Completes with the next announcement after the last one this waiter heard.
    pub async fn changed(&mut self) {
        loop {
            // Counts from here on, so an announcement between looking and waiting wakes it.
            let told = self.topic.told.notified();
            let announced = self.topic.announced.load(Ordering::Acquire);
            if announced != self.heard {
                self.heard = announced;
                return;
            }
            told.await;
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut topics = self.changes.topics.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock nobody can subscribe meanwhile, so the last one out may close the topic.
        if self.topic.listeners.fetch_sub(1, Ordering::Relaxed) == 1 {
            topics.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{future::join, poll};
    use jiff::Timestamp;

    use super::*;

    #[tokio::test]
    async fn a_change_between_subscribing_and_waiting_is_heard() {
        let changes = Changes::default();
        let id = VerificationId::new(Timestamp::UNIX_EPOCH);
        let mut waiter = changes.subscribe(id);

        changes.announce(id);

        tokio::time::timeout(std::time::Duration::from_secs(5), waiter.changed()).await.unwrap();
    }

    #[tokio::test]
    async fn announcements_wake_all_who_wait_and_count_once() {
        let changes = Changes::default();
        let id = VerificationId::new(Timestamp::UNIX_EPOCH);
        let (mut first, mut second) = (changes.subscribe(id), changes.subscribe(id));
        let mut late = changes.subscribe(id);
        let mut waiting = Box::pin(join(first.changed(), second.changed()));
        assert!(poll!(&mut waiting).is_pending());

        changes.announce(id);
        changes.announce(id);

        assert!(poll!(&mut waiting).is_ready());
        late.changed().await;
        assert!(poll!(Box::pin(late.changed())).is_pending(), "two in one go");
    }

    #[tokio::test]
    async fn topics_end_with_their_last_waiter() {
        let changes = Changes::default();
        let id = VerificationId::new(Timestamp::UNIX_EPOCH);
        let first = changes.subscribe(id);
        let second = changes.subscribe(id);

        drop(first);
        assert_eq!(changes.topics(), 1);
        drop(second);
        assert_eq!(changes.topics(), 0);
    }
}
