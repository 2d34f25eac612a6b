//! The environment as a layer: `GERBANG__SECTION__KEY`, with numbers for the entries of lists.
//!
//! Invariant: a variable's text stays text until its key's reader takes it, so a secret of digits
//! keeps its zeros; and no variable of ours is passed over in silence, however it is spelt.

use config::{Map, Value, ValueKind};

use super::keys::{self, Key, Place, Shape};
use super::layer::{Layer, join};
use super::mistake::{Flaw, Mistake, Origin};

/// What the names of our variables begin with. A single underscore is left to others: Kubernetes
/// itself sets `GERBANG_PORT` and its like beside a service named `gerbang`.
const PREFIX: &str = "GERBANG__";

/// More entries than any list of ours can want; a stray number must not fill the memory.
const MAX_INDEX: usize = 99;

/// Reads the variables that are ours.
pub(super) fn from_variables(variables: &[(String, String)], found: &mut Vec<Mistake>) -> Layer {
    let mut ours: Vec<_> = variables.iter().filter(|(name, _)| is_ours(name)).collect();
    ours.sort();
    let mut values = Map::new();
    for (name, text) in ours {
        let address = Address::of(name);
        let origin = Origin::Variable(name.clone());
        match value(&address, name, text, &origin) {
            Ok(value) => {
                values.insert(address.path, value);
            }
            Err(flaw) => found.push(Mistake {
                key: address.path,
                origin,
                problem: flaw.problem,
                remedy: flaw.remedy,
            }),
        }
    }
    Layer::of(values)
}

/// Whether a variable is meant for us: by its prefix, or by a section's name behind a prefix that
/// lacks an underscore.
fn is_ours(name: &str) -> bool {
    let section = || name.strip_prefix("GERBANG_").and_then(|rest| rest.split_once("__"));
    name.starts_with(PREFIX)
        || section().is_some_and(|(section, _)| {
            matches!(keys::place(&section.to_ascii_lowercase()), Place::Table)
        })
}

/// Where a variable points to.
struct Address {
    /// With its indices: `callbacks.headers[0].value`.
    path: String,
    /// With `[]` for each of them.
    pattern: String,
    /// The largest index.
    index: usize,
}

impl Address {
    fn of(name: &str) -> Self {
        let rest = name.strip_prefix(PREFIX).or_else(|| name.strip_prefix("GERBANG_"));
        let mut address = Self { path: String::new(), pattern: String::new(), index: 0 };
        for part in rest.unwrap_or(name).split("__") {
            let part = part.to_ascii_lowercase();
            let is_index = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if is_index && !address.path.is_empty() {
                // An index too long for a number is too large as well.
                let index = part.parse().unwrap_or(usize::MAX);
                address.index = address.index.max(index);
                address.path = format!("{}[{index}]", address.path);
                address.pattern.push_str("[]");
            } else {
                address.path = join(&address.path, &part);
                address.pattern = join(&address.pattern, &part);
            }
        }
        address
    }
}

/// The name of the variable that sets `path`.
pub(super) fn variable_name(path: &str) -> String {
    let flat = path.replace("[]", "[0]").replace('[', "__").replace(']', "").replace('.', "__");
    format!("{PREFIX}{}", flat.to_ascii_uppercase())
}

fn value(address: &Address, name: &str, text: &str, origin: &Origin) -> Result<Value, Flaw> {
    let key = match keys::place(&address.pattern) {
        Place::Value(key) => key,
        Place::Table | Place::Tables => {
            return Err(Flaw::new(
                "is no single value",
                format!("set what is in it, one variable each ({name}__…)"),
            ));
        }
        Place::Unknown => return Err(unknown(address)),
    };
    if address.index > MAX_INDEX {
        return Err(Flaw::new("is too far down the list", format!("count from 0 to {MAX_INDEX}")));
    }
    let right_name = variable_name(&address.path);
    if name != right_name {
        return Err(Flaw::new("is spelt differently", format!("name it {right_name}")));
    }
    Ok(Value::new(origin.tag().as_ref(), shaped(key, text)?))
}

/// Lists are written as JSON; anything else is text until somebody reads it.
fn shaped(key: &Key, text: &str) -> Result<ValueKind, Flaw> {
    let is_list = match key.shape {
        Shape::List => true,
        Shape::TextOrList => text.trim_start().starts_with('['),
        Shape::Text
        | Shape::Address
        | Shape::Receiver
        | Shape::Secret
        | Shape::Number
        | Shape::Flag => false,
    };
    if !is_list {
        return Ok(ValueKind::from(text));
    }
    let items: Vec<String> = serde_json::from_str(text)
        .map_err(|_| Flaw::new("is no list of texts", "write it as JSON: [\"one\",\"another\"]"))?;
    Ok(ValueKind::from(items))
}

fn unknown(address: &Address) -> Flaw {
    let list = address.pattern.strip_suffix("[]").filter(|list| {
        matches!(
            keys::place(list),
            Place::Value(Key { shape: Shape::List | Shape::TextOrList, .. })
        )
    });
    let remedy = if let Some(list) = list {
        format!("set the whole list as JSON in {}: [\"one\",\"another\"]", variable_name(list))
    } else if let Some(near) = keys::nearest(&address.pattern) {
        format!("did you mean {}?", variable_name(near))
    } else {
        "remove it, or look the key up in docs/configuration.md".to_owned()
    };
    Flaw::new("is no setting", remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Vec<Mistake> {
        let mut found = Vec::new();
        from_variables(&[(name.to_owned(), text.to_owned())], &mut found);
        found
    }

    #[test]
    fn names_of_variables_follow_from_paths() {
        assert_eq!(variable_name("server.listen"), "GERBANG__SERVER__LISTEN");
        assert_eq!(
            variable_name("callbacks.headers[3].value_file"),
            "GERBANG__CALLBACKS__HEADERS__3__VALUE_FILE"
        );
    }

    #[test]
    fn every_key_can_be_set_by_its_variable() {
        for key in keys::KEYS {
            let name = variable_name(key.path);
            let text = if key.shape == Shape::List { "[\"x\"]" } else { "x" };

            assert_eq!(read(&name, text), [], "{name}");
        }
    }

    #[test]
    fn foreign_variables_are_left_alone() {
        assert_eq!(read("GERBANG_PORT_8080_TCP__X", "tcp://10.0.0.1:8080"), []);
        assert_eq!(read("GERBANG_SERVICE_HOST", "10.0.0.1"), []);
        assert_eq!(read("PATH", "/bin"), []);
    }

    #[test]
    fn misspelt_variables_name_the_right_one() {
        let cases = [
            ("GERBANG__SERVR__LISTEN", "GERBANG__SERVER__LISTEN"),
            ("GERBANG_SERVER__LISTEN", "GERBANG__SERVER__LISTEN"),
            ("GERBANG__server__listen", "GERBANG__SERVER__LISTEN"),
            ("GERBANG__CALLBACKS__HEADERS__00__NAME", "GERBANG__CALLBACKS__HEADERS__0__NAME"),
            ("GERBANG__CALLBACKS__HEADERS__100__NAME", "count"),
            ("GERBANG__REDIRECTS__ALLOWED__0", "GERBANG__REDIRECTS__ALLOWED:"),
            ("GERBANG__AUTH__ISSUERS", "GERBANG__AUTH__ISSUERS__"),
            ("GERBANG__", "look the key up"),
        ];
        for (name, remedy) in cases {
            let found = read(name, "x");

            assert!(
                matches!(found.as_slice(), [one] if one.remedy.contains(remedy)),
                "{name}: {found:?}"
            );
        }
    }
}
