//! Webhooks: carried to their endpoints, and looked after.

mod breaker;
mod deliver;
mod manage;

pub use deliver::{Route, prepare, routes};
pub use manage::{list, redeliver};
