//! `gerbang webhook …`: deliveries looked at and set going again while no gateway runs.
//!
//! Invariant: it works on the store and sends nothing itself; the gateway does when it is started.
//! A store belongs to one process, so beside a running gateway it refuses and names the operations
//! that do the same there.

use std::{io::Write, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::store;
use crate::{
    domain::{Clock as _, Delivery, DeliveryId, DeliveryState, EndpointId, SystemClock},
    storage::{DeliveryFilter, Redelivered, Store},
};

/// How many are read from the store at a time.
const PAGE: usize = 100;
/// What to do about a name that is not there.
const LISTED: &str = "`gerbang webhook list` prints those there are";

/// Which deliveries to print.
#[derive(Debug, Args)]
pub(super) struct ListOptions {
    /// Only those to this endpoint.
    #[arg(long, value_name = "NAME", value_parser = endpoint)]
    endpoint: Option<EndpointId>,
    /// Only those that stand so.
    #[arg(long)]
    state: Option<State>,
    /// How many to print at most, newest first.
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

/// Which deliveries to set going again.
#[derive(Debug, Args)]
pub(super) struct RedeliverOptions {
    /// The delivery (`whd_…`).
    #[arg(value_parser = delivery, required_unless_present = "dead")]
    id: Option<DeliveryId>,
    /// All that were given up.
    #[arg(long, conflicts_with = "id")]
    dead: bool,
    /// With `--dead`: only those to this endpoint.
    #[arg(long, value_name = "NAME", value_parser = endpoint, requires = "dead")]
    endpoint: Option<EndpointId>,
}

/// Which endpoint to enable.
#[derive(Debug, Args)]
pub(super) struct EnableOptions {
    /// The endpoint, by its `id` in the settings.
    #[arg(value_name = "NAME", value_parser = endpoint)]
    endpoint: EndpointId,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Pending,
    Delivered,
    Dead,
}

pub(super) fn list(file: Option<PathBuf>, options: ListOptions) -> anyhow::Result<()> {
    with_store(file, async |store| {
        let mut out = std::io::stdout().lock();
        for standing in store.endpoints().await? {
            let state = match standing.disabled_at {
                Some(at) => format!("disabled since {at:.0}"),
                None => "enabled".to_owned(),
            };
            let (id, pending, dead) = (standing.id, standing.pending, standing.dead);
            writeln!(out, "{id}: {state}, {pending} pending, {dead} dead")?;
        }
        let state = options.state.map(DeliveryState::from);
        let filter = DeliveryFilter { endpoint: options.endpoint, state };
        let (mut left, mut before) = (options.limit, None);
        while left > 0 {
            let page = store.deliveries(filter.clone(), before, left.min(PAGE)).await?;
            for delivery in &page.items {
                write_line(&mut out, delivery)?;
            }
            left = left.saturating_sub(page.items.len());
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        Ok(())
    })
}

pub(super) fn redeliver(file: Option<PathBuf>, options: RedeliverOptions) -> anyhow::Result<()> {
    with_store(file, async |store| {
        let now = SystemClock.now();
        if let Some(id) = options.id {
            match store.redeliver(id, now).await? {
                Redelivered::Due(_) => {}
                Redelivered::Unknown => anyhow::bail!("there is no delivery {id}; {LISTED}"),
                Redelivered::NoEndpoint => anyhow::bail!(
                    "the endpoint of {id} was not in the settings of the gateway that ran last"
                ),
            }
            return say("1 delivery is due when the gateway is started.");
        }
        let filter =
            DeliveryFilter { endpoint: options.endpoint, state: Some(DeliveryState::Dead) };
        let (due, left) = redeliver_all(store.as_ref(), filter, now).await?;
        say(&format!(
            "{due} deliveries are due when the gateway is started; {left} have no endpoint."
        ))
    })
}

pub(super) fn enable(file: Option<PathBuf>, options: EnableOptions) -> anyhow::Result<()> {
    with_store(file, async |store| {
        let id = options.endpoint;
        if !store.enable_endpoint(id.clone(), SystemClock.now()).await? {
            anyhow::bail!(
                "there is no endpoint {id} in the settings of the gateway that ran last; {LISTED}"
            );
        }
        say(&format!(
            "The endpoint {id} is enabled; what waits for it is due when the gateway is started."
        ))
    })
}

/// Says how many are due now, and how many could not be.
async fn redeliver_all(
    store: &dyn Store,
    filter: DeliveryFilter,
    now: Timestamp,
) -> anyhow::Result<(usize, usize)> {
    let (mut due, mut left, mut before) = (0_usize, 0_usize, None);
    loop {
        let page = store.deliveries(filter.clone(), before, PAGE).await?;
        for delivery in page.items {
            match store.redeliver(delivery.id, now).await? {
                Redelivered::Due(_) => due = due.saturating_add(1),
                Redelivered::Unknown | Redelivered::NoEndpoint => left = left.saturating_add(1),
            }
        }
        before = page.next;
        if before.is_none() {
            return Ok((due, left));
        }
    }
}

fn with_store(
    file: Option<PathBuf>,
    work: impl AsyncFnOnce(&Arc<dyn Store>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    store::with(file, async |_, store| {
        let store = store.context(
            "a gateway runs on this store: ask it by GET /v1/backend/webhooks/deliveries and POST \
             /v1/backend/webhooks/deliveries/{deliveryId}/redeliver, or stop it first",
        )?;
        work(store).await
    })
}

fn write_line(out: &mut impl Write, delivery: &Delivery) -> std::io::Result<()> {
    let Delivery { id, endpoint, verification, revision, tries, .. } = delivery;
    let (state, status) = (delivery.state.as_str(), delivery.status.as_str());
    write!(out, "{id} {endpoint} {state} {verification} {status} revision {revision}")?;
    write!(out, ", {tries} tries")?;
    if let Some(last) = delivery.last {
        write!(out, ", last {} at {:.0}", last.outcome.as_str(), last.at)?;
    }
    if let Some(next_at) = delivery.next_at {
        write!(out, ", next at {next_at:.0}")?;
    }
    writeln!(out)
}

fn say(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}

fn endpoint(text: &str) -> Result<EndpointId, &'static str> {
    EndpointId::parse(text)
        .ok_or("not a name of an endpoint, which is its `id` in the settings, such as ledger")
}

fn delivery(text: &str) -> Result<DeliveryId, String> {
    text.parse().map_err(|_| format!("not the id of a delivery (whd_…); {LISTED}"))
}

impl From<State> for DeliveryState {
    fn from(state: State) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Delivered => Self::Delivered,
            State::Dead => Self::Dead,
        }
    }
}
