//! `gerbang sandbox`: a provider on this machine, until it is told to stop.

use std::{io::Write as _, net::SocketAddr, time::Duration};

use anyhow::{Context as _, bail};
use clap::Args;
use secrecy::SecretString;

use super::signal;
use crate::sandbox::{CallbackMethod, CallbackTarget, Sandbox, SandboxCredentials, SandboxOptions};

/// What can be chosen on the command line.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Where to listen. Keep it on this machine: a sandbox approves whoever asks.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8070")]
    listen: SocketAddr,
    /// The client id it knows.
    #[arg(long, value_name = "ID", default_value = "sandbox-client")]
    client_id: String,
    /// The pass key it knows.
    #[arg(
        long,
        value_name = "KEY",
        default_value = "sandbox-pass-key",
        env = "GERBANG_SANDBOX_PASS_KEY"
    )]
    pass_key: String,
    /// Where results are sent, such as <http://127.0.0.1:8080/callbacks/provider>.
    #[arg(long, value_name = "URL", requires = "callback_header")]
    callback_url: Option<String>,
    /// The header that proves a callback, as `name: value`.
    #[arg(long, value_name = "HEADER", env = "GERBANG_SANDBOX_CALLBACK_HEADER")]
    callback_header: Option<String>,
    /// The method of callbacks.
    #[arg(long, value_name = "METHOD", default_value = "POST", value_parser = ["POST", "PUT", "PATCH"])]
    callback_method: String,
    /// Seconds from capture to the first result, and from each result to the next.
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    outcome_delay: u64,
    /// Seconds a partner token lives.
    #[arg(long, value_name = "SECONDS", default_value_t = 1800)]
    token_life: u64,
    /// Write one line for each call.
    #[arg(long)]
    access_log: bool,
    /// Keep no record of calls; for load tests.
    #[arg(long)]
    no_record: bool,
}

pub(super) fn run(options: Options) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime could not be started")?
        .block_on(serve(options))
}

async fn serve(options: Options) -> anyhow::Result<()> {
    let stop = signal::stop()?;
    let listen = options.listen;
    let sandbox = Sandbox::start(sandbox_options(options)?)
        .with_context(|| format!("cannot listen on {listen}; choose another with --listen"))?;
    let mut out = std::io::stdout();
    writeln!(out, "The sandbox listens on {}", sandbox.base_url())?;
    writeln!(out, "Outcomes: {}/sandbox/outcomes", sandbox.base_url())?;
    out.flush()?;
    stop.await;
    sandbox.stop().await;
    Ok(())
}

fn sandbox_options(options: Options) -> anyhow::Result<SandboxOptions> {
    let callback = match (options.callback_url, options.callback_header) {
        (Some(url), Some(header)) => {
            let Some((name, value)) = header.split_once(':') else {
                bail!("--callback-header must be written as `name: value`");
            };
            let method = match options.callback_method.as_str() {
                "PUT" => CallbackMethod::Put,
                "PATCH" => CallbackMethod::Patch,
                _ => CallbackMethod::Post,
            };
            let header = (name.trim().to_owned(), SecretString::from(value.trim()));
            Some(CallbackTarget { url, method, header })
        }
        (Some(_) | None, _) => None,
    };
    Ok(SandboxOptions {
        listen: options.listen,
        callback,
        credentials: SandboxCredentials {
            client_id: options.client_id,
            pass_key: SecretString::from(options.pass_key),
        },
        outcome_delay: Duration::from_secs(options.outcome_delay),
        partner_token_life: Duration::from_secs(options.token_life),
        access_log: options.access_log,
        record: !options.no_record,
        ..SandboxOptions::default()
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn a_sandbox_stays_on_this_machine_unless_told_otherwise() {
        let line = Line::try_parse_from(["gerbang"]).unwrap();

        assert!(line.options.listen.ip().is_loopback());
    }
}
