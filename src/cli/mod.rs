//! Process in, exit code out: a file a subcommand.

pub mod config;
