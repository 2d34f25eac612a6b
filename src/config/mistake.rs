//! What is wrong with a configuration, said so that an operator can mend it.
//!
//! Invariant: no mistake repeats a value. Secrets end up under the wrong key every day, and these
//! texts end up in logs and tickets.

use std::fmt;

use config::Value;

/// Where a value came from; later ones win.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nowhere: the key is not set.
    Unset,
    /// The defaults compiled in.
    Default,
    /// A configuration file, by its path.
    File(String),
    /// An environment variable, by its name.
    Variable(String),
}

/// How an origin is written into the one string the configuration tree keeps beside a value.
const FILE: &str = "file:";
const VARIABLE: &str = "variable:";

impl Origin {
    /// The origin as the configuration tree keeps it; nothing stands for the defaults.
    pub(super) fn tag(&self) -> Option<String> {
        match self {
            Self::Unset | Self::Default => None,
            Self::File(path) => Some(format!("{FILE}{path}")),
            Self::Variable(name) => Some(format!("{VARIABLE}{name}")),
        }
    }

    /// The origin of a value of the tree.
    pub(super) fn of(value: &Value) -> Self {
        let tag = value.origin().unwrap_or_default();
        if let Some(path) = tag.strip_prefix(FILE) {
            Self::File(path.to_owned())
        } else if let Some(name) = tag.strip_prefix(VARIABLE) {
            Self::Variable(name.to_owned())
        } else {
            Self::Default
        }
    }

    /// How strongly the origin counts; two values of one layer cannot overrule each other.
    pub(super) fn layer(&self) -> u8 {
        match self {
            Self::Unset => 0,
            Self::Default => 1,
            Self::File(_) => 2,
            Self::Variable(_) => 3,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset => f.write_str("not set"),
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {path}"),
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// What is wrong with a value and what would be right, before it is known whose value it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    /// What is wrong, as the end of a sentence that starts with the key.
    pub(super) problem: String,
    /// What to do, as an instruction.
    pub(super) remedy: String,
}

impl Flaw {
    pub(super) fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { problem: problem.into(), remedy: remedy.into() }
    }
}

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The key, with indices: `auth.issuers[0].audience`.
    pub key: String,
    /// Where its value came from.
    pub origin: Origin,
    /// What is wrong with it.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.origin == Origin::Unset {
            writeln!(f, "{} {}", self.key, self.problem)?;
        } else {
            writeln!(f, "{} ({}) {}", self.key, self.origin, self.problem)?;
        }
        write!(f, "  remedy: {}", self.remedy)
    }
}

/// Everything that is wrong with a configuration, in one list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// What was found; only settings that could not be made come without any, and they can always
    /// be made when nothing was found.
    pub(super) fn new(found: Vec<Mistake>) -> Self {
        Self(found)
    }

    /// The mistakes in the order they should be read.
    pub fn as_slice(&self) -> &[Mistake] {
        &self.0
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "1 mistake in the configuration")?,
            many => write!(f, "{many} mistakes in the configuration")?,
        }
        self.0.iter().try_for_each(|mistake| write!(f, "\n\n{mistake}"))
    }
}

impl std::error::Error for Mistakes {}
