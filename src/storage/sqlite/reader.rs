//! The threads that read, each with a connection of its own that cannot write.
//!
//! Readers see what was committed and never wait for the writer (nor it for them).

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::lane::Queue;
use crate::storage::{error::StoreError, keyring::KeyRing};

/// What a read works with: one state of the database, whatever is written meanwhile.
pub(super) struct Snapshot<'a> {
    /// The connection, inside a transaction.
    pub(super) conn: &'a Connection,
    /// The keys.
    pub(super) ring: &'a KeyRing,
}

/// What is queued.
pub(super) type Read = Box<dyn FnOnce(&Snapshot<'_>) + Send>;

/// Makes a queued read of `work`, and the place where its result will be.
pub(super) fn read<F, T>(work: F) -> (Read, oneshot::Receiver<Result<T, StoreError>>)
where
    F: FnOnce(&Snapshot<'_>) -> Result<T, StoreError> + Send + 'static,
    T: Send + 'static,
{
    let (reply, result) = oneshot::channel();
    let read = Box::new(move |snapshot: &Snapshot<'_>| {
        let result = catch_unwind(AssertUnwindSafe(|| within(snapshot, work)));
        let result = result.unwrap_or_else(|_| {
            tracing::error!("a read panicked");
            Err(StoreError::Database("a read panicked".into()))
        });
        // A caller that has gone away needs no answer.
        let _ = reply.send(result);
    });
    (read, result)
}

/// Several statements of one read must agree with each other.
fn within<T>(
    snapshot: &Snapshot<'_>,
    work: impl FnOnce(&Snapshot<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    if !snapshot.conn.is_autocommit() {
        // Left behind by a read that panicked.
        snapshot.conn.prepare_cached("ROLLBACK")?.execute([])?;
    }
    snapshot.conn.prepare_cached("BEGIN")?.execute([])?;
    let result = work(snapshot);
    snapshot.conn.prepare_cached("COMMIT")?.execute([])?;
    result
}

/// A reading end of the database.
pub(super) struct Reader {
    /// The connection, read-only.
    pub(super) conn: Connection,
    /// The keys.
    pub(super) ring: Arc<KeyRing>,
}

impl Reader {
    /// Works until the queue ends.
    pub(super) fn work(self, queue: &Queue<Read>) {
        while let Some(read) = queue.next() {
            read(&Snapshot { conn: &self.conn, ring: &self.ring });
        }
    }
}
