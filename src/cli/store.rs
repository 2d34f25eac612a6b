//! The store of a configuration, for commands that look into it.
//!
//! It belongs to one process. While a gateway serves, it cannot be opened here, and a command asks the
//! gateway or says how to.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context as _, ensure};

use crate::{
    config::{self, Settings, Sources},
    storage::{self, OpenError, Options, Store},
};

/// The settings, and where the store is; refuses where there is none. Opening would make one, and look
/// as if nothing had ever been held.
pub(super) fn found(file: Option<PathBuf>) -> anyhow::Result<(Settings, Options)> {
    let settings = config::load(Sources::from_process(file))?;
    let options = Options::from(&settings.storage);
    ensure!(
        options.path.exists(),
        "there is no database {}: run this where the gateway runs, with its configuration",
        options.path.display()
    );
    Ok((settings, options))
}

/// Does `work` with the store, or with `None` while a gateway has it, and closes it.
pub(super) fn with(
    file: Option<PathBuf>,
    work: impl AsyncFnOnce(&Settings, Option<&Arc<dyn Store>>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (settings, options) = found(file)?;
    tokio::runtime::Builder::new_current_thread()
        .build()
        .context("the runtime could not be started")?
        .block_on(async {
            let store = match storage::open(options).await {
                Ok(opened) => opened.store,
                Err(OpenError::InUse(_)) => return work(&settings, None).await,
                Err(refused) => return Err(refused).context("the store cannot be opened"),
            };
            let done = work(&settings, Some(&store)).await;
            store.close().await;
            done
        })
}
