//! The examples of `openapi.yaml`, held against the schemas they stand beside.
//!
//! Invariant: it looks wherever an example may stand (schemas, parameters, headers, bodies) without knowing what the
//! document describes, so that a new part of the document is looked at without a word here.

use anyhow::Result;
use serde_json::Value;

use super::document::{Document, faults, members};

/// Every example that does not fit its schema, and every body that has none, each with its place.
pub(super) fn faults_of(document: &mut Document) -> Result<Vec<String>> {
    let root = document.root().clone();
    let mut found = Vec::new();
    visit(document, &root, "#", &mut found)?;
    Ok(found)
}

/// Every value that the document shows under `examples`, wherever it stands.
pub(super) fn values_of(root: &Value) -> Vec<&Value> {
    let mut shown = Vec::new();
    let mut rest = vec![root];
    while let Some(value) = rest.pop() {
        shown.extend(members(value, "examples").filter_map(|(_, example)| example.get("value")));
        match value {
            Value::Object(object) => rest.extend(object.values()),
            Value::Array(items) => rest.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    shown
}

fn visit(
    document: &mut Document,
    value: &Value,
    place: &str,
    found: &mut Vec<String>,
) -> Result<()> {
    if let Value::Array(items) = value {
        for (index, item) in items.iter().enumerate() {
            visit(document, item, &format!("{place}/{index}"), found)?;
        }
    }
    let Value::Object(object) = value else { return Ok(()) };

    for (schema, example) in shown_by(document, value)? {
        let validator = document.compile(&schema)?;
        found.extend(
            faults(&validator, &example).iter().map(|fault| format!("{place}: example {fault}")),
        );
    }
    for (media_type, body) in members(value, "content") {
        let none = members(body, "examples").next().is_none() && body.get("example").is_none();
        if none {
            found.push(format!("{place}/content/{media_type}: there is no example"));
        }
    }
    for (name, member) in object {
        // What stands in an example is data, whatever its members are called.
        if !matches!(name.as_str(), "example" | "examples") {
            visit(document, member, &format!("{place}/{name}"), found)?;
        }
    }
    Ok(())
}

/// The examples that stand at a place, each with the schema it has to fit.
fn shown_by(document: &Document, value: &Value) -> Result<Vec<(Value, Value)>> {
    // JSON Schema has a list of bare examples; OpenAPI has one bare example, or a map of named ones.
    if let Some(Value::Array(examples)) = value.get("examples") {
        return Ok(examples.iter().map(|example| (value.clone(), example.clone())).collect());
    }
    let Some(schema) = value.get("schema") else { return Ok(vec![]) };
    let mut shown: Vec<_> =
        value.get("example").map(|example| (schema.clone(), example.clone())).into_iter().collect();
    for (_, example) in members(value, "examples") {
        let example = document.resolve(example)?.get("value").cloned().unwrap_or_default();
        shown.push((schema.clone(), example));
    }
    Ok(shown)
}
