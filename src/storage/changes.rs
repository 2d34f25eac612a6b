//! Tells those who wait for a verification that it changed.
//!
//! Announced after commit and never before. Waiters subscribe first and read after, so a change
//! falls either into what they read or into what they are told; none falls between.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::watch;

use super::posts::Posts;
use crate::domain::VerificationId;

/// The announcements of one process; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    topics: Arc<Mutex<HashMap<VerificationId, Weak<watch::Sender<u64>>>>>,
    posts: Posts,
}

/// One waiter's ear; the topic lives as long as somebody listens.
#[derive(Debug)]
pub struct Subscription {
    // Keeps the topic alive; its receiver below would not.
    topic: Arc<watch::Sender<u64>>,
    heard: watch::Receiver<u64>,
    id: VerificationId,
    changes: Changes,
}

impl Changes {
    /// Listens to one verification from now on.
    pub fn subscribe(&self, id: VerificationId) -> Subscription {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let topic = topics.get(&id).and_then(Weak::upgrade).unwrap_or_else(|| {
            let topic = Arc::new(watch::Sender::new(0));
            topics.insert(id, Arc::downgrade(&topic));
            topic
        });
        let heard = topic.subscribe();
        Subscription { topic, heard, id, changes: self.clone() }
    }

    /// Tells the waiters of `id`.
    pub fn announce(&self, id: VerificationId) {
        let topic = {
            let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
            topics.get(&id).and_then(Weak::upgrade)
        };
        if let Some(topic) = topic {
            topic.send_modify(|count| *count = count.wrapping_add(1));
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
        // Cannot fail: this subscription keeps the sender alive.
        let _ = self.heard.changed().await;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut topics = self.changes.topics.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock nobody can subscribe meanwhile, so the last one out may close the topic.
        if self.topic.receiver_count() <= 1 {
            topics.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
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
