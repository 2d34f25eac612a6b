//! A bounded queue of work and the threads that do it.
//!
//! Whoever hands in work never waits for room: a full queue refuses, so that an overloaded gateway
//! says so quickly instead of piling up callers. What was accepted is done, also while closing.

use std::{
    convert::Infallible,
    io,
    sync::{Arc, Mutex, PoisonError, RwLock},
    thread::{self, JoinHandle},
};

use tokio::sync::mpsc;

use crate::storage::error::StoreError;

/// The threads' end of the queue.
pub(super) struct Queue<J>(Mutex<mpsc::Receiver<J>>);

impl<J> Queue<J> {
    /// A queue that is fed through the other end of `exit`.
    pub(super) const fn new(exit: mpsc::Receiver<J>) -> Self {
        Self(Mutex::new(exit))
    }

    /// Waits for work; `None` when the lane is closed and everything is done.
    pub(super) fn next(&self) -> Option<J> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv()
    }

    /// Work that is there already.
    pub(super) fn waiting(&self) -> Option<J> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).try_recv().ok()
    }

    /// How much work waits.
    pub(super) fn depth(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// One thread's work, for as long as the queue lasts.
pub(super) type Worker<J> = Box<dyn FnOnce(&Queue<J>) + Send>;

/// A queue and its threads.
pub(super) struct Lane<J> {
    /// Gone once the lane is closed.
    entrance: RwLock<Option<mpsc::Sender<J>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Yields nothing but its end: when the last thread has dropped its side.
    ended: tokio::sync::Mutex<mpsc::Receiver<Infallible>>,
}

impl<J: Send + 'static> Lane<J> {
    /// Starts one thread for each worker.
    pub(super) fn start(name: &str, bound: usize, workers: Vec<Worker<J>>) -> io::Result<Self> {
        let (entrance, exit) = mpsc::channel(bound.max(1));
        let (running, ended) = mpsc::channel(1);
        let queue = Arc::new(Queue::new(exit));
        let mut threads = Vec::with_capacity(workers.len());
        for worker in workers {
            let (queue, running) = (Arc::clone(&queue), running.clone());
            let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
                worker(&queue);
                drop(queue);
                drop(running);
            })?;
            threads.push(thread);
        }
        Ok(Self {
            entrance: RwLock::new(Some(entrance)),
            threads: Mutex::new(threads),
            ended: tokio::sync::Mutex::new(ended),
        })
    }

    /// Hands in work.
    pub(super) fn push(&self, work: J) -> Result<(), StoreError> {
        let entrance = self.entrance.read().unwrap_or_else(PoisonError::into_inner);
        let entrance = entrance.as_ref().ok_or(StoreError::Closed)?;
        entrance.try_send(work).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })
    }

    /// Whether half the room is taken.
    pub(super) fn is_half_full(&self) -> bool {
        let entrance = self.entrance.read().unwrap_or_else(PoisonError::into_inner);
        entrance.as_ref().is_some_and(|entrance| entrance.capacity() <= entrance.max_capacity() / 2)
    }

    /// Refuses new work and waits until the accepted work is done and the threads have ended.
    pub(super) async fn close(&self) {
        self.shut();
        while self.ended.lock().await.recv().await.is_some() {}
        self.join();
    }

    fn shut(&self) {
        self.entrance.write().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn join(&self) {
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the store ended in a panic");
            }
        }
    }
}

impl<J> Drop for Lane<J> {
    /// Blocks for as long as the accepted work takes; a store that is closed first does not.
    fn drop(&mut self) {
        self.entrance.write().unwrap_or_else(PoisonError::into_inner).take();
        let threads = self.threads.get_mut().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store ended in a panic");
            }
        }
    }
}
