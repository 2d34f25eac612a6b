//! Plays an outcome's script after a capture: details change, the partner is told.
//!
//! State and callbacks run side by side, each in script order: a partner that does not answer
//! delays the telling and never the state.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc;

use super::book::{CaptureError, Submission};
use super::courier;
use super::facts::Facts;
use super::outcome::Outcome;
use super::paper;
use super::script::{Step, script};
use super::world::{World, lock};

/// Finishes the capture of a session and lets its script begin. `Ok(None)` when the outcome is
/// that nothing is captured.
pub(super) fn capture(
    world: &Arc<World>,
    session_id: &str,
    chosen: Option<Outcome>,
) -> Result<Option<String>, CaptureError> {
    let captured = lock(&world.book).capture(session_id, chosen, world.now())?;
    world.journal.ring();
    Ok(captured.map(|submission| {
        let id = submission.heading.submission_id.clone();
        let steps = script(submission.outcome);
        begin(world, submission, steps);
        id
    }))
}

/// The outcome whose first callback overtakes the answer of initiate: captures the session at
/// once and returns when the partner was told, or could not be.
pub(super) async fn capture_ahead(world: &Arc<World>, session_id: &str) {
    let captured = lock(&world.book).capture(session_id, Some(Outcome::CallbackFirst), world.now());
    let Ok(Some(submission)) = captured else { return };
    let mut steps = script(submission.outcome).into_iter();
    // The one step that cannot wait is what is told first; what comes before it is done at once.
    for step in steps.by_ref() {
        match step {
            Step::Wait | Step::WaitLong => {}
            Step::Become(facts) => settle(world, &submission, facts),
            Step::Call(facts) => {
                let body = paper::callback(&submission.heading, &facts, &world.gallery());
                courier::tell_once(world, &body, 1).await;
                break;
            }
        }
    }
    begin(world, submission, steps.collect());
}

/// Counted before it runs, so that nobody sees a capture with nothing to come in between.
fn begin(world: &Arc<World>, submission: Submission, steps: Vec<Step>) {
    world.playing.fetch_add(1, Ordering::AcqRel);
    let stage = Arc::clone(world);
    world.run_beside(async move {
        play(&stage, submission, steps).await;
        stage.playing.fetch_sub(1, Ordering::AcqRel);
        stage.journal.ring();
    });
}

async fn play(world: &World, submission: Submission, steps: Vec<Step>) {
    let (tell, told) = mpsc::unbounded_channel();
    let state = async {
        for step in steps {
            match step {
                Step::Wait => world.pause(world.options.outcome_delay).await,
                Step::WaitLong => world.pause(world.options.late_delay).await,
                Step::Become(facts) => settle(world, &submission, facts),
                // The other end lives as long as this one: both are parts of one future.
                Step::Call(facts) => drop(tell.send(facts)),
            }
        }
        drop(tell);
    };
    tokio::join!(state, tell_all(world, &submission, told));
}

async fn tell_all(
    world: &World,
    submission: &Submission,
    mut told: mpsc::UnboundedReceiver<Facts>,
) {
    while let Some(facts) = told.recv().await {
        world.pause(world.options.callback_delay).await;
        let body = paper::callback(&submission.heading, &facts, &world.gallery());
        courier::deliver(world, &body).await;
    }
}

fn settle(world: &World, submission: &Submission, facts: Facts) {
    lock(&world.book).settle(&submission.heading.submission_id, facts, world.now());
    world.journal.ring();
}
