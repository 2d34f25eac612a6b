//! Making something of kept callbacks.

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt as _, StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};

use super::receive::count;
use crate::{
    domain::{AsideReason, CallbackId, Chain},
    storage::{CallbackOutcome, KeptCallback, error::StoreError},
    usecase::{Error, Ports, ports::raise_alarms},
};

/// How many are fetched at a time.
const BATCH: usize = 256;
/// How many are applied at a time; as many as share a commit.
const AT_ONCE: usize = 64;
/// The longest pause after failures that may pass.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// One that fails for this long, and this often, is set aside: somebody has to look at it.
const FAILING_FOR: SignedDuration = SignedDuration::from_hours(24);
const FAILING_TRIES: u32 = 20;

/// Applies every kept callback that is due, many at once so that they share commits; says how many
/// were looked at. One that fails, or makes us panic, is put off and holds no other up.
pub async fn apply_due(ports: &Ports) -> Result<usize, Error> {
    let mut total = 0_usize;
    loop {
        let due = ports.store().due_callbacks(ports.now(), BATCH).await?;
        let count = due.len();
        let noted = stream::iter(due)
            .map(|callback| apply_or_put_off(ports, callback))
            .buffer_unordered(AT_ONCE)
            .fold(true, |all, noted| std::future::ready(all && noted))
            .await;
        total = total.saturating_add(count);
        // While the store takes nothing the same ones would come again at once, and for ever.
        if count < BATCH || !noted || ports.parts.tasks.is_stopping() {
            let pending = u32::try_from(ports.store().pending_callbacks().await?);
            metrics::gauge!("gerbang_callbacks_pending")
                .set(f64::from(pending.unwrap_or(u32::MAX)));
            return Ok(total);
        }
    }
}

/// Says whether the store has taken note of what came of it.
async fn apply_or_put_off(ports: &Ports, callback: KeptCallback) -> bool {
    let (id, tries, received_at) = (callback.id, callback.tries, callback.received_at);
    match AssertUnwindSafe(apply(ports, callback)).catch_unwind().await {
        Ok(Ok(())) => return true,
        Ok(Err(failure)) => {
            tracing::error!(
                callback.id = %id,
                error = %Chain::of(&failure),
                "a callback was put off"
            );
        }
        Err(_) => tracing::error!(callback.id = %id, "a callback made us panic and was put off"),
    }
    if tries >= FAILING_TRIES && ports.now().duration_since(received_at) >= FAILING_FOR {
        tracing::error!(callback.id = %id, tries, "a callback is set aside for an operator");
        count("set_aside");
        return noted(id, ports.store().set_callback_aside(id, AsideReason::Failing).await);
    }
    let pause = SignedDuration::from_secs(1_i64 << tries.min(9)).min(LONGEST_PAUSE);
    let until = ports.now().saturating_add(pause).unwrap_or(Timestamp::MAX);
    // If not even this can be written it stays due, and the next turn tries again.
    noted(id, ports.store().put_callback_off(id, until).await)
}

fn noted(id: CallbackId, written: Result<(), StoreError>) -> bool {
    if let Err(failure) = &written {
        tracing::error!(callback.id = %id, error = %Chain::of(failure), "nor could it be put off");
    }
    written.is_ok()
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
            return Ok(ports
                .store()
                .set_callback_aside(callback.id, AsideReason::Unreadable)
                .await?);
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
