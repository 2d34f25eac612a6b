//! Words that have no place: promises to finish later, and paths of one machine.
//!
//! This file spells the words in two halves, so that it can be read like any other.

use super::source::{self, Source};

/// Refused in every file that people or tools read.
const NOWHERE: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("../", "shared"),
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
];

/// Refused in what is compiled: the data directory and the settings say where files are.
const NOT_IN_SOURCES: &[&str] = &[concat!("/t", "mp/")];

fn misplaced(file: &Source) -> Vec<String> {
    let compiled: &[&str] = if file.path.starts_with("src/") { NOT_IN_SOURCES } else { &[] };
    let mut findings = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        for word in NOWHERE.iter().chain(compiled).filter(|word| line.contains(**word)) {
            findings.push(format!("{}:{}: `{word}` has no place here", file.path, number + 1));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_out_of_place() {
        let findings: Vec<String> = source::everything().iter().flat_map(misplaced).collect();

        source::assert_none(&findings);
    }

    #[test]
    fn every_such_word_is_noticed() {
        for word in NOWHERE.iter().chain(NOT_IN_SOURCES) {
            let file = Source::invented("src/a.rs", &format!("//! A.\n// {word} b\n"));
            assert_eq!(misplaced(&file).len(), 1, "{word}");
        }
    }

    #[test]
    fn temporary_folders_are_left_to_tests_and_scripts() {
        let text = concat!("//! A.\n// /t", "mp/x\n");
        assert_eq!(misplaced(&Source::invented("tests/it/a.rs", text)), [""; 0]);
    }
}
