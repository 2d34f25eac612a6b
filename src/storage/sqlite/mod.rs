//! The store in one SQLite file: one thread that writes, a few that read.

mod aggregate;
mod audit;
mod audit_chain;
mod callbacks;
mod doomed;
mod erasing;
mod erasure_log;
mod exporting;
mod holding;
mod idempotency;
mod job;
mod kept;
mod keys;
mod lane;
mod linking;
mod outbox;
mod proofs;
mod reader;
mod returns;
mod saving;
mod schema;
mod searching;
mod shelf;
mod starts;
mod statements;
mod store;
mod subjects;
mod sweeps;
mod timeline;
mod tombs;
mod verifications;
mod webhooks;
mod writer;

pub(super) use audit_chain::{Unchecked, check_file};
pub(super) use erasure_log::ErasureLog;
pub(super) use store::{Untouched, Width};
