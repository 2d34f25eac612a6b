//! Process in, exit code out: a file a subcommand.

mod admin;
mod audit;
mod callbacks;
mod command;
mod completions;
pub mod config;
mod demo;
mod healthcheck;
mod keys;
mod man;
mod openapi;
mod sandbox;
mod serve;
mod signal;
mod store;
mod subject;
mod token;
mod webhook;

pub use command::run;
