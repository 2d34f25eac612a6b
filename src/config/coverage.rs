//! Holds the table of keys against everything that must say the same: the readers, the defaults,
//! the documentation and the example.

use std::collections::BTreeMap;

use config::{Map, Source as _, Value};

use super::environment::variable_name;
use super::keys::{KEYS, Key, Shape};
use super::layer;
use super::load::{DEFAULTS, Sources, load, parse};
use super::mistake::{Mistakes, Origin};
use super::{Settings, show, tree};

const DOCUMENT: &str = include_str!("../../docs/configuration.md");
const EXAMPLE: &str = include_str!("../../config/example.toml");

fn keys_of(result: Result<Settings, Mistakes>) -> Vec<String> {
    let mistakes = result.err().map(|mistakes| mistakes.as_slice().to_vec());
    mistakes.unwrap_or_default().into_iter().map(|mistake| mistake.key).collect()
}

/// The defaults as `show` prints them.
fn defaults() -> BTreeMap<String, String> {
    let mut found = Vec::new();
    let layer = layer::from_toml(DEFAULTS, &Origin::Default, &mut found);
    assert_eq!(found, []);
    let tree = tree::merge(layer.into_iter().collect()).unwrap_or_default();
    let shown = show::all(&tree).into_iter();
    shown.filter_map(|shown| Some((shown.key, shown.value?))).collect()
}

fn fallback(key: &Key) -> Option<String> {
    let value = key.fallback.value()?;
    Some(match tree::items(&value) {
        Some(items) => {
            let items: Vec<&str> = items.iter().filter_map(tree::text).collect();
            serde_json::Value::from(items).to_string()
        }
        None if key.shape == Shape::Text => serde_json::Value::from(tree::text(&value)).to_string(),
        None => value.to_string(),
    })
}

#[test]
fn the_document_lists_every_key_with_its_default() {
    let row = |line: &str| {
        let cells: Vec<String> = line.split(" | ").map(|it| it.replace(['|', '`'], "")).collect();
        match cells.as_slice() {
            [key, default, _] if key.contains('.') => {
                Some((key.trim().to_owned(), default.trim().to_owned()))
            }
            _ => None,
        }
    };
    let defaults = defaults();

    let listed: Vec<(String, String)> =
        DOCUMENT.lines().filter(|line| line.starts_with("| `")).filter_map(row).collect();

    let known: Vec<&str> = KEYS.iter().map(|key| key.path).collect();
    let keys: Vec<&str> = listed.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, known);
    for (key, (_, written)) in KEYS.iter().zip(&listed) {
        match defaults.get(key.path).cloned().or_else(|| fallback(key)) {
            Some(default) => assert_eq!(*written, default, "{}", key.path),
            None => assert!(matches!(written.as_str(), "needed" | "–"), "{}", key.path),
        }
    }
}

#[test]
fn what_the_document_calls_needed_is_missed() {
    let line = |key: &str| DOCUMENT.lines().find(|line| line.starts_with(&format!("| `{key}`")));
    let entries = "[[auth.issuers]]\n[[apps]]\n[[callbacks.headers]]\n[[webhooks]]\n";

    let missed = keys_of(parse(entries, "entries.toml"));

    for key in KEYS {
        let is_needed = line(key.path).is_some_and(|line| line.contains("| needed |"));
        let is_missed = missed.contains(&key.path.replace("[]", "[0]"));
        // Of several forms of one thing, the one to prefer is named as missing.
        let is_one_of_several = [
            "provider.pass_key_file",
            "auth.issuers[].jwks_url",
            "callbacks.headers[].value_file",
            "webhooks[].secret_file",
        ]
        .contains(&key.path);
        assert_eq!(is_needed || is_one_of_several, is_missed, "{}", key.path);
    }
}

#[test]
fn every_key_is_read_and_refuses_nonsense() {
    for key in KEYS {
        let nonsense = match key.shape {
            Shape::List => "[\"\\u0000\"]",
            Shape::Text
            | Shape::Address
            | Shape::Receiver
            | Shape::Secret
            | Shape::Number
            | Shape::Flag
            | Shape::TextOrList => "\0",
        };
        let env = vec![(variable_name(key.path), nonsense.to_owned())];

        let found = keys_of(load(Sources { file: None, env }));

        assert!(found.contains(&key.path.replace("[]", "[0]")), "{}: {found:?}", key.path);
    }
}

#[test]
fn the_example_lacks_nothing_but_its_files() {
    let found = keys_of(parse(EXAMPLE, "example.toml"));

    assert_eq!(
        found,
        [
            "provider.pass_key_file",
            "auth.issuers[1].public_key_file",
            "callbacks.headers[0].value_file",
            "storage.encryption_keys_file",
            "webhooks[0].secret_file",
        ]
    );
}

#[test]
fn what_the_example_offers_in_comments_exists() {
    let uncommented: String = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')) => rest,
            Some(_) | None => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut found = Vec::new();

    let layer = layer::from_toml(&uncommented, &Origin::Default, &mut found);

    assert_eq!(found, []);
    let sections: Map<String, Value> =
        layer.and_then(|layer| layer.collect().ok()).unwrap_or_default();
    assert!(sections.contains_key("egress"));
}
