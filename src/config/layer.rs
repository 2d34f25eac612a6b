//! One source of values: a file's text or the environment, before they are laid over each other.
//!
//! Invariant: a layer holds known keys only, each with a value of the right shape, and every value
//! knows where it came from. Each layer is judged by itself, so a mistake is reported even where a
//! later layer overrules it.

use std::fmt;

use config::{ConfigError, FileFormat, Format, Map, Source, Value, ValueKind};

use super::keys::{self, Key, Place, Shape};
use super::mistake::{Flaw, Mistake, Origin};

/// Keys with values, ready to be laid over others.
#[derive(Clone, Default)]
pub(super) struct Layer(Map<String, Value>);

impl fmt::Debug for Layer {
    /// Secrets are among the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layer").finish_non_exhaustive()
    }
}

impl Layer {
    /// A layer of single values; paths may hold indices (`callbacks.headers[0].name`).
    pub(super) fn of(values: Map<String, Value>) -> Self {
        Self(values)
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.0.clone())
    }
}

/// Reads TOML text. Nothing comes back from text that cannot be read at all.
pub(super) fn from_toml(text: &str, origin: &Origin, found: &mut Vec<Mistake>) -> Option<Layer> {
    match FileFormat::Toml.parse(origin.tag().as_ref(), text) {
        Ok(values) => {
            let mut sieve = Sieve { origin, found };
            Some(Layer(sieve.table("", "", values)))
        }
        Err(error) => {
            found.push(Mistake {
                key: "(the whole file)".to_owned(),
                origin: origin.clone(),
                problem: format!("is not valid TOML: {}", position_and_cause(&error.to_string())),
                remedy: "mend the file at this place".to_owned(),
            });
            None
        }
    }
}

/// The first and the last line of a parser's report. The lines between quote the file, which may
/// hold a secret at just that place.
fn position_and_cause(report: &str) -> String {
    let mut lines = report.lines().filter(|line| !line.trim().is_empty());
    match (lines.next(), lines.next_back()) {
        (Some(first), Some(last)) => format!("{first}, {last}"),
        (Some(only), None) => only.to_owned(),
        (None, _) => "unreadable".to_owned(),
    }
}

/// Lets through what is known and well-shaped, and reports the rest.
struct Sieve<'a> {
    origin: &'a Origin,
    found: &'a mut Vec<Mistake>,
}

impl Sieve<'_> {
    /// Sifts a table; `pattern` is its path with `[]` for each index, `path` the one to show.
    fn table(
        &mut self,
        pattern: &str,
        path: &str,
        values: Map<String, Value>,
    ) -> Map<String, Value> {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(|one, other| one.0.cmp(&other.0));
        let mut kept = Map::new();
        for (name, value) in values {
            let pattern = join(pattern, &name);
            let path = join(path, &name);
            if let Some(value) = self.value(&pattern, &path, value) {
                kept.insert(name, value);
            }
        }
        kept
    }

    fn value(&mut self, pattern: &str, path: &str, value: Value) -> Option<Value> {
        let origin = value.origin().map(str::to_owned);
        let flaw = match (keys::place(pattern), value.kind) {
            (Place::Value(key), kind) => match misshapen(key, &kind) {
                None => return Some(Value::new(origin.as_ref(), kind)),
                Some(flaw) => flaw,
            },
            (Place::Table, ValueKind::Table(values)) => {
                return Some(Value::new(origin.as_ref(), self.table(pattern, path, values)));
            }
            (Place::Tables, ValueKind::Array(entries)) => {
                let entries = self.entries(pattern, path, entries);
                return Some(Value::new(origin.as_ref(), entries));
            }
            (Place::Table, _) => Flaw::new("is no table", format!("write it as `[{path}]`")),
            (Place::Tables, _) => {
                Flaw::new("is no list of tables", format!("write each entry as `[[{path}]]`"))
            }
            (Place::Unknown, _) => unknown(pattern, path),
        };
        self.report(path, flaw);
        None
    }

    fn entries(&mut self, pattern: &str, path: &str, entries: Vec<Value>) -> Vec<Value> {
        let mut kept = Vec::with_capacity(entries.len());
        for (index, entry) in entries.into_iter().enumerate() {
            let pattern = format!("{pattern}[]");
            // An entry that is dropped leaves an empty one, so that later indices still fit.
            let empty =
                Value::new(entry.origin().map(str::to_owned).as_ref(), Map::<String, Value>::new());
            kept.push(self.value(&pattern, &format!("{path}[{index}]"), entry).unwrap_or(empty));
        }
        kept
    }

    fn report(&mut self, path: &str, flaw: Flaw) {
        self.found.push(Mistake {
            key: path.to_owned(),
            origin: self.origin.clone(),
            problem: flaw.problem,
            remedy: flaw.remedy,
        });
    }
}

/// The path of `name` in the table at `path`.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Why `kind` cannot be the value of `key`.
fn misshapen(key: &Key, kind: &ValueKind) -> Option<Flaw> {
    let fits = match key.shape {
        Shape::Text | Shape::Address | Shape::Receiver | Shape::Secret => {
            matches!(kind, ValueKind::String(_))
        }
        Shape::Number => matches!(kind, ValueKind::I64(_)),
        Shape::Flag => matches!(kind, ValueKind::Boolean(_)),
        Shape::List => all_text(kind),
        Shape::TextOrList => matches!(kind, ValueKind::String(_)) || all_text(kind),
    };
    (!fits).then(|| match key.shape {
        Shape::Text | Shape::Address | Shape::Receiver | Shape::Secret => {
            Flaw::new("is no text", "put it in quotes")
        }
        Shape::Number => Flaw::new("is no whole number", "write digits without quotes"),
        Shape::Flag => Flaw::new("is neither true nor false", "write true or false, no quotes"),
        Shape::List => Flaw::new("is no list of texts", "write it as [\"one\", \"another\"]"),
        Shape::TextOrList => {
            Flaw::new("is neither text nor a list of texts", "write it as \"one\" or [\"one\"]")
        }
    })
}

fn all_text(kind: &ValueKind) -> bool {
    if let ValueKind::Array(items) = kind {
        items.iter().all(|item| matches!(item.kind, ValueKind::String(_)))
    } else {
        false
    }
}

fn unknown(pattern: &str, path: &str) -> Flaw {
    let remedy = keys::nearest(pattern).map_or_else(
        || "remove it, or look the key up in docs/configuration.md".to_owned(),
        |near| format!("did you mean `{}`?", with_indices_of(near, path)),
    );
    Flaw::new("is no setting", remedy)
}

/// `near` with the index that `path` names, where both have one.
fn with_indices_of(near: &str, path: &str) -> String {
    let index = path.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
    index.map_or_else(|| near.to_owned(), |(index, _)| near.replace("[]", &format!("[{index}]")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sift(text: &str) -> Vec<Mistake> {
        let mut found = Vec::new();
        from_toml(text, &Origin::File("gerbang.toml".to_owned()), &mut found);
        found
    }

    #[test]
    fn well_shaped_text_passes() {
        let found = sift(
            "[provider]\nonboarding_header = [\"a\", \"b\"]\n[[callbacks.headers]]\nname = \"x\"",
        );

        assert_eq!(found, []);
    }

    #[test]
    fn every_misshapen_value_is_found_with_its_index() {
        let found = sift(
            "server = 5\n[callbacks]\nheaders = [5, {name = 1, vlaue = \"x\"}]\nconfirm = \"yes\"",
        );

        let keys: Vec<&str> = found.iter().map(|mistake| mistake.key.as_str()).collect();
        let remedies: String = found.iter().map(|mistake| mistake.remedy.as_str()).collect();
        assert_eq!(
            keys,
            [
                "callbacks.confirm",
                "callbacks.headers[0]",
                "callbacks.headers[1].name",
                "callbacks.headers[1].vlaue",
                "server"
            ]
        );
        assert!(remedies.contains("`callbacks.headers[1].value`"), "{remedies}");
    }

    #[test]
    fn a_syntax_error_names_its_place_and_quotes_nothing() {
        let found = sift("[provider]\npass_key = \"hunter2-hunter2\n");

        let problems: Vec<&str> = found.iter().map(|mistake| mistake.problem.as_str()).collect();
        assert!(
            matches!(*problems, [one] if one.contains("line 2") && !one.contains("hunter2")),
            "{problems:?}"
        );
    }
}
