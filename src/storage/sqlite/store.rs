//! The two lanes of the database, as the store that use cases see.

use std::{fmt, fs::File, io, path::Path, sync::Arc};

use futures_util::future::BoxFuture;
use rusqlite::Connection;

use super::{
    erasure_log::ErasureLog,
    folding::Folding,
    job::{Job, Ways, job},
    keys::Keeping,
    lane::{Lane, Worker},
    reader::{Read, Reader, Snapshot, read},
    schema::{self, CheckError, Found},
    shelf::Shelf,
    writer::{Tx, Writer},
};
use crate::storage::{
    changes::Changes,
    error::{DatabaseCause, OpenError, StoreError},
    keyring::KeyRing,
    open::KeySource,
    posts::Posts,
    store::{Health, Store},
};

/// The store in one SQLite file.
pub(in crate::storage) struct SqliteStore {
    // Fields are dropped in this order: readers end before the writer folds the log into the file,
    // and the lock goes last.
    readers: Lane<Read>,
    writer: Lane<Job>,
    /// To those who wait for the writer.
    ways: Ways,
    changes: Changes,
    pub(super) keys: Keeping,
    pub(super) erasures: Arc<ErasureLog>,
    lock: Lock,
}

/// Keeps other processes out until it is dropped. Closing the file alone would not always do: a
/// process that is just being started has it too, until its own program begins.
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // If this fails, the end of the process does it.
        let _ = self.0.unlock();
    }
}

/// How much may wait, and how many read.
#[derive(Clone, Copy)]
pub(in crate::storage) struct Width {
    /// The bound of each queue.
    pub(in crate::storage) queue: usize,
    /// Reading threads.
    pub(in crate::storage) readers: usize,
}

/// A database that was looked at and not yet touched.
pub(in crate::storage) struct Untouched<'a> {
    path: &'a Path,
    conn: Connection,
}

impl<'a> Untouched<'a> {
    /// Opens the file and makes sure that this version may work with it.
    pub(in crate::storage) fn open(path: &'a Path) -> Result<Self, OpenError> {
        let conn = schema::writing(path).map_err(|error| failed(path, error))?;
        match schema::inspect(&conn).map_err(|cause| database(path, cause))? {
            Found::Ours => Ok(Self { path, conn }),
            Found::Newer { found, known } => Err(OpenError::Newer { found, known }),
        }
    }

    /// Whether it was ever sealed with keys.
    pub(in crate::storage) fn is_sealed(&self) -> Result<bool, OpenError> {
        schema::is_sealed(&self.conn).map_err(|error| failed(self.path, error))
    }

    /// Proves that the keys fit, brings the schema up to date and starts the threads.
    pub(in crate::storage) fn start(
        mut self,
        (ring, keys): (KeyRing, &KeySource),
        erasures: ErasureLog,
        lock: File,
        width: Width,
    ) -> Result<SqliteStore, OpenError> {
        let path = self.path;
        let refused = |error| match error {
            CheckError::Database(error) => failed(path, error),
            CheckError::Keys(source) => OpenError::Keys { origin: keys.to_string(), source },
        };
        let used = self.is_sealed()? && schema::check_keys(&self.conn, &ring).map_err(refused)?;
        if !used {
            keys.settle().map_err(|error| refused(error.into()))?;
        }
        schema::migrate(&mut self.conn).map_err(|cause| database(path, cause))?;
        schema::remember_keys(&self.conn, &ring).map_err(refused)?;
        let readers: Result<Vec<_>, _> =
            (0..width.readers.max(1)).map(|_| schema::reading(path)).collect();
        let readers = readers.map_err(|error| failed(path, error))?;
        let folding = schema::folding(path).map_err(|error| failed(path, error))?;
        let folding = Folding::start(folding).map_err(OpenError::Thread)?;
        let keys = Keeping::new(ring, keys.clone());
        SqliteStore::run((self.conn, folding, readers), keys, erasures, lock, width.queue)
            .map_err(OpenError::Thread)
    }
}

impl SqliteStore {
    fn run(
        (conn, folding, readers): (Connection, Folding, Vec<Connection>),
        keys: Keeping,
        erasures: ErasureLog,
        lock: File,
        bound: usize,
    ) -> io::Result<Self> {
        let (ring, changes) = (Arc::clone(&keys.ring), Changes::default());
        let writer = Writer {
            conn,
            ring: Arc::clone(&ring),
            changes: changes.clone(),
            shelf: Shelf::default(),
            folding,
        };
        let write: Worker<Job> = Box::new(move |queue| writer.work(queue));
        let reads = readers.into_iter().map(|conn| -> Worker<Read> {
            let reader = Reader { conn, ring: Arc::clone(&ring) };
            Box::new(move |queue| reader.work(queue))
        });
        Ok(Self {
            readers: Lane::start("gerbang-read", bound, reads.collect())?,
            writer: Lane::start("gerbang-write", bound, vec![write])?,
            ways: Ways::default(),
            changes,
            keys,
            erasures: Arc::new(erasures),
            lock: Lock(lock),
        })
    }

    /// One transaction: done whole or not at all, and durable on `Ok`. What is accepted is done
    /// even if the caller stops waiting.
    pub(super) fn write<T, F>(&self, work: F) -> BoxFuture<'_, Result<T, StoreError>>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        Box::pin(async move {
            let (job, result) = job(self.ways.here(), work);
            self.writer.push(job)?;
            result.await.unwrap_or(Err(StoreError::Closed))
        })
    }

    /// One look at what is committed.
    pub(super) fn read<T, F>(&self, work: F) -> BoxFuture<'_, Result<T, StoreError>>
    where
        T: Send + 'static,
        F: FnOnce(&Snapshot<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        Box::pin(async move {
            let (read, result) = read(work);
            self.readers.push(read)?;
            result.await.unwrap_or(Err(StoreError::Closed))
        })
    }
}

impl Store for SqliteStore {
    fn changes(&self) -> &Changes {
        &self.changes
    }

    fn posts(&self) -> &Posts {
        self.changes.posts()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.readers.close().await;
            self.writer.close().await;
            // Whoever opens the file next need not wait until the last reference is gone. If this
            // fails, the end of the process does it.
            let _ = self.lock.0.unlock();
        })
    }
}

impl Health for SqliteStore {
    fn writable(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.write(|tx| {
            tx.conn.prepare_cached("UPDATE pulse SET beats = beats + 1")?.execute([])?;
            Ok(())
        })
    }

    fn is_pressed(&self) -> bool {
        self.writer.is_half_full()
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

fn failed(path: &Path, error: rusqlite::Error) -> OpenError {
    database(path, error.into())
}

fn database(path: &Path, source: DatabaseCause) -> OpenError {
    OpenError::Database { path: path.to_owned(), source }
}
