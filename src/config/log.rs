//! `[log]`: what the gateway writes about itself.

use super::mistake::Flaw;
use super::reader::{Read, Section};

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

pub(super) fn read(section: &Section<'_>) -> Read<Log> {
    let format = section.required("format", format);
    let filter = section.required("filter", filter);
    Ok(Log { format: format?, filter: filter? })
}

fn format(text: &str) -> Result<LogFormat, Flaw> {
    match text {
        "json" => Ok(LogFormat::Json),
        "text" => Ok(LogFormat::Text),
        _ => Err(Flaw::new("is no log format", "write \"json\" or \"text\"")),
    }
}

/// The part of the subscriber's filter language that is worth having in a setting; the rest fails
/// there without a word.
fn filter(text: &str) -> Result<String, Flaw> {
    let level = |text: &str| matches!(text, "off" | "error" | "warn" | "info" | "debug" | "trace");
    let target = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:-".contains(&byte))
    };
    let directive = |text: &str| match text.split_once('=') {
        None => level(text),
        Some((name, text)) => target(name) && level(text),
    };
    if text.split(',').all(directive) {
        Ok(text.to_owned())
    } else {
        Err(Flaw::new(
            "is no log filter",
            "write a level (off, error, warn, info, debug, trace) or target=level, with commas \
             between them, such as \"info,gerbang::upstream=debug\"",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_levels_and_targets() {
        for text in ["info", "off", "info,gerbang::upstream=debug", "warn,actix_web=error"] {
            assert_eq!(filter(text), Ok(text.to_owned()));
        }
        for text in ["", "loud", "info,", "gerbang", "gerbang=loud", "=info", "a[b]=info"] {
            assert!(filter(text).is_err(), "{text}");
        }
    }
}
