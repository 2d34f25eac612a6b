//! `gerbang completions`: what a shell needs to complete this command line.

use std::io::Write as _;

use anyhow::Context as _;
use clap::Args;
use clap_complete::Shell;

/// For which shell.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The shell that reads it.
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn run(mut line: clap::Command, options: &Options) -> anyhow::Result<()> {
    let name = line.get_name().to_owned();
    // In memory first: the generator panics where it cannot write, at a closed pipe for one.
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut line, name, &mut script);
    std::io::stdout().lock().write_all(&script).context("the script cannot be printed")
}
