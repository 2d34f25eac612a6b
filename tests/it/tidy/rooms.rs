//! Who may import whom: the table of ARCHITECTURE.md, held against every path in `src`.
//!
//! A new arrow is a change of architecture: change this table and that page in a commit of its own,
//! and say why.

use super::{
    paths::{Named, paths, shadows},
    source::{self, Source},
};

/// A room of the house: `src/NAME.rs` or `src/NAME/`.
struct Room {
    name: &'static str,
    /// Our own rooms whose faces it may use.
    imports: &'static [&'static str],
    /// Crates, and parts of `std`, that no room may name unless they stand in its list.
    names: &'static [&'static str],
}

/// From the door inwards.
const ROOMS: &[Room] = &[
    Room { name: "main", imports: &["cli"], names: &["mimalloc", "std::process"] },
    Room {
        name: "cli",
        imports: &[
            "demo",
            "sandbox",
            "server",
            "auth",
            "usecase",
            "storage",
            "telemetry",
            "domain",
            "config",
        ],
        names: &["clap", "eprintln", "print", "println", "std::process"],
    },
    Room {
        name: "demo",
        imports: &["server", "sandbox", "domain", "config"],
        names: &["actix_web", "reqwest"],
    },
    Room { name: "sandbox", imports: &[], names: &["actix_web", "reqwest"] },
    Room {
        name: "server",
        imports: &[
            "api",
            "jobs",
            "auth",
            "usecase",
            "upstream",
            "storage",
            "telemetry",
            "domain",
            "config",
        ],
        names: &["actix_web", "tracing_actix_web"],
    },
    Room {
        name: "api",
        imports: &["auth", "usecase", "telemetry", "domain", "config"],
        names: &["actix_web", "tracing_actix_web"],
    },
    Room { name: "jobs", imports: &["usecase", "domain", "config"], names: &[] },
    Room { name: "auth", imports: &["upstream", "domain", "config"], names: &["jsonwebtoken"] },
    Room { name: "usecase", imports: &["upstream", "storage", "domain"], names: &[] },
    Room { name: "upstream", imports: &["domain", "config"], names: &["reqwest"] },
    Room {
        name: "storage",
        imports: &["domain", "config"],
        names: &["rusqlite", "rusqlite_migration"],
    },
    Room {
        name: "telemetry",
        imports: &["config"],
        names: &["metrics_exporter_prometheus", "tracing_log", "tracing_subscriber"],
    },
    Room { name: "config", imports: &["domain"], names: &["config", "std::env"] },
    Room { name: "domain", imports: &[], names: &[] },
];

/// What a room must not name although nobody owns it.
const NEVER: &[(&str, &str, &str)] = &[
    ("domain", "serde", "whoever writes a value down spells it in its own room"),
    ("domain", "serde_json", "whoever writes a value down spells it in its own room"),
    ("usecase", "serde", "only domain types travel here"),
    ("usecase", "http", "a use case knows no words of HTTP"),
];

fn room(name: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| room.name == name)
}

/// The module path of a file below `src`: `src/api/v1/mod.rs` is `["api", "v1"]`.
fn module(path: &str) -> Vec<&str> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    inner.trim_end_matches("/mod").split('/').collect()
}

/// Arrows and names of one file that the table does not know.
fn strangers(file: &Source) -> Vec<String> {
    let module = module(&file.path);
    let at_home = module.first().copied().unwrap_or_default();
    if at_home == "lib" {
        return Vec::new();
    }
    let Some(home) = room(at_home) else {
        return vec![format!("{}: `{at_home}` is no room; see ARCHITECTURE.md", file.path)];
    };

    let found = paths(&file.text);
    let mut findings = Vec::new();
    for path in &found {
        let complaint = arrow(home, &module, path).or_else(|| name(home, &file.text, &found, path));
        if let Some(complaint) = complaint {
            findings.push(format!("{}:{}: {complaint}", file.path, path.line));
        }
    }
    findings
}

/// What is wrong with a path as an import of one of our rooms.
fn arrow(home: &Room, module: &[&str], path: &Named) -> Option<String> {
    let target = target(module, path)?;
    if target == home.name || home.imports.contains(&target) {
        return None;
    }
    Some(match room(target) {
        Some(_) => format!("`{}` may not import `{target}`: {}", home.name, path.spelled()),
        None => format!("`{target}` is no room: {}", path.spelled()),
    })
}

/// The room a path leads to, if it leads to one of ours.
fn target<'a>(module: &[&str], path: &'a Named) -> Option<&'a str> {
    let mut segments = path.segments.iter().map(String::as_str);
    match segments.next()? {
        "crate" | "gerbang" => segments.next(),
        "super" => {
            let climbed = 1 + segments.clone().take_while(|part| *part == "super").count();
            let next = segments.find(|part| *part != "super")?;
            // An inline `mod tests` stands one deeper than its file, so a climb that ends just
            // above the file counts only if it finds a room there.
            (climbed >= module.len() && room(next).is_some()).then_some(next)
        }
        _ => None,
    }
}

/// What is wrong with a path as the name of somebody else's crate.
fn name(home: &Room, text: &str, found: &[Named], path: &Named) -> Option<String> {
    let first = path.segments.first()?;
    let lone_macro = path.segments.len() == 1 && is_macro(first) && called(text, path);
    if path.segments.len() == 1 && !lone_macro {
        return None;
    }
    if !path.absolute && room(first).is_some() && shadows(text, found, first) {
        return None;
    }
    let banned = NEVER.iter().find(|(room, name, _)| *room == home.name && path.starts_with(name));
    if let Some((_, name, reason)) = banned {
        return Some(format!("`{}` may not name `{name}`: {reason}", home.name));
    }
    let owned = |room: &Room| room.names.iter().any(|name| path.starts_with(name));
    (ROOMS.iter().any(owned) && !owned(home))
        .then(|| format!("`{}` may not name `{}`", home.name, path.spelled()))
}

fn is_macro(name: &str) -> bool {
    ["eprintln", "print", "println"].contains(&name)
}

fn called(text: &str, path: &Named) -> bool {
    text.lines()
        .nth(path.line - 1)
        .is_some_and(|line| line.contains(&format!("{}!", path.spelled())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_run_the_way_a_request_runs() {
        let findings: Vec<String> = source::rust()
            .iter()
            .filter(|file| file.path.starts_with("src/"))
            .flat_map(strangers)
            .collect();

        source::assert_none(&findings);
    }

    #[test]
    fn the_architecture_page_shows_the_same_table() {
        let page = source::one("ARCHITECTURE.md");
        let rows: Vec<Vec<String>> = page
            .text
            .lines()
            .skip_while(|line| !line.starts_with("| room |"))
            .skip(2)
            .take_while(|line| line.starts_with('|'))
            .map(|line| line.trim_matches('|').split('|').map(plain).collect())
            .collect();

        let shown: Vec<[&str; 3]> =
            rows.iter().map(|row| [row[0].as_str(), row[2].as_str(), row[3].as_str()]).collect();

        let lists: Vec<[String; 3]> = ROOMS
            .iter()
            .map(|room| [room.name.to_owned(), list(room.imports), list(room.names)])
            .collect();
        assert_eq!(shown, lists);
    }

    fn plain(cell: &str) -> String {
        cell.trim().replace('`', "")
    }

    fn list(names: &[&str]) -> String {
        if names.is_empty() { "–".to_owned() } else { names.join(", ") }
    }

    #[test]
    fn arrows_never_run_in_a_circle() {
        // The table is written from the door inwards, so an arrow may only point further down.
        // `config` may ask `domain` and not the other way round.
        for (place, room) in ROOMS.iter().enumerate() {
            for import in room.imports {
                let target = ROOMS.iter().position(|other| other.name == *import);
                assert!(target > Some(place), "{} → {import}", room.name);
            }
        }
    }

    #[test]
    fn strangers_are_noticed() {
        for (path, text) in [
            ("src/domain/x.rs", "use crate::storage::Store;"),
            ("src/domain/x.rs", "fn f() { crate::config::load(); }"),
            ("src/domain/x.rs", "use serde::Serialize;"),
            ("src/usecase/a/b.rs", "use super::super::super::api::Problem;"),
            ("src/storage/mod.rs", "use super::upstream::Provider;"),
            ("src/server.rs", "use super::cli::run;"),
            ("src/jobs/x.rs", "use crate::{domain::Clock, storage::Store};"),
            ("src/main.rs", "fn main() { gerbang::storage::open() }"),
            ("src/sandbox/x.rs", "use crate::domain::Clock;"),
            ("src/attic/x.rs", ""),
            ("src/api/x.rs", "use crate::attic::Box;"),
            ("src/usecase/x.rs", "use actix_web::web;"),
            ("src/api/x.rs", "let c = reqwest::Client::builder();"),
            ("src/usecase/x.rs", "use rusqlite::Connection;"),
            ("src/api/x.rs", "use jsonwebtoken as jwt; fn f() { jwt::decode() }"),
            ("src/server.rs", "use config::Config;"),
            ("src/server.rs", "use config as settings;"),
            ("src/server.rs", "use crate::config;\nfn f() { ::config::Config::builder() }"),
            ("src/api/x.rs", "use tracing_subscriber::fmt;"),
            ("src/api/x.rs", "use std::{env, fmt};"),
            ("src/storage/x.rs", "fn f() { println!(\"x\"); }"),
        ] {
            assert_eq!(strangers(&Source::invented(path, text)).len(), 1, "{path}: {text}");
        }
    }

    #[test]
    fn neighbours_are_let_in() {
        for (path, text) in [
            ("src/usecase/a/b.rs", "use crate::{domain::Clock, storage::Store};"),
            ("src/usecase/a/b.rs", "use super::super::ports::Ports; use super::error::Error;"),
            ("src/server.rs", "use crate::config; fn f() { config::load() }"),
            ("src/cli/mod.rs", "mod config; pub use config::check;"),
            ("src/cli/x.rs", "use crate::config::Settings; fn f() { println!() }"),
            ("src/config/x.rs", "use config::Config; use std::env;"),
            ("src/domain/x.rs", "#[cfg(test)] mod tests { use super::*; }"),
            ("src/domain/x.rs", "// use crate::storage::Store;"),
            ("src/lib.rs", "pub mod api;"),
        ] {
            assert_eq!(strangers(&Source::invented(path, text)), [""; 0], "{path}: {text}");
        }
    }
}
