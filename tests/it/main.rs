//! Behaviour of the whole gateway, over real sockets, a real database and the sandbox provider.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets the unexpected should end"
)]

mod audit;
mod callbacks;
mod command_line;
mod config;
mod contacts;
mod contract;
mod crash;
mod demo;
mod edge;
mod events;
mod faults;
mod guides;
mod idempotency;
mod images;
mod kept;
mod living;
mod on_behalf;
mod overload;
mod ownership;
mod pages;
mod privacy;
mod provider;
mod refreshing;
mod refusals;
mod returning;
mod rights;
mod rotating;
mod sandbox;
mod starting;
mod storage;
mod support;
mod tidy;
mod tokens;
mod unauthorized;
mod verdicts;
mod waiting;
mod webhooks;
