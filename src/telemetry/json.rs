//! Log lines in JSON: one object an event, with the fields of the spans it happened in.
//!
//! Every request writes one, so it is made without a detour: a span keeps its fields as they will be
//! written, a line is put together in a buffer that its thread keeps, and leaves in one write. The
//! causes of an error travel as a field of their own; see `docs/logging.md`.

use std::{
    cell::RefCell,
    fmt::{self, Write as _},
    io::Write as _,
    ops::Range,
};

use jiff::Timestamp;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::{Layer, fmt::MakeWriter, layer::Context, registry::LookupSpan};

/// Writes each event, in one piece, to what it is given.
#[derive(Debug)]
pub struct JsonLines<W>(pub W);

/// Room for a usual line, so that the buffer grows once.
const ROOM: usize = 1024;

thread_local! {
    static LINE: RefCell<String> = RefCell::new(String::with_capacity(ROOM));
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        LINE.with(|line| {
            // Taken already only if writing a field logs something itself.
            let Ok(mut line) = line.try_borrow_mut() else { return };
            line.clear();
            write_line(&mut line, event, &context);
            // There is nobody to tell that the log cannot be written.
            let _ = self.0.make_writer().write_all(line.as_bytes());
        });
    }
}

fn write_line<S>(line: &mut String, event: &Event<'_>, context: &Context<'_, S>)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    // A library that speaks through `log` has its own name in there.
    let normalized = event.normalized_metadata();
    let (time, metadata) = (now(), normalized.as_ref().unwrap_or_else(|| event.metadata()));
    let _ = write!(line, "{{\"timestamp\":\"{time}\",\"level\":\"{}\",", metadata.level());
    line.push_str("\"fields\":{");
    event.record(&mut Members { to: line, any: false, foreign: normalized.is_some() });
    line.push_str("},\"target\":\"");
    escape(line, metadata.target());
    line.push('"');
    if let Some(scope) = context.event_scope(event) {
        line.push_str(",\"span\":{");
        let begin = line.len();
        let mut inner: Vec<&'static str> = Vec::new();
        for span in scope {
            let extensions = span.extensions();
            let Some(fields) = extensions.get::<Fields>() else { continue };
            for (name, place) in &fields.places {
                // The innermost span has the last word.
                if inner.contains(name) {
                    continue;
                }
                inner.push(name);
                if line.len() > begin {
                    line.push(',');
                }
                line.push_str(fields.text.get(place.clone()).unwrap_or_default());
            }
        }
        line.push('}');
    }
    line.push_str("}\n");
}

#[expect(clippy::disallowed_methods, reason = "a log line tells the machine's own time")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// The fields of a span, each as the member it becomes.
#[derive(Default)]
struct Fields {
    text: String,
    places: Vec<(&'static str, Range<usize>)>,
}

impl Fields {
    fn put(&mut self, field: &Field, write: impl FnOnce(&mut Members<'_>)) {
        let begin = self.text.len();
        write(&mut Members { to: &mut self.text, any: false, foreign: false });
        let place = begin..self.text.len();
        match self.places.iter_mut().find(|(name, _)| *name == field.name()) {
            Some((_, earlier)) => *earlier = place,
            None => self.places.push((field.name(), place)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, |to| to.record_debug(field, value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, |to| to.record_str(field, value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, |to| to.record_u64(field, value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, |to| to.record_i64(field, value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, |to| to.record_f64(field, value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, |to| to.record_bool(field, value));
    }
}

/// Writes members of an object.
struct Members<'a> {
    to: &'a mut String,
    /// A member stands there already.
    any: bool,
    /// They are those of a library's record, which came through `log`.
    foreign: bool,
}

impl Members<'_> {
    /// Whether a field says where in its sources, on the machine that built us, a library wrote a
    /// record. Its name is in the line's target.
    fn is_place(&self, field: &Field) -> bool {
        self.foreign && field.name().starts_with("log.")
    }

    fn name(&mut self, field: &Field) {
        if self.any {
            self.to.push(',');
        }
        self.any = true;
        self.to.push('"');
        escape(self.to, field.name());
        self.to.push_str("\":");
    }

    fn plain(&mut self, field: &Field, value: impl fmt::Display) {
        self.name(field);
        let _ = write!(self.to, "{value}");
    }
}

impl Visit for Members<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.name(field);
        self.to.push('"');
        let _ = write!(Escaped(self.to), "{value:?}");
        self.to.push('"');
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if self.is_place(field) {
            return;
        }
        self.name(field);
        self.to.push('"');
        escape(self.to, value);
        self.to.push('"');
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if self.is_place(field) {
            return;
        }
        self.plain(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.plain(field, value);
        } else {
            // JSON has no word for it.
            self.plain(field, "null");
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }
}

/// What is formatted into it stands within quotes.
struct Escaped<'a>(&'a mut String);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(self.0, text);
        Ok(())
    }
}

/// RFC 8259, section 7. A line break in a value must not begin another line of the log.
fn escape(to: &mut String, text: &str) {
    let mut rest = text;
    // All that is escaped is ASCII, so bytes can be looked at, and each is a place to split.
    while let Some(place) =
        rest.bytes().position(|byte| byte < b' ' || matches!(byte, b'"' | b'\\'))
    {
        let (plain, from) = rest.split_at(place);
        to.push_str(plain);
        let mut letters = from.chars();
        match letters.next() {
            Some('"') => to.push_str("\\\""),
            Some('\\') => to.push_str("\\\\"),
            Some('\n') => to.push_str("\\n"),
            Some(letter) => {
                let _ = write!(to, "\\u{:04x}", u32::from(letter));
            }
            None => {}
        }
        rest = letters.as_str();
    }
    to.push_str(rest);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tracing::Level;
    use tracing_subscriber::{layer::SubscriberExt as _, registry};

    use super::*;

    /// What the last event on this thread was written as.
    fn last() -> Value {
        LINE.with(|line| serde_json::from_str(&line.borrow()).unwrap())
    }

    #[test]
    fn an_event_is_one_object_with_the_fields_of_its_spans() {
        tracing::subscriber::with_default(registry().with(JsonLines(std::io::sink)), || {
            let outer = tracing::info_span!("request", id = "r\"1", app.id = "a", late = 0_u64);
            outer.record("late", 7_u64);
            let _outer = outer.entered();
            let _inner = tracing::info_span!("start", app.id = %"b").entered();

            tracing::event!(
                Level::WARN,
                log.file = "ours",
                text = "a\nb\\\u{1}é",
                count = -3,
                share = 0.5,
                nothing = f64::NAN,
                yes = true,
                debug = ?Some("x"),
                "said {}",
                "so"
            );
        });

        let line = last();
        assert_eq!(line["level"], "WARN");
        assert_eq!(line["target"], module_path!());
        assert_eq!(
            line["fields"],
            json!({
                "message": "said so", "log.file": "ours", "text": "a\nb\\\u{1}é", "count": -3, "share": 0.5,
                "nothing": null, "yes": true, "debug": "Some(\"x\")",
            })
        );
        assert_eq!(line["span"], json!({ "app.id": "b", "id": "r\"1", "late": 7 }));
        assert!(line["timestamp"].as_str().unwrap().parse::<Timestamp>().is_ok());
    }

    #[test]
    fn a_record_of_a_library_has_its_name_and_no_place_in_its_sources() {
        use tracing_log::log::{Level, Record};

        tracing::subscriber::with_default(registry().with(JsonLines(std::io::sink)), || {
            let record = Record::builder()
                .args(format_args!("migrated"))
                .level(Level::Info)
                .target("library")
                .module_path(Some("library::part"))
                .file(Some("/build/library/src/part.rs"))
                .line(Some(7))
                .build();
            tracing_log::format_trace(&record).unwrap();
        });

        let line = last();
        assert_eq!((&line["level"], &line["target"]), (&json!("INFO"), &json!("library")));
        assert_eq!(line["fields"], json!({ "message": "migrated" }));
    }

    #[test]
    fn an_event_outside_of_spans_has_none() {
        tracing::subscriber::with_default(registry().with(JsonLines(std::io::sink)), || {
            tracing::info!("alone");
        });

        assert_eq!(last().get("span"), None);
    }
}
