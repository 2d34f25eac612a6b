//! The one thread that writes, and the group commit.
//!
//! A commit waits for the disk, a statement does not: so everything that waits when a transaction
//! is under way joins it, and all are answered when it is on the disk. Nobody is answered before,
//! nobody hears of a change before, and one job's failure undoes that job alone.
//!
//! A savepoint around each job would do for the latter, but SQLite copies every page a savepoint
//! touches, for a failure that almost never comes. So jobs run without; the first failure of a
//! batch undoes the batch, and its other jobs run once more, now each in a savepoint of its own.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    folding::Folding,
    job::{Answers, Job},
    lane::Queue,
    schema::may_pass,
    shelf::Shelf,
};
use crate::{
    domain::VerificationId,
    storage::{changes::Changes, error::StoreError, keyring::KeyRing},
};

/// The most jobs of one transaction: bounds how long the first waits for the last.
const BATCH: usize = 256;

/// How often a transaction lets others have the core before it commits. Strangers who use it up may
/// take milliseconds each time.
const TURNS: u8 = 2;

/// What a job works with: the transaction, the keys, and whom to tell.
pub(super) struct Tx<'a> {
    /// The connection, inside a transaction.
    pub(super) conn: &'a Connection,
    /// The keys.
    pub(super) ring: &'a KeyRing,
    /// What was just written and will soon be wanted.
    pub(super) shelf: &'a Shelf,
    changed: Vec<VerificationId>,
    posted: bool,
    /// Who wants the log folded into the file after the commit.
    folds: Vec<oneshot::Sender<bool>>,
}

impl Tx<'_> {
    /// Lets the waiters of `id` be told after the commit.
    pub(super) fn announce(&mut self, id: VerificationId) {
        self.changed.push(id);
    }

    /// Lets those who carry webhooks be told after the commit. Of work that is undone they hear in
    /// vain, which does no harm.
    pub(super) const fn post(&mut self) {
        self.posted = true;
    }

    /// Lets the log be folded into the file after the commit, and `folded` be told whether it was.
    pub(super) fn fold(&mut self, folded: oneshot::Sender<bool>) {
        self.folds.push(folded);
    }
}

/// The writing end of the database.
pub(super) struct Writer {
    /// The connection; this thread alone writes.
    pub(super) conn: Connection,
    /// The keys.
    pub(super) ring: Arc<KeyRing>,
    /// Whom to tell after a commit.
    pub(super) changes: Changes,
    /// What was just written and will soon be wanted.
    pub(super) shelf: Shelf,
    /// Who folds the log into the file.
    pub(super) folding: Folding,
}

impl Writer {
    /// Works until the queue ends, then leaves the file in order.
    pub(super) fn work(self, queue: &Queue<Job>) {
        while let Some(first) = queue.next() {
            let jobs = self.batch(first, queue);
            self.folding.after(jobs, &self.conn);
        }
        drop(self.folding);
        // Folds the log into the file, so that a copy of the file alone is whole. The log is as
        // good; a failure here loses nothing.
        if let Err(error) = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            tracing::warn!(%error, "the write-ahead log could not be folded into the database");
        }
    }

    /// One transaction: `first`, and whatever waits by the time it is done. Returns how many there
    /// were.
    fn batch(&self, first: Job, queue: &Queue<Job>) -> usize {
        let mut batch = Batch::new(self);
        let mut next = Some(first);
        let mut turns = TURNS;
        while let Some(job) = next {
            batch.add(job);
            next = if batch.jobs.len() < BATCH { gather(queue, &mut turns) } else { None };
        }
        if batch.stuck.is_some() {
            // Everybody has waited as long; the next batch would wait once more before it failed.
            for job in (0..queue.depth()).map_while(|_| queue.waiting()) {
                batch.add(job);
            }
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::as_conversions,
            reason = "a gauge is a float"
        )]
        metrics::gauge!("gerbang_store_queue_depth").set(queue.depth() as f64);
        let jobs = batch.jobs.len();
        batch.finish();
        jobs
    }

    /// Folds the log into the file and empties it; says whether it did.
    fn fold(&self) -> bool {
        /// Whoever reads just now is not waited for as long as usual: everybody else waits too.
        const BRIEF: Duration = Duration::from_millis(100);
        let patience = self.conn.query_row("PRAGMA busy_timeout", [], |row| row.get::<_, u32>(0));
        let patience = patience.unwrap_or(5000);
        let _ = self.conn.busy_timeout(BRIEF);
        // Some of the free pages go back to the disk; the rest next time. A file that cannot do that
        // keeps them, overwritten.
        if let Err(error) = self.give_back() {
            tracing::warn!(%error, "free pages of the database could not be given back");
        }
        self.folding.pause();
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy = self.conn.query_row(sql, [], |row| row.get::<_, i64>(0));
        let _ = self.conn.busy_timeout(Duration::from_millis(patience.into()));
        matches!(busy, Ok(0))
    }

    fn give_back(&self) -> Result<(), rusqlite::Error> {
        let mut statement = self.conn.prepare("PRAGMA incremental_vacuum(1024)")?;
        let mut pages = statement.query([])?;
        // A page a step.
        while pages.next()?.is_some() {}
        Ok(())
    }

    fn execute(&self, sql: &'static str) -> Result<(), rusqlite::Error> {
        self.conn.prepare_cached(sql)?.execute([]).map(drop)
    }
}

/// The next job that waits, if need be after a turn for whoever else wants this core: a worker that
/// is about to hand in more would have to wait for the next commit. Where nobody wants it, as on a
/// machine with cores to spare, the turn is over at once.
fn gather(queue: &Queue<Job>, turns: &mut u8) -> Option<Job> {
    let mut next = queue.waiting();
    while next.is_none() && *turns > 0 {
        *turns -= 1;
        thread::yield_now();
        next = queue.waiting();
    }
    next
}

/// A transaction and those who wait for it.
struct Batch<'a> {
    writer: &'a Writer,
    tx: Tx<'a>,
    jobs: Vec<Job>,
    /// A job has failed: from now on each has a savepoint of its own.
    careful: bool,
    /// Undoing failed: nothing of this may be committed.
    broken: bool,
    /// No transaction could be begun, so nothing can be done for the rest either.
    stuck: Option<Arc<rusqlite::Error>>,
}

impl<'a> Batch<'a> {
    fn new(writer: &'a Writer) -> Self {
        let (conn, ring, shelf) = (&writer.conn, &writer.ring, &writer.shelf);
        let tx = Tx { conn, ring, shelf, changed: Vec::new(), posted: false, folds: Vec::new() };
        Self { writer, tx, jobs: Vec::new(), careful: false, broken: false, stuck: None }
    }

    /// Does one job; its failure leaves the transaction as it was before.
    fn add(&mut self, mut job: Job) {
        if self.stuck.is_none()
            && let Err(error) = self.begin()
        {
            self.stuck = Some(Arc::new(error));
        }
        if let Some(failure) = &self.stuck {
            job.lose(lost(failure));
            self.jobs.push(job);
            return;
        }
        let done = if self.careful { self.guarded(&mut job) } else { self.hopeful(&mut job) };
        if let Err(error) = done {
            if self.writer.conn.is_autocommit() {
                self.lose_transaction();
            } else {
                self.broken = true;
            }
            job.lose(error.into());
        }
        self.jobs.push(job);
    }

    /// Without a savepoint.
    fn hopeful(&mut self, job: &mut Job) -> Result<(), rusqlite::Error> {
        if job.run(&mut self.tx) {
            return Ok(());
        }
        self.careful = true;
        self.tx.changed.clear();
        self.tx.shelf.clear();
        if !self.writer.conn.is_autocommit() {
            self.writer.execute("ROLLBACK")?;
        }
        for other in std::mem::take(&mut self.jobs) {
            if other.is_done() {
                self.add(other);
            } else {
                self.jobs.push(other);
            }
        }
        Ok(())
    }

    /// In a savepoint of its own.
    fn guarded(&mut self, job: &mut Job) -> Result<(), rusqlite::Error> {
        self.writer.execute("SAVEPOINT job")?;
        let told = self.tx.changed.len();
        if job.run(&mut self.tx) {
            return self.writer.execute("RELEASE job");
        }
        self.tx.changed.truncate(told);
        self.tx.shelf.clear();
        if self.writer.conn.is_autocommit() {
            self.lose_transaction();
            return Ok(());
        }
        self.writer.execute("ROLLBACK TO job")?;
        self.writer.execute("RELEASE job")
    }

    fn begin(&self) -> Result<(), rusqlite::Error> {
        if self.writer.conn.is_autocommit() {
            self.writer.execute("BEGIN IMMEDIATE")
        } else {
            Ok(())
        }
    }

    fn finish(mut self) {
        if !self.writer.conn.is_autocommit() {
            self.commit();
        }
        for id in self.tx.changed.drain(..) {
            self.writer.changes.announce(id);
        }
        if self.tx.posted {
            self.writer.changes.posts().announce();
        }
        Answers::send(self.jobs);
        // After everybody has heard of the commit: it takes longer.
        if !self.tx.folds.is_empty() {
            let is_folded = self.writer.fold();
            for folded in self.tx.folds {
                // Whoever has gone away need not know.
                let _ = folded.send(is_folded);
            }
        }
    }

    fn commit(&mut self) {
        let begun = Instant::now();
        if self.broken {
            self.lose_all(|| StoreError::Database("another write could not be undone".into()));
        } else if let Err(error) = self.writer.execute("COMMIT") {
            let error = Arc::new(error);
            self.lose_all(|| lost(&error));
        }
        metrics::histogram!("gerbang_store_commit_duration_seconds").record(begun.elapsed());
        if !self.writer.conn.is_autocommit() {
            // The next BEGIN will say if this fails, too.
            let _ = self.writer.execute("ROLLBACK");
        }
    }

    /// A full disk or a failing one made SQLite give up the whole transaction.
    fn lose_transaction(&mut self) {
        self.lose_all(|| StoreError::Unavailable("the whole transaction was undone".into()));
    }

    /// Everything done so far was undone.
    fn lose_all(&mut self, cause: impl Fn() -> StoreError) {
        self.tx.changed.clear();
        self.tx.shelf.clear();
        for job in &mut self.jobs {
            job.lose(cause());
        }
    }
}

/// One failure, as each of those it hit is told of it.
fn lost(failure: &Arc<rusqlite::Error>) -> StoreError {
    let cause = Box::new(Arc::clone(failure));
    if may_pass(failure) { StoreError::Unavailable(cause) } else { StoreError::Database(cause) }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
#[expect(clippy::as_conversions, reason = "functions become pointers of one type")]
mod tests;
