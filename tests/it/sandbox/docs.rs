//! `docs/sandbox.md` says what the code does.

use gerbang::sandbox::OUTCOMES;

const PAGE: &str = include_str!("../../../docs/sandbox.md");

#[test]
fn the_page_prints_the_outcome_table() {
    let table: Vec<String> = OUTCOMES
        .iter()
        .map(|row| format!("| {} | `{}` | {} |", row.digits, row.name, row.summary))
        .collect();
    let printed: Vec<&str> = PAGE
        .lines()
        .skip_while(|line| *line != "| digits | name | what happens |")
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();

    assert_eq!(printed, table);
}

#[test]
fn the_page_names_every_path_of_the_control_api() {
    let routes = include_str!("../../../src/sandbox/http/routes.rs");
    let paths = routes.split('"').filter(|part| part.starts_with("/sandbox/"));

    for path in paths {
        assert!(PAGE.contains(path), "{path}");
    }
}
