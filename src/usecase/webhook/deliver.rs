//! Carrying webhooks, each endpoint by itself: one that is slow or dead keeps none of the others
//! waiting.

use std::{fmt, sync::Arc};

use futures_util::{StreamExt as _, stream};

use super::breaker::Breaker;
use crate::{
    domain::{Chain, DeliveryOutcome, DueDelivery, EndpointId, NextStep, Tried},
    storage::{Posted, error::StoreError},
    upstream::Courier,
    usecase::{Error, Ports, insist::insist},
};

/// How many are fetched at a time.
const BATCH: usize = 64;

/// The way to one endpoint.
pub struct Route {
    courier: Arc<dyn Courier>,
    breaker: Breaker,
    posted: Posted,
}

/// Makes the endpoints of the settings known to the store; before anything can change.
pub async fn prepare(ports: &Ports) -> Result<(), Error> {
    let endpoints = ports.parts.couriers.iter().map(|courier| courier.endpoint().clone());
    Ok(ports.store().set_endpoints(endpoints.collect(), ports.now()).await?)
}

/// The ways to all endpoints.
pub fn routes(ports: &Ports) -> Vec<Route> {
    let route = |courier: &Arc<dyn Courier>| Route {
        courier: Arc::clone(courier),
        breaker: Breaker::default(),
        posted: ports.store().posts().subscribe(),
    };
    ports.parts.couriers.iter().map(route).collect()
}

impl Route {
    /// Carries everything that is due, as long as the endpoint is fit for it; says how many were
    /// looked at.
    pub async fn deliver_due(&self, ports: &Ports) -> Result<usize, Error> {
        let mut total = 0_usize;
        loop {
            let width = self.breaker.width(ports.now());
            if width == 0 || ports.parts.tasks.is_stopping() {
                return Ok(total);
            }
            // Of an endpoint that must first show itself fit again, one is enough.
            let limit = if width == 1 { 1 } else { BATCH };
            let id = self.id().clone();
            let due = ports.store().due_deliveries(id, ports.now(), limit).await?;
            if due.is_empty() {
                return Ok(total);
            }
            total = total.saturating_add(due.len());
            let carried = stream::iter(due).map(|due| self.carry(ports, due));
            let carried: Vec<_> = carried.buffer_unordered(width).collect().await;
            carried.into_iter().collect::<Result<(), Error>>()?;
        }
    }

    /// Completes when something was posted since this was last asked.
    pub async fn wait_for_post(&mut self) {
        self.posted.changed().await;
    }

    fn id(&self) -> &EndpointId {
        &self.courier.endpoint().id
    }

    async fn carry(&self, ports: &Ports, due: DueDelivery) -> Result<(), Error> {
        // Others of the same batch may have shown meanwhile that this is of no use now.
        if self.breaker.width(ports.now()) == 0 || ports.parts.tasks.is_stopping() {
            return Ok(());
        }
        let tried = self.courier.take(&due, ports.now()).await;
        let now = ports.now();
        if tried.outcome == DeliveryOutcome::Delivered {
            self.breaker.succeeded();
        } else {
            self.breaker.failed(now);
        }
        let next = due.delivery.after(&tried, now);
        self.tell(&due, &tried, next);
        // What is not written down is due still, and would be carried again and again.
        let id = due.delivery.id;
        let write = || ports.store().record_try(id, tried, next, now);
        let complain = |failure: &StoreError| {
            tracing::error!(
                webhook.id = %id,
                webhook.endpoint = self.id().as_str(),
                error = %Chain::of(failure),
                "the end of a webhook's try could not be written down and will be written later"
            );
        };
        Ok(insist(ports, write, complain).await?)
    }

    /// Tells operators how a try went.
    fn tell(&self, due: &DueDelivery, tried: &Tried, next: NextStep) {
        let (endpoint, outcome) = (self.id().as_str(), tried.outcome.as_str());
        count(outcome);
        let (id, status) = (due.delivery.id, tried.status.unwrap_or_default());
        let round = due.delivery.tries.saturating_add(1);
        match next {
            NextStep::Done => {
                tracing::debug!(webhook.id = %id, webhook.endpoint = endpoint, tries = round, "a webhook was delivered");
            }
            NextStep::Again(_) => tracing::info!(
                webhook.id = %id,
                webhook.endpoint = endpoint,
                outcome,
                status,
                tries = round,
                "a webhook was not delivered and will be tried again"
            ),
            NextStep::GiveUp => {
                count("dead");
                alarm("webhook_dead");
                tracing::warn!(
                    webhook.id = %id,
                    webhook.endpoint = endpoint,
                    alarm = "webhook_dead",
                    outcome,
                    status,
                    tries = round,
                    "a webhook was given up"
                );
            }
            NextStep::Disable => {
                alarm("webhook_endpoint_gone");
                tracing::warn!(
                    webhook.id = %id,
                    webhook.endpoint = endpoint,
                    alarm = "webhook_endpoint_gone",
                    outcome,
                    "an endpoint wants no more webhooks and is disabled"
                );
            }
        }
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("gerbang_webhook_deliveries_total", "outcome" => outcome).increment(1);
}

fn alarm(name: &'static str) {
    metrics::counter!("gerbang_alarms_total", "alarm" => name).increment(1);
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("endpoint", self.id()).finish_non_exhaustive()
    }
}
