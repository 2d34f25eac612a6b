//! The store in one SQLite file: one thread that writes, a few that read.

mod aggregate;
mod audit;
mod callbacks;
mod idempotency;
mod kept;
mod lane;
mod linking;
mod outbox;
mod proofs;
mod reader;
mod returns;
mod saving;
mod schema;
mod shelf;
mod starts;
mod statements;
mod store;
mod sweeps;
mod timeline;
mod verifications;
mod webhooks;
mod writer;

pub(super) use store::{Untouched, Width};
