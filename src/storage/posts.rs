//! Tells those who carry webhooks that there is something to carry.

use std::sync::Arc;

use tokio::sync::watch;

/// The announcements of one process; cheap to clone.
#[derive(Clone, Debug)]
pub struct Posts(Arc<watch::Sender<u64>>);

/// One carrier's ear.
#[derive(Clone, Debug)]
pub struct Posted {
    heard: watch::Receiver<u64>,
    // Without it the announcements would end while somebody still listens.
    _posts: Posts,
}

impl Posts {
    /// Listens from now on.
    pub fn subscribe(&self) -> Posted {
        Posted { heard: self.0.subscribe(), _posts: self.clone() }
    }

    /// Tells every carrier; after commit and never before.
    pub fn announce(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }
}

impl Default for Posts {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl Posted {
    /// Completes with the next announcement after the last one this carrier heard.
    pub async fn changed(&mut self) {
        // Cannot fail: `_posts` keeps the sender alive.
        let _ = self.heard.changed().await;
    }
}
