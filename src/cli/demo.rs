//! `gerbang demo`: one command from a fresh clone to a verification in the browser.

use std::io::{self, Write};

use anyhow::Context;
use clap::Args;
use tokio::runtime::Builder;

use super::signal;
use crate::config::{Log, LogFormat};
use crate::demo::{Demo, DemoOptions};
use crate::telemetry;

/// What can be chosen on the command line.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Port of the demo app's page (0 for any free one, here and below).
    #[arg(long, default_value_t = DemoOptions::default().port)]
    port: u16,
    /// Port of the gateway.
    #[arg(long, default_value_t = DemoOptions::default().gateway_port)]
    gateway_port: u16,
    /// Port of the gateway's admin listener.
    #[arg(long, default_value_t = DemoOptions::default().admin_port)]
    admin_port: u16,
    /// Port of the simulator in the provider's place.
    #[arg(long, default_value_t = DemoOptions::default().sandbox_port)]
    sandbox_port: u16,
    /// Let the provider decide within a second.
    #[arg(long)]
    fast: bool,
}

impl From<Options> for DemoOptions {
    fn from(args: Options) -> Self {
        Self {
            port: args.port,
            gateway_port: args.gateway_port,
            admin_port: args.admin_port,
            sandbox_port: args.sandbox_port,
            fast: args.fast,
        }
    }
}

/// Runs until Ctrl-C or SIGTERM; an error means that nothing is left running.
pub(super) fn run(options: Options) -> anyhow::Result<()> {
    // Without the advice to keep a copy of the keys: these go with the demo.
    let filter = "warn,gerbang::server=error".to_owned();
    let log = Log { format: LogFormat::Text, filter };
    telemetry::init_log(&log).context("the log cannot be started")?;
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    runtime.block_on(show(options.into()))
}

async fn show(options: DemoOptions) -> anyhow::Result<()> {
    let stop = signal::stop()?;
    let demo = Demo::start(options).await?;
    say(&demo.guide())?;
    stop.await;
    say("\nStopping…\n")?;
    let hurry = signal::stop()?;
    tokio::select! {
        stopped = demo.stop() => stopped?,
        // Whoever asks twice does not want to wait; the process's end takes the rest with it.
        _ = hurry => {}
    }
    Ok(())
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("cannot print")
}
