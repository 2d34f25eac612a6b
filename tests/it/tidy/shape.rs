//! How a Rust file is built: its size, its opening, its name, its exceptions.

use super::{
    code::masked,
    source::{self, Source},
};

/// At 300 lines look for the seam; tests count, since they are read too.
const MOST_LINES: usize = 400;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] =
    &["common", "helper", "helpers", "misc", "models", "shared", "types", "util", "utils"];

/// Everything that is wrong with the shape of one file.
fn misshapen(file: &Source) -> Vec<String> {
    let complaints = [length(file), opening(file), file_name(file), module_root(file)];
    let mut findings: Vec<String> =
        complaints.into_iter().flatten().map(|what| format!("{}: {what}", file.path)).collect();
    findings.extend(exceptions(file));
    findings
}

fn length(file: &Source) -> Option<String> {
    let lines = file.text.lines().count();
    (lines > MOST_LINES).then(|| format!("{lines} lines; {MOST_LINES} is the most"))
}

fn opening(file: &Source) -> Option<String> {
    let says = file.text.lines().next().is_some_and(|line| {
        line.strip_prefix("//! ").is_some_and(|purpose| !purpose.trim().is_empty())
    });
    (!says).then(|| "does not open with `//!` and what it is for".to_owned())
}

fn file_name(file: &Source) -> Option<String> {
    let empty =
        file.path.trim_end_matches(".rs").split('/').find(|part| EMPTY_NAMES.contains(part));
    empty.map(|name| format!("`{name}` says nothing; name the noun it holds"))
}

/// `mod.rs` and `lib.rs` show what is there; they hold nothing themselves.
fn module_root(file: &Source) -> Option<String> {
    if !["mod.rs", "lib.rs"].contains(&file.name()) {
        return None;
    }
    let code = without_attributes(&masked(&file.text));
    let statements = code.split(';').map(str::trim).filter(|text| !text.is_empty());
    let stranger = statements.into_iter().find(|text| !is_signpost(text))?;
    let shown: String = stranger.chars().take(40).collect();
    Some(format!("holds more than `mod` and `pub use`: {}", shown.replace('\n', " ")))
}

/// Whether a statement is `mod x` with any visibility, or a `use` that is passed on.
fn is_signpost(statement: &str) -> bool {
    let words: Vec<&str> = statement.split_whitespace().collect();
    match words.as_slice() {
        ["mod", _] => true,
        [visibility, "mod", _] | [visibility, "use", ..] => visibility.starts_with("pub"),
        _ => false,
    }
}

fn without_attributes(code: &str) -> String {
    let mut left = code.to_owned();
    while let Some((start, end)) = attribute(&left, 0) {
        left.replace_range(start..end, "");
    }
    left
}

/// The next `#[…]` or `#![…]` at or after `from`.
fn attribute(code: &str, from: usize) -> Option<(usize, usize)> {
    let start = from + code.get(from..)?.find('#')?;
    let inside = code.get(start + 1..)?.trim_start_matches('!');
    if !inside.starts_with('[') {
        return attribute(code, start + 1);
    }
    let mut depth = 0_usize;
    for (offset, c) in code.get(start..)?.char_indices() {
        match c {
            '[' => depth += 1,
            ']' if depth == 1 => return Some((start, start + offset + 1)),
            ']' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Lints are set aside by `expect`, so that a reason outlives its cause no longer than a build.
///
/// The root of the tests is the one place that may `allow`: what it sets aside for all tests need
/// not be used by the tests that happen to be there.
fn exceptions(file: &Source) -> Vec<String> {
    let code = masked(&file.text);
    let mut findings = Vec::new();
    let mut from = 0;
    while let Some((start, end)) = attribute(&code, from) {
        from = end;
        let text = &code[start..end];
        let line = code[..start].lines().count().max(1);
        let inside = text.trim_start_matches(['#', '!', '[']).trim_start();
        let reasoned = text.contains("reason =");
        let for_all_tests = file.path == "tests/it/main.rs" && text.starts_with("#!") && reasoned;
        if inside.starts_with("allow") && !for_all_tests {
            findings.push(format!("{}:{line}: `allow`; use `expect` with a reason", file.path));
        }
        if inside.starts_with("expect") && !reasoned {
            findings.push(format!("{}:{line}: `expect` without a reason", file.path));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_the_shape_of_the_house() {
        let findings: Vec<String> = source::rust().iter().flat_map(misshapen).collect();

        source::assert_none(&findings);
    }

    #[test]
    fn misshapen_files_are_noticed() {
        let endless = format!("//! Long.\n{}", "//\n".repeat(MOST_LINES));
        for (path, text) in [
            ("src/a/b.rs", endless.as_str()),
            ("src/a/b.rs", "use std::fmt;"),
            ("src/a/b.rs", ""),
            ("src/a/b.rs", "//!\n//! Too late."),
            ("src/a/utils.rs", "//! Odds and ends."),
            ("src/helpers/a.rs", "//! Odds and ends."),
            ("src/a/mod.rs", "//! A.\nmod b;\nfn c() {}"),
            ("src/a/mod.rs", "//! A.\nmod b { pub fn c() {} }"),
            ("src/a/mod.rs", "//! A.\nuse std::fmt;"),
            ("src/a/mod.rs", "//! A.\nconst A: u8 = 1;"),
            ("src/lib.rs", "//! A.\npub mod b;\npub static C: u8 = 1;"),
            ("src/a/b.rs", "//! A.\n#[allow(dead_code, reason = \"later\")]\nfn f() {}"),
            ("tests/it/main.rs", "//! A.\n#![allow(dead_code)]"),
            ("tests/it/a.rs", "//! A.\n#![allow(dead_code, reason = \"later\")]"),
            ("src/a/b.rs", "//! A.\n#![expect(\n    clippy::unwrap_used\n)]"),
            ("src/a/b.rs", "//! A.\n#[expect(dead_code)] // reason = none\nfn f() {}"),
        ] {
            assert_eq!(misshapen(&Source::invented(path, text)).len(), 1, "{path}: {text}");
        }
    }

    #[test]
    fn well_shaped_files_pass() {
        for (path, text) in [
            ("tests/it/main.rs", "//! A.\n#![allow(clippy::panic, reason = \"tests end\")]"),
            ("src/a/mod.rs", "//! A.\n\n#[cfg(test)]\nmod b;\npub mod c;\npub(crate) mod d;\n"),
            ("src/a/mod.rs", "//! A.\npub use b::{C, D};\npub(crate) use e::F; // why\n"),
            ("src/a/b.rs", "//! A.\n#[expect(dead_code, reason = \"] shown later\")]\nfn f() {}"),
            ("src/a/b.rs", "//! A.\n// #[allow(dead_code)]\nfn f() { let a = [1][0]; }"),
        ] {
            assert_eq!(misshapen(&Source::invented(path, text)), [""; 0], "{path}: {text}");
        }
    }
}
