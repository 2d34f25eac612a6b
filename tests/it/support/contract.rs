//! The contract as the tests hold it: `openapi.yaml`, and whether an answer fits it.
//!
//! Invariant: everything an answer shows must be documented (status, media type, headers marked as required, each
//! member of the body, each type of problem). What fits here can be generated a client for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use anyhow::{Context as _, Result, anyhow, bail};
use jsonschema::Validator;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use super::document::{Document, faults, members};
use super::examples;

const PROBLEM: &str = "application/problem+json";
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

static CONTRACT: LazyLock<Result<Contract>> =
    LazyLock::new(|| Contract::parse(include_str!("../../../openapi.yaml")));

/// `openapi.yaml`, with every schema that an answer needs compiled.
pub(crate) struct Contract {
    operations: Vec<Operation>,
    /// Answers where no operation was found, by status.
    unrouted: BTreeMap<u16, Answer>,
    problems: BTreeMap<String, Problem>,
    example_faults: Vec<String>,
    root: Value,
}

/// One operation of the document.
pub(crate) struct Operation {
    /// In capitals.
    pub(crate) method: String,
    /// As a template, with `{names}`.
    pub(crate) path: String,
    pub(crate) id: String,
    /// Whether it lives on the admin listener: such operations have `servers` of their own.
    pub(crate) admin: bool,
    answers: BTreeMap<u16, Answer>,
}

/// One type of problem, as its examples show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    /// The same each time (RFC 9457, section 3.1.3).
    pub(crate) title: String,
}

struct Answer {
    headers: Vec<Header>,
    /// By media type; none means that there is no body.
    content: BTreeMap<String, Content>,
}

struct Header {
    name: String,
    required: bool,
    number: bool,
    validator: Arc<Validator>,
}

struct Content {
    validator: Arc<Validator>,
    /// The types of problem that this answer's examples show.
    slugs: BTreeSet<String>,
}

impl Contract {
    /// The document of this source tree, read and compiled once for the whole test run.
    pub(crate) fn load() -> Result<&'static Self> {
        CONTRACT.as_ref().map_err(|error| anyhow!("{error:#}"))
    }

    fn parse(yaml: &str) -> Result<Self> {
        let mut document = Document::parse(yaml)?;
        let root = document.root().clone();
        let mut operations = Vec::new();
        for (path, item) in members(&root, "paths") {
            for method in METHODS {
                let Some(operation) = item.get(method) else { continue };
                let place = || format!("{method} {path}");
                operations.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    id: string(operation, "operationId").with_context(place)?,
                    admin: item.get("servers").or(operation.get("servers")).is_some(),
                    answers: answers(&mut document, operation, "responses").with_context(place)?,
                });
            }
        }
        // A literal segment wins over a parameter, as it does in every router.
        operations.sort_by_key(|operation| operation.path.matches('{').count());
        Ok(Self {
            operations,
            unrouted: answers(&mut document, &root, "x-unrouted")?,
            problems: problems(&root)?,
            example_faults: examples::faults_of(&mut document)?,
            root,
        })
    }

    /// Every operation, for tests that compare them with the routes.
    pub(crate) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Every type of problem that the document shows, without `/problems/`.
    pub(crate) fn problem_slugs(&self) -> BTreeSet<&str> {
        self.problems.keys().map(String::as_str).collect()
    }

    /// The same, with status and title.
    pub(crate) fn problems(&self) -> &BTreeMap<String, Problem> {
        &self.problems
    }

    /// The examples that do not fit their own schema, and the bodies that have none.
    pub(crate) fn example_faults(&self) -> &[String] {
        &self.example_faults
    }

    /// Every named example of the document, without its name.
    pub(crate) fn example_values(&self) -> Vec<&Value> {
        examples::values_of(&self.root)
    }

    /// What stands at a place of the document (a JSON Pointer), or null.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.root.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// Whether an answer fits the document; the error lists every way in which it does not. `path` is a template of
    /// the document or what was asked for, with or without its query.
    #[expect(clippy::too_many_arguments, reason = "a request and its answer, member by member")]
    pub(crate) fn check(
        &self,
        method: &str,
        path: &str,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<()> {
        if answered_unread(status, headers, body) {
            return Ok(());
        }
        let path = path.split(['?', '#']).next().unwrap_or(path);
        let (name, answers) = self.answers(method, path);
        let answer = answers.get(&status).ok_or_else(|| {
            let known = answers.keys().map(u16::to_string).collect::<Vec<_>>().join(", ");
            let body = String::from_utf8_lossy(body);
            anyhow!(
                "{method} {path} answered {status}, but openapi.yaml gives {name} only {known}\n  body: {body}"
            )
        })?;

        let mut found = answer.header_faults(headers);
        found.extend(self.body_faults(answer, status, headers, body));
        if !found.is_empty() {
            bail!(
                "{method} {path} answered {status}, which does not fit what openapi.yaml says of {name}:\n  - {}\n  body: {}",
                found.join("\n  - "),
                String::from_utf8_lossy(body)
            );
        }
        Ok(())
    }

    fn answers(&self, method: &str, path: &str) -> (&str, &BTreeMap<u16, Answer>) {
        self.operations
            .iter()
            .find(|it| it.method.eq_ignore_ascii_case(method) && fits(&it.path, path))
            .map_or(("requests without an operation", &self.unrouted), |it| (&it.id, &it.answers))
    }

    fn body_faults(
        &self,
        answer: &Answer,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Vec<String> {
        let media_type = text(headers, CONTENT_TYPE.as_str())
            .and_then(|value| value.split(';').next())
            .map(|value| value.trim().to_ascii_lowercase());
        let Some(media_type) = media_type else {
            return match (answer.content.is_empty(), body.is_empty()) {
                (true, true) => vec![],
                (true, false) => vec!["there is a body, and none is documented".to_owned()],
                (false, _) => vec!["there is no `content-type`".to_owned()],
            };
        };
        let Some(content) = answer.content.get(&media_type) else {
            let known = answer.content.keys().cloned().collect::<Vec<_>>().join(", ");
            return vec![format!("the media type is `{media_type}`, documented is: {known}")];
        };
        let value = if media_type.ends_with("json") {
            match serde_json::from_slice(body) {
                Ok(value) => value,
                Err(error) => return vec![format!("the body is not JSON: {error}")],
            }
        } else {
            Value::from(String::from_utf8_lossy(body))
        };
        let mut found = faults(&content.validator, &value);
        if media_type == PROBLEM && found.is_empty() {
            found = self.problem_faults(content, status, headers, &value);
        }
        found
    }

    /// What a schema cannot say of a problem: that it agrees with the rest of its answer.
    fn problem_faults(
        &self,
        content: &Content,
        status: u16,
        headers: &HeaderMap,
        problem: &Value,
    ) -> Vec<String> {
        let mut found = Vec::new();
        let slug = slug(problem).unwrap_or_default();
        if !content.slugs.contains(slug) {
            found.push(format!("problem `{slug}` is not among {:?}", content.slugs));
        }
        let known = self.problems.get(slug).map(|known| known.title.as_str());
        if known.is_some_and(|title| Some(title) != problem.get("title").and_then(Value::as_str)) {
            found.push(format!("the title of `{slug}` is always {known:?}"));
        }
        if problem.get("status").and_then(Value::as_u64) != Some(u64::from(status)) {
            found.push(format!("`status` is not the answer's own, {status}"));
        }
        if problem.get("instance").and_then(Value::as_str) != text(headers, "x-request-id") {
            found.push("`instance` and `X-Request-Id` differ".to_owned());
        }
        found
    }
}

impl Answer {
    fn header_faults(&self, headers: &HeaderMap) -> Vec<String> {
        let mut found = Vec::new();
        for header in &self.headers {
            let name = &header.name;
            let Some(value) = text(headers, name) else {
                if header.required {
                    found.push(format!("header `{name}` is missing"));
                }
                continue;
            };
            let number = if header.number { value.parse::<i64>().ok() } else { None };
            let value = number.map_or_else(|| Value::from(value), Value::from);
            found.extend(
                faults(&header.validator, &value)
                    .iter()
                    .map(|fault| format!("header `{name}` {fault}")),
            );
        }
        found
    }
}

/// The HTTP parser answers what it cannot read by itself: a status and nothing else. No operation was involved.
fn answered_unread(status: u16, headers: &HeaderMap, body: &[u8]) -> bool {
    matches!(status, 400 | 408 | 431)
        && body.is_empty()
        && !headers.contains_key(CONTENT_TYPE)
        && !headers.contains_key("x-request-id")
}

/// Whether a path is this template, or one of the paths it stands for.
fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given => {}
            (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}

fn answers(document: &mut Document, owner: &Value, name: &str) -> Result<BTreeMap<u16, Answer>> {
    let mut all = BTreeMap::new();
    for (status, answer) in members(owner, name) {
        let status: u16 = status.parse().with_context(|| format!("status `{status}`"))?;
        let resolved = document.resolve(answer)?.clone();
        let mut headers = Vec::new();
        for (name, header) in members(&resolved, "headers") {
            let header = document.resolve(header)?.clone();
            let schema = header.get("schema").context("a header has a schema")?;
            headers.push(Header {
                name: name.to_ascii_lowercase(),
                required: header.get("required").and_then(Value::as_bool).unwrap_or(false),
                number: schema.get("type").and_then(Value::as_str) == Some("integer"),
                validator: document.compile(schema)?,
            });
        }
        let mut content = BTreeMap::new();
        for (media_type, body) in members(&resolved, "content") {
            let mut slugs = BTreeSet::new();
            for (_, example) in members(body, "examples") {
                slugs.extend(
                    document.resolve(example)?.get("value").and_then(slug).map(str::to_owned),
                );
            }
            let schema = body.get("schema").context("a body has a schema")?;
            content.insert(
                media_type.clone(),
                Content { validator: document.compile(schema)?, slugs },
            );
        }
        all.insert(status, Answer { headers, content });
    }
    Ok(all)
}

/// The types of problem, from wherever in the document one is shown.
fn problems(root: &Value) -> Result<BTreeMap<String, Problem>> {
    let mut known: BTreeMap<String, Problem> = BTreeMap::new();
    for shown in examples::values_of(root) {
        let Some(slug) = slug(shown) else { continue };
        let status = shown.get("status").and_then(Value::as_u64).context("no status")?;
        let problem = Problem { status: u16::try_from(status)?, title: string(shown, "title")? };
        let first = known.entry(slug.to_owned()).or_insert_with(|| problem.clone());
        if *first != problem {
            bail!("the examples of `{slug}` disagree about its status or title");
        }
    }
    Ok(known)
}

fn slug(problem: &Value) -> Option<&str> {
    problem.get("type").and_then(Value::as_str)?.strip_prefix("/problems/")
}

fn string(owner: &Value, name: &str) -> Result<String> {
    let value = owner.get(name).and_then(Value::as_str);
    Ok(value.with_context(|| format!("no `{name}`"))?.to_owned())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
