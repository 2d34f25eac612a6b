//! Kept callbacks for operators, who have the right to all of them and see nothing personal.

use crate::{
    domain::{CallbackId, CallbackState, CallbackSummary},
    usecase::{Error, Ports},
};

/// Those in `state`, or, without one, those that are parked or aside; newest first.
pub async fn list(
    ports: &Ports,
    state: Option<CallbackState>,
    before: Option<CallbackId>,
    limit: usize,
) -> Result<Vec<CallbackSummary>, Error> {
    Ok(ports.store().list_callbacks(state, before, limit).await?)
}

/// One of them.
pub async fn show(ports: &Ports, id: CallbackId) -> Result<CallbackSummary, Error> {
    ports.store().find_callback(id).await?.ok_or(Error::NotFound)
}

/// Lets one be applied once more, now; says how it stands until then.
#[tracing::instrument(skip_all, fields(callback.id = %id))]
pub async fn replay(ports: &Ports, id: CallbackId) -> Result<CallbackSummary, Error> {
    if !ports.store().replay_callback(id, ports.now()).await? {
        return Err(Error::NotFound);
    }
    tracing::info!("an operator lets a callback be applied once more");
    let summary = show(ports, id).await;
    ports.callback_kept.notify_one();
    summary
}
