//! `[log]`: what the gateway writes about itself.

/// Form and amount of the log.
#[derive(Debug, Clone)]
pub struct Log {
    /// How a line is written.
    pub format: LogFormat,
    /// Which lines are written: directives `level` or `target=level`, with commas between them.
    /// `debug` and `trace` cost CPU on each request; `off` hides outages.
    pub filter: String,
}

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// Plain text, for people.
    Text,
}
