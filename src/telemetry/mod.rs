//! What operators see: log lines and metrics.

mod json;
mod log;
mod metrics;

pub use json::JsonLines;
pub use log::init as init_log;
pub use metrics::Metrics;
