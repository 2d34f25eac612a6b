//! The provider's callbacks: kept first, applied after.

mod apply;
mod kept;
mod receive;

pub use apply::{apply_due, wait_for_callback};
pub use kept::{list, replay, show};
pub use receive::receive;
