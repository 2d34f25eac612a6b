//! From sources to settings: defaults, then a file, then the environment.
//!
//! Invariant: this is the only place that looks at the environment, and what it hands out is either
//! complete settings or every mistake there is, never a part of both.

use std::fmt;
use std::path::PathBuf;

use config::Value;

use super::environment;
use super::layer::{self, Layer};
use super::mistake::{Mistake, Mistakes, Origin};
use super::reader::{self, Ledger, Section};
use super::settings::{self, Settings};
use super::show::{self, Shown};
use super::tree;

/// The defaults of all keys that have one.
pub(super) const DEFAULTS: &str = include_str!("../../config/default.toml");

/// What a configuration is made of, beside the defaults.
#[derive(Clone, Default)]
pub struct Sources {
    /// The file given with `--config`.
    pub file: Option<PathBuf>,
    /// Environment variables, ours and others.
    pub env: Vec<(String, String)>,
}

impl fmt::Debug for Sources {
    /// Secrets are among the variables.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Sources {
    /// A file and this process's environment. What is no UTF-8 there becomes text that no setting
    /// accepts, so it is reported with its variable's name.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_process(file: Option<PathBuf>) -> Self {
        let text = |it: std::ffi::OsString| it.to_string_lossy().into_owned();
        let env = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
        Self { file, env }
    }
}

/// A configuration laid open: what is in force, and whether it holds.
#[derive(Debug)]
pub struct Inspection {
    /// All known keys with their values, as far as the sources could be read.
    pub values: Vec<Shown>,
    /// The settings, or why there are none.
    pub outcome: Result<Settings, Mistakes>,
}

/// Reads the settings, or says everything that is wrong with them.
pub fn load(sources: Sources) -> Result<Settings, Mistakes> {
    inspect(sources).outcome
}

/// Reads settings from TOML text, which `name` stands for in messages; the environment has no say.
pub fn parse(toml: &str, name: &str) -> Result<Settings, Mistakes> {
    let text = Text { origin: Origin::File(name.to_owned()), toml: Ok(toml.to_owned()) };
    assemble(Some(text), &[]).outcome
}

/// Reads the settings and shows where each value came from.
pub fn inspect(sources: Sources) -> Inspection {
    let text = sources.file.map(|path| Text {
        origin: Origin::File(path.display().to_string()),
        toml: reader::read_file(&path),
    });
    assemble(text, &sources.env)
}

/// A file's text, or why there is none.
struct Text {
    origin: Origin,
    toml: Result<String, super::mistake::Flaw>,
}

fn assemble(text: Option<Text>, env: &[(String, String)]) -> Inspection {
    let mut found = Vec::new();
    let defaults = layer::from_toml(DEFAULTS, &Origin::Default, &mut found);
    let file = text.map_or_else(|| Some(Layer::default()), |text| file_layer(text, &mut found));
    let variables = environment::from_variables(env, &mut found);
    // What is missing cannot be told while the file's text is unknown.
    let is_whole = file.is_some();
    let layers = [defaults, file, Some(variables)].into_iter().flatten().collect();
    match tree::merge(layers) {
        Ok(tree) => judge(&tree, found, is_whole),
        Err(error) => {
            found.push(Mistake {
                key: "(all sources)".to_owned(),
                origin: Origin::Unset,
                problem: format!("cannot be merged: {error}"),
                remedy: "report this as a fault of the gateway".to_owned(),
            });
            Inspection { values: Vec::new(), outcome: Err(Mistakes::new(found)) }
        }
    }
}

fn file_layer(text: Text, found: &mut Vec<Mistake>) -> Option<Layer> {
    match text.toml {
        Ok(toml) => layer::from_toml(&toml, &text.origin, found),
        Err(flaw) => {
            found.push(Mistake {
                key: "--config".to_owned(),
                origin: text.origin,
                problem: flaw.problem,
                remedy: flaw.remedy,
            });
            None
        }
    }
}

fn judge(tree: &Value, found: Vec<Mistake>, is_whole: bool) -> Inspection {
    let values = show::all(tree);
    let ledger = Ledger::new(found);
    let settings = if is_whole { settings::read(&Section::root(&ledger, tree)).ok() } else { None };
    let found = ledger.into_found();
    let outcome = match settings {
        Some(settings) if found.is_empty() => Ok(settings),
        Some(_) | None => Err(Mistakes::new(found)),
    };
    Inspection { values, outcome }
}
