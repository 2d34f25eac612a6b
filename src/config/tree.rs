//! The merged tree: the defaults, a file and the environment laid over each other.
//!
//! Invariant: later layers win key by key; only whole lists of texts replace one another.

use config::{Config, ConfigError, Value, ValueKind};

use super::keys::KEYS;
use super::layer::Layer;

/// Lays `layers` over each other, first the weakest, and completes the entries of lists.
pub(super) fn merge(layers: Vec<Layer>) -> Result<Value, ConfigError> {
    let mut sources = Config::builder();
    for layer in layers {
        sources = sources.add_source(layer);
    }
    let mut tree = sources.build()?.cache;
    for key in KEYS {
        if let (Some((list, rest)), Some(fallback)) =
            (key.path.split_once("[]."), key.fallback.value())
        {
            complete(&mut tree, list, rest, &fallback);
        }
    }
    Ok(tree)
}

/// Gives every entry of `list` that has no `name` the value `fallback`.
fn complete(tree: &mut Value, list: &str, name: &str, fallback: &Value) {
    let mut node = tree;
    for part in list.split('.') {
        let ValueKind::Table(values) = &mut node.kind else { return };
        let Some(value) = values.get_mut(part) else { return };
        node = value;
    }
    if let ValueKind::Array(entries) = &mut node.kind {
        for entry in entries {
            insert(entry, name, fallback);
        }
    }
}

fn insert(node: &mut Value, path: &str, fallback: &Value) {
    let ValueKind::Table(values) = &mut node.kind else { return };
    match path.split_once('.') {
        None => {
            values.entry(path.to_owned()).or_insert_with(|| fallback.clone());
        }
        Some((name, rest)) => {
            let table = || Value::new(None, ValueKind::Table(config::Map::new()));
            insert(values.entry(name.to_owned()).or_insert_with(table), rest, fallback);
        }
    }
}

/// The value at `path`, which may hold indices; nothing where there is none.
pub(super) fn find<'a>(tree: &'a Value, path: &str) -> Option<&'a Value> {
    let found = path.split('.').try_fold(tree, |node, part| {
        let (name, index) = match part.split_once('[') {
            None => (part, None),
            Some((name, index)) => (name, Some(index.trim_end_matches(']').parse::<usize>().ok()?)),
        };
        let value = child(node, name)?;
        match index {
            None => Some(value),
            Some(index) => items(value)?.get(index),
        }
    })?;
    (!matches!(found.kind, ValueKind::Nil)).then_some(found)
}

/// How many entries the list at `path` has.
pub(super) fn length(tree: &Value, path: &str) -> usize {
    find(tree, path).and_then(items).map_or(0, <[Value]>::len)
}

/// The value of `name` in a table.
pub(super) fn child<'a>(node: &'a Value, name: &str) -> Option<&'a Value> {
    if let ValueKind::Table(values) = &node.kind { values.get(name) } else { None }
}

/// A value's text, if it is one.
pub(super) fn text(value: &Value) -> Option<&str> {
    if let ValueKind::String(text) = &value.kind { Some(text) } else { None }
}

/// A value's items, if it is a list.
pub(super) fn items(value: &Value) -> Option<&[Value]> {
    if let ValueKind::Array(items) = &value.kind { Some(items) } else { None }
}
