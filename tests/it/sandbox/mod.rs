//! The sandbox provider alone, over real sockets: strictness, outcomes, callbacks, faults.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod callback;
mod control;
mod details;
mod docs;
mod fault;
mod house;
mod initiate;
mod outcome;
mod page;
mod partner;
mod token;
