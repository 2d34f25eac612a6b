//! A write on its way: what is to be done, and who waits for the result.

use std::panic::{AssertUnwindSafe, catch_unwind};

use thread_local::ThreadLocal;
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use super::writer::Tx;
use crate::storage::error::StoreError;

/// A job as the writer sees it.
pub(super) trait Work: Send {
    /// Does it, inside a transaction; says whether it may stay. May be asked again after its work
    /// was undone.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;

    /// Whether it was done and not undone since.
    fn is_done(&self) -> bool;

    /// It was undone, although nothing was wrong with it.
    fn lose(&mut self, cause: StoreError);

    /// The way to its caller's thread.
    fn way(&self) -> Option<&Way>;

    /// Tells its caller.
    fn answer(self: Box<Self>);
}

/// What is queued.
pub(super) type Job = Box<dyn Work>;

struct Order<F, T> {
    work: F,
    result: Result<T, StoreError>,
    reply: oneshot::Sender<Result<T, StoreError>>,
    way: Option<Way>,
}

/// Makes a job of `work`, and the place where its result will be.
pub(super) fn job<F, T>(
    way: Option<Way>,
    work: F,
) -> (Job, oneshot::Receiver<Result<T, StoreError>>)
where
    F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    T: Send + 'static,
{
    let (reply, result) = oneshot::channel();
    (Box::new(Order { work, result: Err(StoreError::Closed), reply, way }), result)
}

/// A way to callers who wait on one thread.
pub(super) type Way = mpsc::UnboundedSender<Answers>;

/// The ways to all threads that callers wait on.
///
/// Waking a thread costs a system call each time, whoever is woken on it. So one task is woken on each
/// thread, and wakes there all whom a transaction has answered.
#[derive(Debug, Default)]
pub(super) struct Ways(ThreadLocal<Way>);

impl Ways {
    /// The way to this thread; `None` where nothing runs that could go it.
    pub(super) fn here(&self) -> Option<Way> {
        let way = self.0.get_or_try(|| {
            let runtime = Handle::try_current()?;
            let (way, end) = mpsc::unbounded_channel();
            #[expect(
                clippy::disallowed_methods,
                reason = "stopping need not wait for it: what it has in hand is told when it goes"
            )]
            runtime.spawn(hand_out(end));
            Ok::<_, tokio::runtime::TryCurrentError>(way)
        });
        way.ok().cloned()
    }
}

async fn hand_out(mut end: mpsc::UnboundedReceiver<Answers>) {
    while let Some(answers) = end.recv().await {
        drop(answers);
    }
}

/// Jobs whose callers are told when this is dropped, be it because nobody is left to go the way.
pub(super) struct Answers(Vec<Job>);

impl Answers {
    /// Sends the jobs' results where they are waited for.
    pub(super) fn send(jobs: Vec<Job>) {
        let mut sorted: Vec<(Option<Way>, Self)> = Vec::new();
        for job in jobs {
            let same = |way: &Option<Way>| match (way, job.way()) {
                (Some(one), Some(other)) => one.same_channel(other),
                (one, other) => one.is_none() && other.is_none(),
            };
            match sorted.iter_mut().find(|(way, _)| same(way)) {
                Some((_, answers)) => answers.0.push(job),
                None => sorted.push((job.way().cloned(), Self(vec![job]))),
            }
        }
        for (way, answers) in sorted {
            if let Some(way) = way {
                // What comes back because the thread is gone is told from here.
                let _ = way.send(answers);
            }
        }
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        for job in self.0.drain(..) {
            job.answer();
        }
    }
}

impl<F, T> Work for Order<F, T>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let work = &mut self.work;
        self.result = catch_unwind(AssertUnwindSafe(|| work(tx))).unwrap_or_else(|_| {
            tracing::error!("a write panicked");
            Err(StoreError::Database("a write panicked".into()))
        });
        self.result.is_ok()
    }

    fn is_done(&self) -> bool {
        self.result.is_ok()
    }

    fn lose(&mut self, cause: StoreError) {
        self.result = Err(cause);
    }

    fn way(&self) -> Option<&Way> {
        self.way.as_ref()
    }

    fn answer(self: Box<Self>) {
        // A caller that has gone away needs no answer.
        let _ = self.reply.send(self.result);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    type Place = oneshot::Receiver<Result<(), StoreError>>;

    /// Three jobs, as good as done, and where their results will be.
    fn three(way: Option<&Way>) -> (Vec<Job>, Vec<Place>) {
        (0..3).map(|_| job(way.cloned(), |_| Ok(()))).unzip()
    }

    #[tokio::test]
    async fn callers_of_a_thread_are_told_on_it_by_one_message() {
        let (way, mut end) = mpsc::unbounded_channel();
        let (jobs, results) = three(Some(&way));

        Answers::send(jobs);

        let Ok(answers) = end.try_recv() else { panic!("nothing came") };
        assert!(end.try_recv().is_err());
        drop(answers);
        for result in results {
            assert!(result.now_or_never().is_some());
        }
    }

    #[tokio::test]
    async fn whoever_waits_is_told_while_its_task_does_something_else() {
        let ways = Ways::default();
        let (jobs, mut results) = three(ways.here().as_ref());
        let last = results.pop().unwrap();
        // Waited for, but not looked at again until the last one has come.
        for result in &mut results {
            assert!(result.now_or_never().is_none());
        }

        std::thread::spawn(|| Answers::send(jobs)).join().unwrap();

        assert!(last.await.is_ok());
        for result in results {
            assert!(result.await.is_ok());
        }
    }

    #[test]
    fn without_a_way_or_at_its_end_they_are_told_all_the_same() {
        let (closed, _) = mpsc::unbounded_channel();
        for way in [None, Some(closed)] {
            let (jobs, results) = three(way.as_ref());

            Answers::send(jobs);

            for result in results {
                assert!(result.now_or_never().is_some());
            }
        }
    }

    #[test]
    fn a_runtime_that_ends_loses_nobodys_result() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let ways = Ways::default();
        let way = runtime.block_on(async { ways.here() });
        let (jobs, results) = three(way.as_ref());

        // Nobody looks any more.
        Answers::send(jobs);
        drop(runtime);

        for result in results {
            assert!(result.now_or_never().is_some());
        }
    }
}
