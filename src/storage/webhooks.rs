//! Webhooks on their way: an outbox that is filled with the change itself.
//!
//! Invariant: a change and its webhooks are one transaction. There is no change that nobody will be
//! told of, and no webhook about a change that was undone.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::error::StoreError;
use crate::domain::{
    Delivery, DeliveryId, DeliveryState, DueDelivery, Endpoint, EndpointId, NextStep, Tried,
};

/// An endpoint and how it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EndpointStanding {
    /// Its name.
    pub id: EndpointId,
    /// Since when nothing is sent to it, because it answered 410.
    pub disabled_at: Option<Timestamp>,
    /// How much waits for it.
    pub pending: u64,
    /// How much was given up.
    pub dead: u64,
}

/// Which deliveries somebody wants to see; `None` does not restrict.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// Those to this endpoint.
    pub endpoint: Option<EndpointId>,
    /// Those that stand so.
    pub state: Option<DeliveryState>,
}

/// A page of deliveries, newest first.
#[derive(Clone, Debug)]
pub struct DeliveryPage {
    /// The deliveries.
    pub items: Vec<Delivery>,
    /// Where the next page begins: deliveries older than this one. `None` at the end.
    pub next: Option<DeliveryId>,
}

/// What became of the wish to send something once more.
#[derive(Clone, Debug)]
pub enum Redelivered {
    /// There is no such delivery.
    Unknown,
    /// Its endpoint is none of the settings any more.
    NoEndpoint,
    /// It is due now.
    Due(Box<Delivery>),
}

/// Webhooks on their way.
pub trait Webhooks: Send + Sync {
    /// Takes over the endpoints of the settings; of an address only a keyed hash is stored. A known
    /// one stays as it stands, or is enabled if its address is another now. What waits for one that
    /// is not there any more is given up.
    fn set_endpoints(
        &self,
        endpoints: Vec<Endpoint>,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<(), StoreError>>;

    /// How the endpoints stand, by name.
    fn endpoints(&self) -> BoxFuture<'_, Result<Vec<EndpointStanding>, StoreError>>;

    /// Up to `limit` webhooks that are due at an endpoint, those that waited longest first; none if
    /// it is disabled. Damaged ones are given up and left out.
    fn due_deliveries(
        &self,
        endpoint: EndpointId,
        at: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<DueDelivery>, StoreError>>;

    /// Records a try and what follows from it. Without effect on one that has arrived meanwhile.
    fn record_try(
        &self,
        id: DeliveryId,
        tried: Tried,
        next: NextStep,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<(), StoreError>>;

    /// A page of deliveries, newest first, older than `before`.
    fn deliveries(
        &self,
        filter: DeliveryFilter,
        before: Option<DeliveryId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<DeliveryPage, StoreError>>;

    /// Sets a delivery going once more, under its old name and with all its tries, and enables its
    /// endpoint: whoever asks for this means it.
    fn redeliver(
        &self,
        id: DeliveryId,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<Redelivered, StoreError>>;

    /// Enables an endpoint; what waits for it is due now. `false`: there is no such endpoint.
    fn enable_endpoint(
        &self,
        endpoint: EndpointId,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Forgets up to `limit` deliveries about changes before `before`, whatever became of them;
    /// says how many.
    fn forget_deliveries(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>>;
}
