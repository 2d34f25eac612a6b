//! Webhooks, on their last leg to a back end of the partner's.

mod body;
mod courier;
mod guard;
mod signature;

pub use courier::{Courier, SignedPost};
pub(super) use guard::Guard;
