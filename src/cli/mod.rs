//! Process in, exit code out: a file a subcommand.

mod admin;
mod audit;
mod callbacks;
mod command;
pub mod config;
mod demo;
mod healthcheck;
mod keys;
mod openapi;
mod sandbox;
mod serve;
mod signal;
mod subject;
mod token;
mod webhook;

pub use command::run;
