//! The log: one line an event, to standard error, in JSON for machines or plain for people.

use tracing_subscriber::{EnvFilter, fmt, prelude::*, registry};

use super::json::JsonLines;
use crate::config::{Log, LogFormat};

/// A log filter that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the log filter cannot be read")]
pub struct InvalidFilter(#[source] tracing_subscriber::filter::ParseError);

/// Starts logging for this process. A second call changes nothing.
pub fn init(settings: &Log) -> Result<(), InvalidFilter> {
    let filter = EnvFilter::try_new(&settings.filter).map_err(InvalidFilter)?;
    let _ = match settings.format {
        LogFormat::Json => registry().with(filter).with(JsonLines(std::io::stderr)).try_init(),
        LogFormat::Text => {
            fmt().with_env_filter(filter).with_writer(std::io::stderr).finish().try_init()
        }
    };
    Ok(())
}
