//! `gerbang subject …`: a user's rights, served while no gateway runs.
//!
//! Invariant: a store belongs to one process, so beside a running gateway it refuses and names the
//! operations that do the same there. An export goes to a file for its owner alone, or to the
//! terminal of whoever asks.

use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
};

use anyhow::Context as _;
use clap::Args;
use futures_util::StreamExt as _;

use super::store;
use crate::{
    config::Settings,
    domain::{AuditActor, Clock as _, ErasureOrder, SystemClock, UserId},
    server::{export_document, receipt_document},
    storage::Store,
    usecase::subject,
};

/// Whose.
#[derive(Debug, Args)]
pub(super) struct EraseOptions {
    /// The user, prefix included, as in `userId`.
    #[arg(long, value_name = "ID", value_parser = user)]
    user: UserId,
}

/// Whose, and where to.
#[derive(Debug, Args)]
pub(super) struct ExportOptions {
    /// The user, prefix included, as in `userId`.
    #[arg(long, value_name = "ID", value_parser = user)]
    user: UserId,
    /// The file to write, with mode 0600. It must not be there yet. Without it: the terminal.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn erase(file: Option<PathBuf>, options: EraseOptions) -> anyhow::Result<()> {
    with_store(file, async |store, settings| {
        let order = ErasureOrder {
            user: options.user,
            actor: AuditActor::Operator,
            hold: settings.retention.hold.clone(),
            remembered: settings.retention.tombstones,
        };
        let receipt = store.erase(order, SystemClock.now()).await?;
        // Nobody reads; and closing folds the log once more.
        store.fold_log().await?;
        Ok(writeln!(std::io::stdout().lock(), "{}", receipt_document(&receipt))?)
    })
}

pub(super) fn export(file: Option<PathBuf>, options: ExportOptions) -> anyhow::Result<()> {
    with_store(file, async |store, _| match &options.out {
        Some(path) => {
            let mut out = new_file(path)?;
            let written = write(store, options.user.clone(), &mut out).await;
            let written = written.and_then(|()| Ok(out.sync_all()?));
            if written.is_err() {
                // Half an export is none, and personal all the same.
                let _ = std::fs::remove_file(path);
            }
            written
        }
        None => write(store, options.user.clone(), &mut std::io::stdout().lock()).await,
    })
}

async fn write(store: &Arc<dyn Store>, user: UserId, out: &mut impl Write) -> anyhow::Result<()> {
    let (store, now) = (Arc::clone(store), SystemClock.now());
    let export = subject::begin(store, AuditActor::Operator, user, now).await?;
    let mut document = pin!(export_document(export));
    while let Some(piece) = document.next().await {
        out.write_all(&piece?)?;
    }
    Ok(())
}

fn new_file(path: &Path) -> anyhow::Result<std::fs::File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).with_context(|| {
        let file = path.display();
        format!("{file} cannot be made; choose by --out a new file in a folder that is there")
    })
}

fn with_store(
    file: Option<PathBuf>,
    work: impl AsyncFnOnce(&Arc<dyn Store>, &Settings) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    store::with(file, async |settings, store| {
        let store = store.context(
            "a gateway runs on this store: ask it by GET /v1/backend/users/{userId}/export and \
             DELETE /v1/backend/users/{userId}, or stop it first",
        )?;
        let hold = settings.retention.hold.clone();
        let reapplied = store.reapply_erasures(hold, SystemClock.now()).await;
        reapplied.context("the erasures cannot be applied")?;
        work(store, settings).await
    })
}

fn user(text: &str) -> Result<UserId, crate::domain::InvalidUserId> {
    UserId::parse(text)
}
