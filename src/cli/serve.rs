//! `gerbang serve`: the gateway, until it is told to stop or a listener fails.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;

use super::signal;
use crate::{
    config::{self, Settings, Sources},
    domain::{SystemClock, Tasks},
    server::{Gateway, Host},
    telemetry,
};

pub(super) fn run(file: Option<PathBuf>) -> anyhow::Result<()> {
    let settings = config::load(Sources::from_process(file))?;
    telemetry::init_log(&settings.log)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime could not be started")?
        .block_on(serve(settings))
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let stop = signal::stop()?;
    let host = Host { clock: Arc::new(SystemClock), tasks: Tasks::on_current_runtime() };
    let gateway = Gateway::start(settings, host).await?;
    tracing::info!(listen = %gateway.addr(), admin = %gateway.admin_addr(), "the gateway serves");
    let signal = tokio::select! {
        signal = stop => Some(signal),
        () = gateway.failed() => None,
    };
    if let Some(signal) = signal {
        tracing::info!(signal, "the gateway stops");
        let hurry = signal::stop()?;
        tokio::select! {
            () = gateway.drain() => tracing::info!("the gateway has stopped"),
            // Whoever asks twice does not want to wait. What was promised is in the store.
            signal = hurry => anyhow::bail!("cut short by a second signal, {signal}"),
        }
        return Ok(());
    }
    // Half a gateway is no gateway; a supervisor starts a whole one.
    gateway.stop().await;
    anyhow::bail!("a listener has failed; the log says why")
}
