//! The log: one line an event, to standard error, in JSON for machines or plain for people.

use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{Log, LogFormat};

/// A log filter that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the log filter cannot be read")]
pub struct InvalidFilter(#[source] tracing_subscriber::filter::ParseError);

/// Starts logging for this process. A second call changes nothing.
pub fn init(settings: &Log) -> Result<(), InvalidFilter> {
    let filter = EnvFilter::try_new(&settings.filter).map_err(InvalidFilter)?;
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = match settings.format {
        // The closing line of a request carries its span's fields; the list of spans would repeat
        // them.
        LogFormat::Json => builder.json().with_span_list(false).try_init(),
        LogFormat::Text => builder.try_init(),
    };
    Ok(())
}
