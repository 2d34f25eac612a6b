//! `openapi.yaml` as data: references followed, schemas compiled.
//!
//! Invariant: object schemas that say nothing about further members are closed here, although the document leaves
//! them open for its readers. So a member that is answered and not documented is found.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value};

/// The document, and the schemas compiled so far (by their text, since most places name the same few).
pub(super) struct Document {
    root: Value,
    closed: Value,
    compiled: BTreeMap<String, Arc<Validator>>,
}

impl Document {
    pub(super) fn parse(yaml: &str) -> Result<Self> {
        let root: Value =
            serde_yaml_ng::from_str(yaml).context("openapi.yaml is not valid YAML")?;
        let mut closed = root.pointer("/components/schemas").context("no schemas")?.clone();
        close(&mut closed);
        Ok(Self { root, closed, compiled: BTreeMap::new() })
    }

    pub(super) fn root(&self) -> &Value {
        &self.root
    }

    /// What a value stands for: itself, or what its `$ref` names.
    pub(super) fn resolve<'a>(&'a self, value: &'a Value) -> Result<&'a Value> {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return Ok(value) };
        reference
            .strip_prefix('#')
            .and_then(|pointer| self.root.pointer(pointer))
            .ok_or_else(|| anyhow!("`{reference}` names nothing in the document"))
    }

    /// A validator of one schema of the document, made once for all places that spell it alike.
    pub(super) fn compile(&mut self, schema: &Value) -> Result<Arc<Validator>> {
        let text = schema.to_string();
        if let Some(known) = self.compiled.get(&text) {
            return Ok(Arc::clone(known));
        }
        let mut whole = schema.clone();
        close(&mut whole);
        whole
            .as_object_mut()
            .context("a schema is an object")?
            .insert("components".to_owned(), serde_json::json!({ "schemas": self.closed }));
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .build(&whole)
            .map_err(|error| anyhow!("the schema {text} cannot be compiled: {error}"))?;
        let validator = Arc::new(validator);
        self.compiled.insert(text, Arc::clone(&validator));
        Ok(validator)
    }
}

/// Every way in which a value does not fit, with the place of each.
pub(super) fn faults(validator: &Validator, value: &Value) -> Vec<String> {
    validator
        .iter_errors(value)
        .map(|error| format!("at `{}`: {error}", error.instance_path()))
        .collect()
}

/// The members of an object, or none: the document leaves out what it has nothing to say about.
pub(super) fn members<'a>(
    value: &'a Value,
    name: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
    value.get(name).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.values_mut().for_each(close);
            if object.get("type").and_then(Value::as_str) == Some("object") {
                object.entry("additionalProperties").or_insert(Value::Bool(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
