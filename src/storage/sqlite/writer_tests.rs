//! The group commit: who is answered what when jobs of one transaction fail.

use std::sync::atomic::{AtomicUsize, Ordering};

use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use tokio::sync::mpsc;

use super::*;
use crate::storage::{ring_file, sqlite::job::job};

/// Counts commits as operators see them.
#[derive(Default)]
struct Commits(Arc<AtomicUsize>);

struct Count(Arc<AtomicUsize>);

impl HistogramFn for Count {
    fn record(&self, _: f64) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Recorder for Commits {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        assert_eq!(key.name(), "gerbang_store_commit_duration_seconds");
        Histogram::from_arc(Arc::new(Count(Arc::clone(&self.0))))
    }
}

/// What a writer made of the jobs that waited for it.
struct Outcome {
    answers: Vec<Result<i64, StoreError>>,
    commits: usize,
    stored: Vec<i64>,
    announced: Vec<bool>,
}

type Step = fn(&mut Tx<'_>, i64) -> Result<(), StoreError>;

fn write(tx: &mut Tx<'_>, value: i64) -> Result<(), StoreError> {
    tx.conn.prepare_cached("INSERT INTO numbers VALUES (?1)")?.execute([value])?;
    Ok(())
}

fn write_and_fail(tx: &mut Tx<'_>, value: i64) -> Result<(), StoreError> {
    write(tx, value)?;
    Err(StoreError::Corrupt("number"))
}

fn write_and_panic(tx: &mut Tx<'_>, value: i64) -> Result<(), StoreError> {
    write(tx, value)?;
    std::panic::resume_unwind(Box::new(()))
}

fn write_what_cannot_be_committed(tx: &mut Tx<'_>, _: i64) -> Result<(), StoreError> {
    tx.conn.execute("INSERT INTO orphans VALUES (1)", [])?;
    Ok(())
}

/// Lets a writer find `steps` waiting, as it does when the disk was slow.
fn work(steps: &[Step]) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let ring = Arc::new(ring_file::generate(&folder.path().join("keys.json")).unwrap());
    let path = folder.path().join("test.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; CREATE TABLE numbers (n);
         CREATE TABLE orphans (
             n REFERENCES nobody (id) DEFERRABLE INITIALLY DEFERRED);
         CREATE TABLE nobody (id PRIMARY KEY);",
    )
    .unwrap();
    let changes = Changes::default();
    let (entrance, exit) = mpsc::channel(1000);
    let mut results = Vec::new();
    let mut waiters = Vec::new();
    for (value, step) in (0..).zip(steps.iter().copied()) {
        let id = VerificationId::new(jiff::Timestamp::UNIX_EPOCH);
        waiters.push(changes.subscribe(id));
        let (job, result) = job(None, move |tx| {
            tx.announce(id);
            step(tx, value).map(|()| value)
        });
        assert!(entrance.try_send(job).is_ok());
        results.push(result);
    }
    drop(entrance);

    let recorder = Commits::default();
    let commits = Arc::clone(&recorder.0);
    metrics::with_local_recorder(&recorder, || {
        let folding = Folding::start(Connection::open(&path).unwrap()).unwrap();
        Writer { conn, ring, changes, shelf: Shelf::default(), folding }.work(&Queue::new(exit));
    });

    let conn = Connection::open(&path).unwrap();
    let mut stored = conn.prepare("SELECT n FROM numbers ORDER BY n").unwrap();
    let stored = stored.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let told = |mut waiter: crate::storage::changes::Subscription| {
        futures_util::FutureExt::now_or_never(waiter.changed()).is_some()
    };
    Outcome {
        answers: results.into_iter().map(|mut it| it.try_recv().unwrap()).collect(),
        commits: commits.load(Ordering::Relaxed),
        stored,
        announced: waiters.into_iter().map(told).collect(),
    }
}

#[test]
fn what_waits_is_committed_together_up_to_a_batch() {
    let outcome = work(&[write as Step; BATCH + 1]);

    assert_eq!(outcome.commits, 2);
    assert_eq!(outcome.stored.len(), BATCH + 1);
    assert!(outcome.announced.iter().all(|told| *told));
}

#[test]
fn one_failure_undoes_itself_and_nothing_else() {
    for bad in [write_and_fail as Step, write_and_panic] {
        for (steps, stored) in [
            ([write as Step, bad, write], [0, 2]),
            ([bad, write, write], [1, 2]),
            ([write, write, bad], [0, 1]),
        ] {
            let outcome = work(&steps);

            assert_eq!(outcome.stored, stored);
            for (number, answer) in (0..).zip(&outcome.answers) {
                assert_eq!(answer.is_ok(), stored.contains(&number), "{answer:?}");
            }
            let told: Vec<_> = outcome.answers.iter().map(Result::is_ok).collect();
            assert_eq!(outcome.announced, told);
        }
    }
}

#[test]
fn a_second_failure_undoes_itself_alone_too() {
    let outcome = work(&[write as Step, write_and_fail, write, write_and_panic, write]);

    assert_eq!(outcome.stored, [0, 2, 4]);
    assert_eq!(outcome.announced, [true, false, true, false, true]);
    assert_eq!(outcome.commits, 1);
}

#[test]
fn a_batch_of_failures_leaves_nothing() {
    let outcome = work(&[write_and_fail as Step; 3]);

    assert!(outcome.stored.is_empty());
    assert!(outcome.answers.iter().all(Result::is_err));
}

fn write_and_lose_everything(tx: &mut Tx<'_>, value: i64) -> Result<(), StoreError> {
    write(tx, value)?;
    // What SQLite does by itself when the disk is full.
    tx.conn.execute("ROLLBACK", [])?;
    Err(StoreError::Corrupt("number"))
}

#[test]
fn a_lost_transaction_is_nobodys_success_and_the_next_goes_on() {
    let once = work(&[write as Step, write_and_lose_everything, write]);
    let twice = work(&[write as Step, write_and_fail, write, write_and_lose_everything, write]);

    let success =
        |outcome: &Outcome| -> Vec<_> { outcome.answers.iter().map(Result::is_ok).collect() };
    // The first failure has the others run once more, the second finds them guarded.
    assert_eq!(once.stored, [0, 2]);
    assert_eq!(success(&once), [true, false, true]);
    assert_eq!(twice.stored, [4]);
    assert_eq!(success(&twice), [false, false, false, false, true]);
    assert_eq!((success(&once), success(&twice)), (once.announced, twice.announced));
}

fn write_and_lose_everything_unawares(tx: &mut Tx<'_>, value: i64) -> Result<(), StoreError> {
    write(tx, value)?;
    // The writer's own next statement finds no transaction, as when the disk fails under it.
    tx.conn.execute("ROLLBACK", [])?;
    Ok(())
}

#[test]
fn a_transaction_lost_under_the_writers_own_statements_is_nobodys_success() {
    let steps = [write_and_fail as Step, write, write_and_lose_everything_unawares, write];

    let outcome = work(&steps);

    let success: Vec<_> = outcome.answers.iter().map(Result::is_ok).collect();
    assert_eq!(outcome.stored, [3]);
    assert_eq!(success, [false, false, false, true]);
    assert_eq!(success, outcome.announced);
}

#[test]
fn a_failed_commit_is_nobodys_success() {
    let steps = [write as Step, write_what_cannot_be_committed, write];

    let outcome = work(&steps);

    assert!(outcome.stored.is_empty());
    assert!(outcome.announced.iter().all(|told| !told));
    assert!(
        outcome.answers.iter().all(|answer| matches!(answer, Err(StoreError::Database(_)))),
        "{:?}",
        outcome.answers
    );
}
