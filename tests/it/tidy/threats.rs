//! The threat model and the page on personal data keep their word: each test and each place in the code that it names exists, each
//! threat has a test, and each yardstick leads to threats.

use std::{collections::BTreeSet, path::Path};

use super::source::{self, Source};

/// Every test of the package, by the name that `cargo test` has for it.
fn tests(files: &[Source]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files {
        let Some(module) = module(&file.path) else { continue };
        let (mut module, mut is_test) = (module, false);
        for line in file.text.lines() {
            let line = line.trim_start();
            if line.ends_with("mod tests {") {
                module.push_str("tests::");
            } else if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if !line.starts_with("#[") {
                let after = line.split_once("fn ").filter(|_| is_test);
                found.extend(
                    after
                        .and_then(|(_, rest)| rest.split_once('('))
                        .map(|(name, _)| format!("{module}{name}")),
                );
                is_test = false;
            }
        }
    }
    found
}

/// What stands before the names of a file's functions; `None` for what is compiled elsewhere.
fn module(path: &str) -> Option<String> {
    let path = path.strip_prefix("tests/it/").or_else(|| path.strip_prefix("src/"))?;
    let path = path.strip_suffix(".rs")?;
    let path = path.strip_suffix("/mod").unwrap_or(path);
    // The tests of two files are modules of these files, for they test what is private there.
    let inside = ["domain/redirect_tests", "storage/sqlite/writer_tests"];
    let path = match path.strip_suffix("_tests").filter(|_| inside.contains(&path)) {
        Some(owner) => format!("{owner}/tests"),
        None => path.to_owned(),
    };
    Some(format!("{}::", path.replace('/', "::")))
}

/// The rows of all tables whose head has a cell `title`: the first cell and that one.
fn cells<'a>(page: &'a str, title: &str) -> Vec<(&'a str, &'a str)> {
    let mut column = None;
    let mut rows = Vec::new();
    for line in page.lines() {
        let Some(inside) = line.strip_prefix('|').and_then(|rest| rest.strip_suffix('|')) else {
            column = None;
            continue;
        };
        let cells: Vec<&str> = inside.split('|').map(str::trim).collect();
        if cells.iter().all(|cell| cell.starts_with("---")) {
            continue;
        }
        match column {
            None => column = Some(cells.iter().position(|cell| *cell == title)),
            Some(Some(at)) => rows.push((cells[0], cells.get(at).copied().unwrap_or_default())),
            Some(None) => {}
        }
    }
    rows
}

/// What stands between backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Threats without a test, tests that do not exist, names that stand twice, yardsticks that lead
/// nowhere.
fn broken(page: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let mut findings = Vec::new();
    let threats = cells(page, "test");
    let mut ids = BTreeSet::new();
    for (id, cell) in &threats {
        if !ids.insert(*id) {
            findings.push(format!("{id} stands twice"));
        }
        if quoted(cell).is_empty() {
            findings.push(format!("{id} has no test"));
        }
        for name in quoted(cell) {
            if !tests.contains(name) {
                findings.push(format!("{id}: there is no test `{name}`"));
            }
        }
    }
    for (requirement, cell) in cells(page, "rows") {
        for id in cell.split(',').map(str::trim).filter(|id| !ids.contains(id)) {
            findings.push(format!("{requirement}: there is no row `{id}`"));
        }
    }
    findings
}

/// Controls in files and folders of `src` that are not there.
fn misplaced(page: &str, files: &[Source]) -> Vec<String> {
    let stands = |name: &str| {
        let path = format!("src/{name}");
        if name.ends_with('/') {
            files.iter().any(|file| file.path.starts_with(&path))
        } else {
            files.iter().any(|file| file.path == path)
        }
    };
    let is_place = |name: &&str| {
        let is_code = Path::new(name).extension().is_some_and(|end| end == "rs");
        (is_code || name.ends_with('/')) && !name.starts_with('/') && !name.contains(' ')
    };
    let mut findings = Vec::new();
    for (id, cell) in cells(page, "control") {
        let places = quoted(cell).into_iter().filter(is_place);
        findings.extend(
            places.filter(|name| !stands(name)).map(|name| format!("{id}: there is no `{name}`")),
        );
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
| id | threat | test |
|---|---|---|
| S1 | a | `a::b::good`, `c::tests::inside` |
| S2 | `a::b::good` | |
| S2 | b | `a::b::gone` |

| what | why |
|---|---|
| x | `no::test` |

| requirement | rows |
|---|---|
| one | S1, S2 |
| other | S3 |
";

    #[test]
    fn every_threat_names_tests_that_exist() {
        let page = source::one("docs/security.md");

        assert!(cells(&page.text, "test").len() > 60, "the tables were not understood");
        source::assert_none(&broken(&page.text, &tests(&source::rust())));
        source::assert_none(&misplaced(&page.text, &source::rust()));
    }

    #[test]
    fn every_promise_about_personal_data_names_tests_that_exist() {
        let page = source::one("docs/privacy.md");

        assert!(cells(&page.text, "test").len() > 20, "the tables were not understood");
        source::assert_none(&broken(&page.text, &tests(&source::rust())));
    }

    #[test]
    fn a_control_that_is_nowhere_is_noticed() {
        let files = [Source::invented("src/a/b.rs", "")];
        let page =
            "| id | control |\n|---|---|\n| S1 | x (`a/b.rs`, `a/`, `a/c.rs`, `c/`, `GET /`) |\n";

        let found = misplaced(page, &files);

        assert_eq!(found, ["S1: there is no `a/c.rs`", "S1: there is no `c/`"]);
    }

    #[test]
    fn a_broken_row_is_noticed() {
        let files = [
            Source::invented("tests/it/a/b.rs", "#[tokio::test]\nasync fn good() {\nfn gone() {"),
            Source::invented("src/c.rs", "mod tests {\n#[test]\n#[ignore]\nfn inside() {"),
        ];

        let found = broken(PAGE, &tests(&files));

        assert_eq!(
            found,
            [
                "S2 has no test",
                "S2 stands twice",
                "S2: there is no test `a::b::gone`",
                "other: there is no row `S3`",
            ]
        );
    }
}
