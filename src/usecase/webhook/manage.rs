//! Looking at deliveries, and setting one going once more.

use crate::{
    domain::{BackendCaller, Delivery, DeliveryId, DeliveryState, EndpointId, Scope},
    storage::{DeliveryFilter, DeliveryPage, Redelivered},
    usecase::{Error, Ports},
};

/// Deliveries, newest first; those to one endpoint and of one state, as far as they are named.
pub async fn list(
    ports: &Ports,
    caller: &BackendCaller,
    (endpoint, state): (Option<EndpointId>, Option<DeliveryState>),
    before: Option<DeliveryId>,
    limit: usize,
) -> Result<DeliveryPage, Error> {
    check_scope(caller)?;
    let filter = DeliveryFilter { endpoint, state };
    Ok(ports.store().deliveries(filter, before, limit).await?)
}

/// Sends a webhook once more, whatever became of it, and enables its endpoint.
pub async fn redeliver(
    ports: &Ports,
    caller: &BackendCaller,
    id: DeliveryId,
) -> Result<Delivery, Error> {
    check_scope(caller)?;
    match ports.store().redeliver(id, ports.now()).await? {
        Redelivered::Due(due) => Ok(*due),
        Redelivered::Unknown => Err(Error::NotFound),
        Redelivered::NoEndpoint => Err(Error::EndpointRemoved),
    }
}

fn check_scope(caller: &BackendCaller) -> Result<(), Error> {
    let may = caller.may(Scope::WebhookManage);
    may.then_some(()).ok_or(Error::ScopeMissing(Scope::WebhookManage))
}
