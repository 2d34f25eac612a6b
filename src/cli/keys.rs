//! `gerbang keys generate`: a key ring to start with, made where its owner wants it.
//!
//! Invariant: no key is printed, and no file is overwritten.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;

use crate::storage::generate_key_ring;

/// What can be chosen on the command line.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The file to write, with mode 0600. It must not be there yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn generate(options: Options) -> anyhow::Result<()> {
    let file = options.out.as_path();
    generate_key_ring(file)
        .with_context(|| format!("the key ring {} cannot be made", file.display()))?;
    say(file).context("the key ring was made, but its advice cannot be printed")
}

fn say(file: &Path) -> std::io::Result<()> {
    writeln!(
        std::io::stdout().lock(),
        "A new key ring is in {}. Keep a copy, apart from the data: without it the data cannot be \
         read, by anyone.",
        file.display()
    )
}
