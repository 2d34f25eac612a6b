//! `gerbang keys`: the key ring made, looked at, and given a new key.
//!
//! The database belongs to one process. While a gateway serves, it is asked through its admin
//! listener, and takes a rotated ring up at once; while none does, the store is opened here.
//!
//! Invariant: no key is printed, no file is overwritten by a new ring, and a ring is rotated only
//! after it was proven to be the one of this database.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use super::{admin, store};
use crate::{
    config::Settings,
    domain::{Clock as _, KeyReport, SystemClock},
    storage::{Options, Rotation, Store, generate_key_ring, rotate_key_ring},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a new key ring, for its owner alone; refuses to overwrite.
    Generate(GenerateOptions),
    /// Show the keys, how much is sealed under each, and which of them may be taken out.
    Status,
    /// Add a new key that seals from now on.
    ///
    /// The one before still opens what it sealed, until a running gateway has wrapped everything anew.
    Rotate,
}

/// What can be chosen on the command line.
#[derive(Debug, Args)]
pub(super) struct GenerateOptions {
    /// The file to write, with mode 0600. It must not be there yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(file: Option<PathBuf>, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Generate(options) => generate(&options.out),
        Command::Status => within(file, false),
        Command::Rotate => within(file, true),
    }
}

fn generate(file: &Path) -> anyhow::Result<()> {
    generate_key_ring(file).with_context(|| {
        format!(
            "the key ring {} cannot be made; choose by --out a new file in a folder that is there",
            file.display()
        )
    })?;
    let advice = format!(
        "A new key ring is in {}. Keep a copy, apart from the data: without it the data cannot be \
         read, by anyone.\n",
        file.display()
    );
    print(&advice)
}

/// Rotates, if that is wanted, and prints how the keys stand.
fn within(file: Option<PathBuf>, rotates: bool) -> anyhow::Result<()> {
    store::with(file, async |settings, store| {
        let options = Options::from(&settings.storage);
        let ring = if rotates {
            Some(options.keys.file().context(
                "the key ring is given by storage.encryption_keys, which cannot be written: put it \
                 into a file, name that by storage.encryption_keys_file, and rotate then",
            )?)
        } else {
            None
        };
        match store {
            Some(store) => with_store(store.as_ref(), ring).await,
            None => with_gateway(settings, ring),
        }
    })
}

async fn with_store(store: &dyn Store, ring: Option<&Path>) -> anyhow::Result<()> {
    if let Some(ring) = ring {
        rotate(ring)?;
        store.reload_keys(SystemClock.now()).await?;
    }
    let report: KeyReport = store.key_report().await?;
    print(&report.to_string())?;
    if ring.is_some() {
        print("Everything is wrapped anew when the gateway is started.\n")?;
    }
    Ok(())
}

fn with_gateway(settings: &Settings, ring: Option<&Path>) -> anyhow::Result<()> {
    let ask = |method, path| {
        let (status, body) = admin::ask(settings.server.admin_listen, method, path)
            .context("the database is in use, and its gateway cannot be asked")?;
        match status {
            200 => Ok(body),
            _ => bail!("the gateway answered {status}: {}", body.trim_end()),
        }
    };
    // Asked first: with a gateway that is not there, or not this one, nothing is changed.
    let standing = ask("GET", "/admin/keys")?;
    let Some(ring) = ring else { return print(&standing) };
    rotate(ring)?;
    let standing = ask("POST", "/admin/keys/reload").context(
        "the key ring was rotated, but the gateway has not taken it up; it tries again every minute",
    )?;
    print(&standing)?;
    print("The gateway wraps everything anew; `gerbang keys status` says how far it is.\n")
}

fn rotate(ring: &Path) -> anyhow::Result<()> {
    let Rotation { active, retired } = rotate_key_ring(ring)
        .with_context(|| format!("the key ring {} cannot be rotated", ring.display()))?;
    let advice = format!(
        "{active} seals from now on, {retired} only opens. Keep a copy of {}, apart from the data.\n",
        ring.display()
    );
    print(&advice)
}

fn print(text: &str) -> anyhow::Result<()> {
    write!(std::io::stdout().lock(), "{text}").context("the answer cannot be printed")
}
