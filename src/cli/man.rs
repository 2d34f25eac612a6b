//! `gerbang man`: the manual, made from the same texts as `--help`.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use clap_mangen::Man;

/// One page or all.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Write all pages into this folder, one a command, instead of printing the first. It is made if
    /// it is not there; pages of these names are overwritten.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub(super) fn run(line: clap::Command, options: &Options) -> anyhow::Result<()> {
    if let Some(folder) = &options.out {
        return write_all(line, folder)
            .with_context(|| format!("{} cannot be written: choose another", folder.display()));
    }
    let mut page = Vec::new();
    Man::new(line.disable_help_subcommand(true)).render(&mut page)?;
    std::io::stdout().lock().write_all(&page).context("the page cannot be printed")
}

fn write_all(line: clap::Command, folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(line, folder)
}
