//! Folding the log into the file beside the writer.
//!
//! By itself SQLite does that within some commit, whose callers and all behind them wait until the
//! disk has taken thousands of pages from all over the file. Here another thread does it while
//! commits go on. Only a log that is folded to its last page can be begun anew, so the writer folds
//! what little was added meanwhile.

use std::{
    cell::Cell,
    io,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

use rusqlite::Connection;

/// So many jobs are folded at once, some 8 MiB of log. More would be less work, as a page that many of
/// them touch is written to the file once; fewer keep commits waiting for the disk less long.
const PASS: usize = 1024;

/// What the log may grow to, in pages, if folding fails: then SQLite does it within a commit.
pub(super) const MOST: u32 = 16_384;

/// The writer's helper; ends with it.
pub(super) struct Folding {
    ask: Option<SyncSender<()>>,
    done: Receiver<()>,
    thread: Option<JoinHandle<()>>,
    is_at_it: Cell<bool>,
    /// Jobs since the log was folded.
    jobs: Cell<usize>,
}

impl Folding {
    /// Starts the thread, which works with a connection of its own.
    pub(super) fn start(conn: Connection) -> io::Result<Self> {
        let (ask, asked) = sync_channel(1);
        let (tell, done) = sync_channel(1);
        let thread = thread::Builder::new().name("gerbang-fold".to_owned()).spawn(move || {
            while asked.recv().is_ok() {
                fold(&conn);
                if tell.send(()).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self {
            ask: Some(ask),
            done,
            thread: Some(thread),
            is_at_it: Cell::new(false),
            jobs: Cell::new(0),
        })
    }

    /// After a commit of so many jobs: has the log folded when it is time. `conn` is the writer's.
    pub(super) fn after(&self, jobs: usize, conn: &Connection) {
        self.jobs.set(self.jobs.get().saturating_add(jobs));
        if self.is_at_it.get() {
            if self.done.try_recv().is_ok() {
                self.is_at_it.set(false);
                self.jobs.set(0);
                fold(conn);
            }
        } else if self.jobs.get() >= PASS {
            let asked = self.ask.as_ref().is_some_and(|ask| ask.try_send(()).is_ok());
            self.is_at_it.set(asked);
        }
    }

    /// Waits until the thread is not at it: two cannot fold at once, and the later one fails.
    pub(super) fn pause(&self) {
        if self.is_at_it.replace(false) {
            // An end of the thread is a pause, too.
            let _ = self.done.recv();
        }
    }
}

impl Drop for Folding {
    fn drop(&mut self) {
        self.ask = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that folds the log ended in a panic");
        }
    }
}

/// Folds what can be folded without waiting for anybody. A failure loses nothing.
fn fold(conn: &Connection) {
    if let Err(error) = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        tracing::warn!(%error, "the write-ahead log could not be folded into the database");
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// A database whose log holds `pages` and more.
    fn database(path: &Path, pages: u32) -> Connection {
        let conn = Connection::open(path).unwrap();
        conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0").unwrap();
        conn.execute_batch("CREATE TABLE blobs (content)").unwrap();
        fill(&conn, pages);
        conn
    }

    fn fill(conn: &Connection, pages: u32) {
        conn.execute("INSERT INTO blobs VALUES (zeroblob(?1 * 4096))", [pages]).unwrap();
    }

    fn helper(path: &Path) -> Folding {
        Folding::start(Connection::open(path).unwrap()).unwrap()
    }

    /// Pages in the log, and those of them that are in the file, too.
    fn log(conn: &Connection) -> (u32, u32) {
        conn.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| Ok((row.get(1)?, row.get(2)?)))
            .unwrap()
    }

    fn wait_for(folding: &Folding, conn: &Connection) {
        while folding.is_at_it.get() {
            thread::yield_now();
            folding.after(0, conn);
        }
    }

    #[test]
    fn the_log_is_folded_after_many_jobs_and_begun_anew() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("test.db");
        let conn = database(&path, 300);
        let folding = helper(&path);

        folding.after(PASS - 1, &conn);
        assert!(!folding.is_at_it.get());
        assert_eq!(log(&conn).1, 0);
        folding.after(1, &conn);
        assert!(folding.is_at_it.get());
        fill(&conn, 20);
        wait_for(&folding, &conn);

        let (all, in_file) = log(&conn);
        assert!(all >= 320);
        assert_eq!(all, in_file);
        fill(&conn, 1);
        assert!(log(&conn).0 < 20, "{:?}", log(&conn));
    }

    #[test]
    fn whoever_reads_is_not_waited_for_and_nothing_is_lost() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("test.db");
        let conn = database(&path, 10);
        let reader = Connection::open(&path).unwrap();
        reader.execute_batch("BEGIN; SELECT * FROM blobs").unwrap();
        let before = log(&conn).0;
        let folding = helper(&path);

        fill(&conn, 10);
        folding.after(PASS, &conn);
        wait_for(&folding, &conn);
        let (all, in_file) = log(&conn);
        assert_eq!(in_file, before);
        assert!(all > in_file);

        reader.execute_batch("COMMIT").unwrap();
        folding.after(PASS, &conn);
        wait_for(&folding, &conn);
        assert_eq!(log(&conn), (all, all));
    }

    #[test]
    fn the_thread_folds_without_the_writer_and_a_pause_lasts_until_it_has() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("test.db");
        let conn = database(&path, 300);
        let folding = helper(&path);

        folding.after(PASS, &conn);
        folding.pause();
        let (all, in_file) = log(&conn);
        let emptied = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy: i64 = conn.query_row(emptied, [], |row| row.get(0)).unwrap();

        assert!(all >= 300, "{all}");
        assert_eq!(in_file, all);
        assert_eq!(busy, 0);
        assert!(!folding.is_at_it.get());
    }
}
