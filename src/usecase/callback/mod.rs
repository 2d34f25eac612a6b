//! The provider's callbacks: kept first, applied after.

mod apply;
mod receive;

pub use apply::{apply_due, wait_for_callback};
pub use receive::receive;
