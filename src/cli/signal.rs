//! Being told to stop.

use anyhow::Context as _;
use futures_util::Future;
use tokio::signal::unix::{SignalKind, signal};

/// Completes with the signal's name when the process is told to stop. Listening begins at once, so
/// that no signal falls between start and wait.
pub(super) fn stop() -> anyhow::Result<impl Future<Output = &'static str>> {
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be heard")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be heard")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}
