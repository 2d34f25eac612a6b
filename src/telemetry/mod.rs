//! What operators see: log lines and metrics.

mod log;
mod metrics;

pub use log::init as init_log;
pub use metrics::Metrics;
