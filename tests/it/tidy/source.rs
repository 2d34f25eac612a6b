//! The files of this repository, as rules see them.
//!
//! Paths are relative to the repository and written with `/`, so that findings can be clicked.

use std::{fs, path::Path};

/// One file.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    /// A file that exists only in a test.
    pub(super) fn invented(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// The name without folders.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// Every Rust file of the package.
pub(super) fn rust() -> Vec<Source> {
    let mut found = Vec::new();
    for folder in ["src", "tests", "bench"] {
        collect(folder, &mut found);
    }
    found.retain(|source| is(source, "rs"));
    assert!(found.len() > 20, "the sources were not found");
    found
}

/// Every Markdown file.
pub(super) fn documents() -> Vec<Source> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if Path::new(&name).extension().is_some_and(|ending| ending == "md") {
            found.push(one(&name));
        }
    }
    for folder in ["docs", "bench"] {
        collect(folder, &mut found);
    }
    found.retain(|source| is(source, "md"));
    assert!(found.len() > 5, "the documents were not found");
    found
}

/// Everything that people or tools read: sources, documents, settings, scripts.
pub(super) fn everything() -> Vec<Source> {
    let mut found = documents();
    found.retain(|source| !source.path.contains('/'));
    for folder in [".ci", "bench", "config", "docs", "src", "tests"] {
        collect(folder, &mut found);
    }
    for name in ["Cargo.toml", "Dockerfile", "clippy.toml", "deny.toml", "openapi.yaml"] {
        found.push(one(name));
    }
    found
}

/// One file by its path.
pub(super) fn one(path: &str) -> Source {
    assert!(exists(path), "{path} is not there");
    let text = fs::read_to_string(root().join(path)).unwrap();
    Source { path: path.to_owned(), text }
}

/// Whether a path of the repository leads to something.
pub(super) fn exists(path: &str) -> bool {
    root().join(path).exists()
}

/// Fails with every finding at once.
pub(super) fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn is(source: &Source, ending: &str) -> bool {
    Path::new(&source.path).extension().is_some_and(|found| found == ending)
}

fn collect(folder: &str, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();

    for name in names {
        let path = format!("{folder}/{name}");
        let place = root().join(&path);
        if place.is_dir() {
            collect(&path, found);
        } else if let Ok(text) = fs::read_to_string(place) {
            // What is not text (a picture) is none of our business.
            found.push(Source { path, text });
        }
    }
}
