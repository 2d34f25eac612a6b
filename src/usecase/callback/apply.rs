//! Making something of kept callbacks.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};

use super::receive::count;
use crate::{
    domain::Chain,
    storage::{CallbackOutcome, KeptCallback},
    usecase::{Error, Ports, ports::raise_alarms},
};

/// How many are fetched at a time.
const BATCH: usize = 256;
/// How many are applied at a time; as many as share a commit.
const AT_ONCE: usize = 64;
/// The longest pause after failures that may pass.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// Applies every kept callback that is due, many at once so that they share commits; says how many
/// were looked at. One that fails is put off and holds no other up.
pub async fn apply_due(ports: &Ports) -> Result<usize, Error> {
    let mut total = 0_usize;
    loop {
        let due = ports.store().due_callbacks(ports.now(), BATCH).await?;
        let count = due.len();
        let stuck = AtomicBool::new(false);
        stream::iter(due)
            .for_each_concurrent(AT_ONCE, |callback| apply_or_put_off(ports, callback, &stuck))
            .await;
        total = total.saturating_add(count);
        // What can be neither applied nor put off is due at once; asking for it again before the
        // next turn would be a loop without a pause.
        let stuck = stuck.into_inner();
        if count < BATCH || stuck || ports.parts.tasks.is_stopping() {
            let pending = u32::try_from(ports.store().pending_callbacks().await?);
            metrics::gauge!("gerbang_callbacks_pending")
                .set(f64::from(pending.unwrap_or(u32::MAX)));
            return Ok(total);
        }
    }
}

/// `stuck` is set when nothing can be written, and then spares the rest of the batch.
async fn apply_or_put_off(ports: &Ports, callback: KeptCallback, stuck: &AtomicBool) {
    if stuck.load(Ordering::Relaxed) {
        return;
    }
    let (id, tries) = (callback.id, callback.tries);
    let Err(failure) = apply(ports, callback).await else { return };
    tracing::error!(callback.id = %id, error = %Chain::of(&failure), "a callback was put off");
    let pause = SignedDuration::from_secs(1_i64 << tries.min(9)).min(LONGEST_PAUSE);
    let until = ports.now().saturating_add(pause).unwrap_or(Timestamp::MAX);
    // If not even this can be written it stays due, and the next turn tries again.
    if let Err(failure) = ports.store().put_callback_off(id, until).await {
        tracing::error!(callback.id = %id, error = %Chain::of(&failure), "nor could it be put off");
        stuck.store(true, Ordering::Relaxed);
    }
}

/// Completes when a callback was kept.
pub async fn wait_for_callback(ports: &Ports) {
    ports.callback_kept.notified().await;
}

async fn apply(ports: &Ports, callback: KeptCallback) -> Result<(), Error> {
    let report = match ports.parts.provider.read_callback(callback.body.expose()) {
        Ok(report) => report,
        Err(unreadable) => {
            tracing::warn!(callback.id = %callback.id, error = %Chain::of(&unreadable), "a callback cannot be read");
            count("unreadable");
            return Ok(ports.store().set_callback_aside(callback.id).await?);
        }
    };
    let outcome =
        ports.store().apply_callback(callback.id, report, ports.now(), ports.policy()).await?;
    match outcome {
        CallbackOutcome::Applied(recorded) => {
            raise_alarms(recorded.verification.id, &recorded.effect);
            count("applied");
            tracing::info!(
                callback.id = %callback.id,
                verification.id = %recorded.verification.id,
                status = recorded.verification.status.as_str(),
                "a callback was applied"
            );
            ports.read_due.notify_one();
        }
        CallbackOutcome::Orphaned => {
            count("orphaned");
            tracing::info!(callback.id = %callback.id, "a callback names nothing of ours, so far");
        }
        CallbackOutcome::Done => {}
    }
    Ok(())
}
