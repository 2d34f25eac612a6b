//! Work no request asks for: apply callbacks, read details, expire, deliver webhooks, forget,
//! wrap keys anew.
//!
//! Each job is a loop around one use case. A failure is logged and tried again at the next turn;
//! nothing a job knows is only in memory, so stopping one loses nothing.

mod anchor;
mod apply;
mod deliver;
mod expire;
mod forget;
mod read;
mod rewrap;
mod scrub;
mod start;
mod turns;

pub use start::{Pace, start};
