//! The key ring while the gateway serves: taken up anew, and everything wrapped by its newest key.

use jiff::{SignedDuration, Timestamp};

use super::{error::Error, ports::Ports};
use crate::domain::KeyReport;

/// How much is wrapped anew in one transaction: about a millisecond of the writer's time, so that a
/// start that comes in between hardly notices.
const BATCH: usize = 64;
/// How long rows are left alone that could not be opened: they stay as they are until somebody mends
/// them, and looking for them means looking at every row.
const DAMAGE_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// What one round of looking after the keys has to know of the one before.
#[derive(Debug, Default)]
pub struct KeyRounds {
    quiet_until: Option<Timestamp>,
}

/// How the keys stand.
pub async fn report(ports: &Ports) -> Result<KeyReport, Error> {
    Ok(ports.store().key_report().await?)
}

/// Takes the key ring up anew, now.
pub async fn reload(ports: &Ports) -> Result<KeyReport, Error> {
    take_up(ports).await?;
    ports.keys_changed.notify_one();
    report(ports).await
}

/// Ends when somebody had the key ring taken up anew.
pub async fn wait_for_change(ports: &Ports) {
    ports.keys_changed.notified().await;
}

/// Takes the key ring up anew, and wraps by its active key whatever is under another one; then lets
/// the others go. A ring that cannot be used holds the rest up no longer than it must.
pub async fn look_after(ports: &Ports, rounds: &mut KeyRounds) -> Result<(), Error> {
    let taken_up = take_up(ports).await;
    if rounds.quiet_until.is_none_or(|until| until <= ports.now()) {
        rounds.quiet_until = rewrap(ports).await?;
    }
    taken_up
}

async fn take_up(ports: &Ports) -> Result<(), Error> {
    if ports.store().reload_keys(ports.now()).await? {
        tracing::info!("another key seals from now on");
    }
    Ok(())
}

/// One pass over everything; says until when another would be in vain.
async fn rewrap(ports: &Ports) -> Result<Option<Timestamp>, Error> {
    let store = ports.store();
    let Some(begun) = store.begin_rewrap().await? else { return Ok(None) };
    let (mut place, mut moved, mut damaged) = (Some(begun.clone()), 0_usize, 0_usize);
    while let Some(here) = place {
        let step = store.rewrap(here, BATCH).await?;
        moved = moved.saturating_add(step.moved);
        damaged = damaged.saturating_add(step.damaged);
        place = step.next;
    }
    if damaged > 0 {
        tracing::error!(moved, damaged, "data keys cannot be opened; their key stays needed");
        return Ok(Some(ports.now().saturating_add(DAMAGE_PAUSE).unwrap_or(Timestamp::MAX)));
    }
    let released = store.release_keys(begun, ports.now()).await?;
    tracing::info!(moved, released, "every data key is under the active key");
    Ok(None)
}
