//! The contract holds together: its examples, its names, the pages that explain it, and the checker that every other
//! test relies on. Whether the gateway keeps it is seen in the other tests, answer by answer.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::support::Contract;

const ERRORS: &str = include_str!("../../docs/errors.md");
const STATUSES: &str = include_str!("../../docs/statuses.md");
const ID: &str = "ver_01m8398debe9h88802w8wvqcq2";
const REQUEST: &str = "01m8398debe9h88802w8wvqcq2";

#[test]
fn examples_fit_their_schemas() -> Result<()> {
    let found = Contract::load()?.example_faults();

    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

#[test]
fn operation_ids_are_unique_and_good_method_names() -> Result<()> {
    let ids: Vec<&str> = Contract::load()?.operations().iter().map(|it| it.id.as_str()).collect();

    let odd = |id: &&&str| {
        !id.starts_with(|first: char| first.is_ascii_lowercase())
            || !id.chars().all(|letter| letter.is_ascii_alphanumeric())
    };
    assert_eq!(ids.iter().find(odd), None, "not camelCase");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "not unique: {ids:?}");
    Ok(())
}

#[test]
fn only_operations_of_operators_are_on_the_admin_listener() -> Result<()> {
    let operations = Contract::load()?.operations().iter();

    let admin: BTreeSet<&str> =
        operations.filter(|it| it.admin).map(|it| it.path.as_str()).collect();

    let expected = [
        "/livez",
        "/readyz",
        "/metrics",
        "/admin/callbacks",
        "/admin/callbacks/{callbackId}",
        "/admin/callbacks/{callbackId}/replay",
        "/admin/keys",
        "/admin/keys/reload",
    ];
    assert_eq!(admin, BTreeSet::from(expected));
    Ok(())
}

#[test]
fn errors_page_explains_every_problem_as_the_contract_has_it() -> Result<()> {
    let contract = Contract::load()?;
    let mut explained = BTreeMap::new();
    for section in ERRORS.split("\n## ").skip(1) {
        let mut lines = section.lines().filter(|line| !line.is_empty());
        let slug = lines.next().context("a section without a heading")?;
        let example = section.split("```").nth(1).with_context(|| format!("{slug}: no example"))?;
        let example: Value = serde_json::from_str(example.trim_start_matches("json"))?;
        for part in ["**Means:**", "**Likely cause:**", "**What to do:**"] {
            ensure!(section.contains(part), "{slug}: no {part}");
        }
        assert_eq!(word(&example, "type"), format!("/problems/{slug}"));
        explained.insert(slug, lines.next().unwrap_or_default().to_owned());
    }

    let documented: BTreeMap<&str, String> = contract
        .problems()
        .iter()
        .map(|(slug, it)| (slug.as_str(), format!("`{}` {}", it.status, it.title)))
        .collect();
    assert_eq!(explained, documented);
    assert_eq!(explained.keys().copied().collect::<BTreeSet<_>>(), contract.problem_slugs());
    Ok(())
}

#[test]
fn errors_page_shows_examples_of_the_contract() -> Result<()> {
    let shown = Contract::load()?.example_values();

    for block in ERRORS.split("```json").skip(1) {
        let example: Value = serde_json::from_str(block.split("```").next().unwrap_or_default())?;
        ensure!(shown.contains(&&example), "not an example of openapi.yaml: {example}");
    }
    Ok(())
}

#[test]
fn problem_types_are_all_listed_where_clients_are_made() -> Result<()> {
    let contract = Contract::load()?;

    let listed = words(contract.at("/components/schemas/ProblemType/examples"));

    let listed: BTreeSet<&str> =
        listed.iter().filter_map(|it| it.strip_prefix("/problems/")).collect();
    assert_eq!(listed, contract.problem_slugs());
    Ok(())
}

#[test]
fn no_name_is_one_that_generators_have_to_change() -> Result<()> {
    let contract = Contract::load()?;
    let schemas = contract.at("/components/schemas").as_object().context("no schemas")?;

    // Types that every file of one of the languages has at hand (Swift's and Kotlin's, Java's, Dart's).
    let taken = [
        "Any",
        "Array",
        "Class",
        "Data",
        "Date",
        "Double",
        "Error",
        "Exception",
        "File",
        "Float",
        "Function",
        "Int",
        "List",
        "Locale",
        "Map",
        "Number",
        "Object",
        "Set",
        "String",
        "Type",
        "URL",
        "UUID",
    ];
    assert_eq!(taken.iter().find(|name| schemas.contains_key(**name)), None);
    Ok(())
}

#[test]
fn tags_of_webhooks_are_their_own() -> Result<()> {
    let contract = Contract::load()?;
    let tags = |part: &str| -> BTreeSet<&str> {
        let items = contract.at(part).as_object().into_iter().flatten();
        let operations = items.flat_map(|(_, item)| item.as_object().into_iter().flatten());
        operations.flat_map(|(_, it)| it.get("tags").map(words).unwrap_or_default()).collect()
    };

    // Generators make a class of each tag; one tag in both places would be two classes of one name.
    let (served, sent) = (tags("/paths"), tags("/webhooks"));

    assert_eq!(served.intersection(&sent).next(), None);
    assert!(served.len() > 1 && !sent.is_empty());
    Ok(())
}

#[test]
fn problems_stand_under_their_own_names() -> Result<()> {
    let contract = Contract::load()?;
    let responses = contract.at("/components/responses").as_object().context("no responses")?;

    for (name, response) in responses {
        let shown = response.pointer("/content/application~1problem+json/examples");
        for (key, example) in shown.and_then(Value::as_object).into_iter().flatten() {
            let example = contract.at(word(example, "$ref").trim_start_matches('#'));
            let kind = example.pointer("/value/type").and_then(Value::as_str);
            assert_eq!(kind, Some(format!("/problems/{key}").as_str()), "in {name}");
        }
    }
    Ok(())
}

#[test]
fn statuses_page_lists_what_the_contract_lists() -> Result<()> {
    let contract = Contract::load()?;
    let listed = |pointer| words(contract.at(pointer));

    assert_eq!(first_column("Statuses"), listed("/components/schemas/Status/enum"));
    assert_eq!(first_column("Next actions"), listed("/components/schemas/NextAction/enum"));
    assert_eq!(first_column("Reasons"), listed("/components/schemas/ReasonCode/examples"));
    Ok(())
}

#[test]
fn reasons_in_examples_are_worded_as_on_the_statuses_page() -> Result<()> {
    let shown = Contract::load()?.example_values();
    let reasons: Vec<&Value> = shown.iter().filter_map(|it| it.get("reason")).collect();

    ensure!(!reasons.is_empty(), "no example has a reason");
    for reason in reasons {
        let code = word(reason, "code");
        let row = STATUSES.lines().find(|line| line.starts_with(&format!("| `{code}` |")));
        let row = row.with_context(|| format!("no row for `{code}`"))?;
        for text in [word(reason, "title"), word(reason, "message")] {
            ensure!(row.contains(text), "`{code}` is worded otherwise: {text}");
        }
        let retryable =
            if reason.get("retryable") == Some(&json!(true)) { "| yes |" } else { "| no |" };
        ensure!(row.contains(retryable), "`{code}` is not {retryable}");
    }
    Ok(())
}

#[test]
fn checker_takes_what_is_documented() -> Result<()> {
    let contract = Contract::load()?;
    let view = verification().to_string();
    let path = format!("/v1/verifications/{ID}");

    contract.check("GET", &path, 200, &headers(&[]), view.as_bytes())?;
    contract.check("get", &format!("{path}?wait=25"), 200, &headers(&[]), view.as_bytes())?;
    let template = "/v1/verifications/{verificationId}";
    contract.check("GET", template, 200, &headers(&[]), view.as_bytes())?;
    contract.check("GET", &path, 304, &headers(&[("content-type", "")]), b"")?;
    let problem = headers(&[("content-type", "application/problem+json")]);
    contract.check("GET", &path, 404, &problem, not_found().to_string().as_bytes())?;
    contract.check("GET", "/nowhere", 404, &problem, not_found().to_string().as_bytes())?;
    contract.check("GET", &path, 431, &HeaderMap::new(), b"")?;
    contract.check("PATCH", "/callbacks/provider", 200, &headers(&[]), b"{}")
}

#[test]
fn checker_finds_what_is_not_documented() -> Result<()> {
    let with = |name: &str, value: Value| changed(verification(), name, value);
    let plain = verification().to_string();
    let rows: Vec<(&str, u16, HeaderMap, String, &str)> = vec![
        ("GET", 202, headers(&[]), plain.clone(), "answered 202"),
        ("DELETE", 200, headers(&[]), plain.clone(), "requests without an operation"),
        ("GET", 200, headers(&[("etag", "")]), plain.clone(), "`etag` is missing"),
        ("GET", 200, headers(&[("etag", "W/7")]), plain.clone(), "`etag`"),
        ("GET", 200, headers(&[("retry-after", "soon")]), plain.clone(), "`retry-after`"),
        ("GET", 200, headers(&[("cache-control", "public")]), plain.clone(), "`cache-control`"),
        ("GET", 200, headers(&[("content-type", "text/html")]), plain.clone(), "media type"),
        ("GET", 200, headers(&[("content-type", "")]), plain, "no `content-type`"),
        ("GET", 200, headers(&[]), "{".to_owned(), "not JSON"),
        ("GET", 200, headers(&[]), with("nik", json!("9")), "nik"),
        ("GET", 200, headers(&[]), with("status", json!("maybe")), "/status"),
        ("GET", 200, headers(&[]), with("reason", Value::Null), "/reason"),
        ("GET", 200, headers(&[]), with("id", json!("ver_8")), "/id"),
        ("GET", 200, headers(&[]), with("createdAt", json!("2026-13-23T04:05:06Z")), "/createdAt"),
        (
            "GET",
            200,
            headers(&[]),
            with("createdAt", json!("2026-11-23T11:05:06+07:00")),
            "/createdAt",
        ),
        ("GET", 304, headers(&[("content-type", "")]), "x".to_owned(), "none is documented"),
    ];

    for (method, status, headers, body, expected) in rows {
        expect_fault(method, status, &headers, &body, expected)?;
    }
    Ok(())
}

#[test]
fn checker_finds_problems_that_contradict_their_answer() -> Result<()> {
    let rows = [
        ("type", json!("/problems/invalid-token"), "not among"),
        ("title", json!("Gone fishing"), "always"),
        ("status", json!(410), "`status`"),
        ("instance", json!("another"), "`instance`"),
        ("trace", json!("0x7f"), "trace"),
    ];

    for (name, value, expected) in rows {
        let problem = changed(not_found(), name, value);
        let headers = headers(&[("content-type", "application/problem+json")]);
        expect_fault("GET", 404, &headers, &problem, expected)?;
    }
    Ok(())
}

/// The error of the checker has to name the fault, not only to be one.
fn expect_fault(
    method: &str,
    status: u16,
    headers: &HeaderMap,
    body: &str,
    expected: &str,
) -> Result<()> {
    let path = format!("/v1/verifications/{ID}");
    let answer = Contract::load()?.check(method, &path, status, headers, body.as_bytes());
    let fault = answer.err().with_context(|| format!("{expected}: was let through"))?;
    ensure!(fault.to_string().contains(expected), "expected {expected}, got: {fault}");
    Ok(())
}

/// The headers of a good answer, less or changed as a test wants it; an empty value leaves one out.
fn headers(changed: &[(&'static str, &'static str)]) -> HeaderMap {
    let good = [
        ("x-request-id", REQUEST),
        ("content-type", "application/json; charset=utf-8"),
        ("cache-control", "private, no-store"),
        ("etag", "\"2-id\""),
        ("vary", "Accept-Language"),
        ("content-language", "id"),
        ("ratelimit-policy", "\"user_reads\";q=120;w=60"),
        ("ratelimit", "\"user_reads\";r=119;t=1"),
    ];
    let mut all: BTreeMap<&str, &str> = BTreeMap::from(good);
    all.extend(changed.iter().copied());
    all.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect()
}

fn verification() -> Value {
    json!({
        "id": ID,
        "status": "processing",
        "nextAction": "wait",
        "channel": "sdk",
        "expiresAt": "2026-11-24T04:05:06.123456789Z",
        "revision": 2,
        "createdAt": "2026-11-23T04:05:06Z",
        "updatedAt": "2026-11-23T04:08:41Z",
    })
}

fn not_found() -> Value {
    json!({
        "type": "/problems/not-found",
        "title": "Not found",
        "status": 404,
        "detail": "There is nothing here, or it is not yours.",
        "instance": REQUEST,
    })
}

/// The names in the first column of the table under a heading of the statuses page.
fn first_column(heading: &str) -> BTreeSet<&'static str> {
    let heading = format!("\n## {heading}\n");
    let section = STATUSES.split(heading.as_str()).nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    // The table's own head names the column.
    rows.skip(1).collect()
}

/// The text of an object with one member set.
fn changed(mut object: Value, name: &str, value: Value) -> String {
    object.as_object_mut().map(|members| members.insert(name.to_owned(), value));
    object.to_string()
}

/// A member of an object that is a string, or nothing.
fn word<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn words(list: &Value) -> BTreeSet<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
