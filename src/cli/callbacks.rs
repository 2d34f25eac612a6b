//! `gerbang callbacks`: the callbacks that could not be applied, and another try.
//!
//! The database belongs to one process. While a gateway serves, it is asked through its admin
//! listener; while none does, the store is opened here, and what is replayed is applied at the next
//! start. Either way the same lines are printed: ids, states, reasons and times, nothing personal.

use std::{io::Write as _, path::PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand, ValueEnum};

use super::{admin, store};
use crate::{
    config::Settings,
    domain::{CallbackId, CallbackState, CallbackSummary, Clock as _, SystemClock},
    storage::Store,
};

/// What to do about an id that is not there.
const LISTED: &str = "`gerbang callbacks list` prints those there are";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List what needs a look: callbacks that are aside or name nothing of ours, newest first.
    List(ListOptions),
    /// Show one callback.
    Show(ShowOptions),
    /// Let callbacks be applied once more. Doing so twice does no harm.
    Replay(ReplayOptions),
}

/// What can be chosen of the list.
#[derive(Debug, Args)]
pub(super) struct ListOptions {
    /// Only those in this state.
    #[arg(long, value_name = "STATE")]
    state: Option<State>,
    /// Only those older than this one: the last of the page before.
    #[arg(long, value_name = "ID", value_parser = callback)]
    before: Option<CallbackId>,
    /// How many, at most 1000.
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: usize,
}

/// Which one to show.
#[derive(Debug, Args)]
pub(super) struct ShowOptions {
    /// Its id, `cbk_…`.
    #[arg(value_parser = callback)]
    id: CallbackId,
}

/// Which ones to replay.
#[derive(Debug, Args)]
pub(super) struct ReplayOptions {
    /// Their ids, `cbk_…`.
    #[arg(required = true, value_name = "ID", value_parser = callback)]
    ids: Vec<CallbackId>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Pending,
    Parked,
    Aside,
    Done,
}

impl From<State> for CallbackState {
    fn from(state: State) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Parked => Self::Parked,
            State::Aside => Self::Aside,
            State::Done => Self::Done,
        }
    }
}

pub(super) fn run(file: Option<PathBuf>, command: Command) -> anyhow::Result<()> {
    store::with(file, async |settings, store| match store {
        Some(store) => with_store(store.as_ref(), command).await,
        None => with_gateway(settings, command),
    })
}

async fn with_store(store: &dyn Store, command: Command) -> anyhow::Result<()> {
    match command {
        Command::List(ListOptions { state, before, limit }) => {
            let state = state.map(CallbackState::from);
            let found = store.list_callbacks(state, before, limit.min(1000)).await?;
            found.iter().try_for_each(print)
        }
        Command::Show(ShowOptions { id }) => print(&found(store, id).await?),
        Command::Replay(ReplayOptions { ids }) => {
            for id in ids {
                ensure!(store.replay_callback(id, SystemClock.now()).await?, "{}", absent(id));
                print(&found(store, id).await?)?;
            }
            Ok(())
        }
    }
}

async fn found(store: &dyn Store, id: CallbackId) -> anyhow::Result<CallbackSummary> {
    store.find_callback(id).await?.with_context(|| absent(id))
}

fn absent(id: CallbackId) -> String {
    format!("there is no {id}; {LISTED}")
}

fn with_gateway(settings: &Settings, command: Command) -> anyhow::Result<()> {
    let ask = |method, path: &str| {
        let (status, body) = admin::ask(settings.server.admin_listen, method, path)
            .context("the database is in use, and its gateway cannot be asked")?;
        match status {
            200 => {
                write!(std::io::stdout().lock(), "{body}").context("the answer cannot be printed")
            }
            404 => bail!("there is no such callback; {LISTED}"),
            _ => bail!("the gateway answered {status}; its log says why"),
        }
    };
    match command {
        Command::List(ListOptions { state, before, limit }) => {
            let mut path = format!("/admin/callbacks?limit={}", limit.min(1000));
            if let Some(state) = state {
                path.push_str("&state=");
                path.push_str(CallbackState::from(state).as_str());
            }
            if let Some(before) = before {
                path.push_str("&before=");
                path.push_str(&before.to_string());
            }
            ask("GET", &path)
        }
        Command::Show(ShowOptions { id }) => ask("GET", &format!("/admin/callbacks/{id}")),
        Command::Replay(ReplayOptions { ids }) => {
            ids.iter().try_for_each(|id| ask("POST", &format!("/admin/callbacks/{id}/replay")))
        }
    }
}

fn callback(text: &str) -> Result<CallbackId, String> {
    text.parse().map_err(|_| format!("not the id of a callback (cbk_…); {LISTED}"))
}

fn print(summary: &CallbackSummary) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{summary}").context("the list cannot be printed")
}
