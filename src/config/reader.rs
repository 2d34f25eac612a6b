//! Takes the merged tree apart, one value at a time.
//!
//! Invariant: a failed read hands back a [`Reported`], and only writing a mistake down makes one.
//! So sections can go on reading after a mistake, and none is lost on the way.

use std::cell::RefCell;
use std::fmt;
use std::io::Read as _;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use config::{Value, ValueKind};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::environment::variable_name;
use super::mistake::{Flaw, Mistake, Origin};
use super::parse;
use super::tree;
use super::values::TextFile;

/// No key, certificate bundle or configuration is larger; a device file never ends.
const MAX_FILE: u64 = 1024 * 1024;

/// The proof that a mistake was written down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reported(());

/// What reading yields.
pub(super) type Read<T> = Result<T, Reported>;

/// Collects mistakes while a tree is read.
#[derive(Debug)]
pub(super) struct Ledger(RefCell<Vec<Mistake>>);

impl Ledger {
    /// Starts with the mistakes that the layers had.
    pub(super) fn new(found: Vec<Mistake>) -> Self {
        Self(RefCell::new(found))
    }

    pub(super) fn into_found(self) -> Vec<Mistake> {
        self.0.into_inner()
    }

    /// Writes a mistake down. A key that is unset because its value was refused in every layer is
    /// not reported once more.
    fn report(&self, mistake: Mistake) -> Reported {
        let mut found = self.0.borrow_mut();
        let known = mistake.origin == Origin::Unset
            && found.iter().any(|other| {
                mistake.key == other.key || mistake.key.starts_with(&format!("{}.", other.key))
            });
        if !known {
            found.push(mistake);
        }
        Reported(())
    }
}

/// A table of the tree, and the place to report what is wrong in it.
#[derive(Clone)]
pub(super) struct Section<'a> {
    ledger: &'a Ledger,
    path: String,
    node: Option<&'a Value>,
}

impl fmt::Debug for Section<'_> {
    /// Secrets are among the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Section").field("path", &self.path).finish_non_exhaustive()
    }
}

impl<'a> Section<'a> {
    /// The whole tree.
    pub(super) fn root(ledger: &'a Ledger, tree: &'a Value) -> Self {
        Self { ledger, path: String::new(), node: Some(tree) }
    }

    /// The table `name` in this one; an absent table is an empty one.
    pub(super) fn table(&self, name: &str) -> Self {
        Self { ledger: self.ledger, path: self.path_of(name), node: self.leaf(name) }
    }

    /// The entries of the list of tables `name`.
    pub(super) fn entries(&self, name: &str) -> Vec<Self> {
        let entries = self.leaf(name).and_then(tree::items).unwrap_or_default();
        let path = self.path_of(name);
        let entry = |(index, node)| Self {
            ledger: self.ledger,
            path: format!("{path}[{index}]"),
            node: Some(node),
        };
        entries.iter().enumerate().map(entry).collect()
    }

    /// Refuses an entry that nobody wrote: a variable's number skipped it.
    pub(super) fn refuse_gap(&self) -> Read<()> {
        if self.node.is_some_and(|node| !matches!(node.kind, ValueKind::Nil)) {
            return Ok(());
        }
        Err(self.fault_here(Flaw::new(
            "is empty, although a later entry is set",
            "number the entries from 0 without gaps",
        )))
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn leaf(&self, name: &str) -> Option<&'a Value> {
        self.node.and_then(|node| tree::child(node, name))
    }

    /// Whether `name` is set, by whomever.
    pub(super) fn has(&self, name: &str) -> bool {
        self.leaf(name).is_some()
    }

    /// Whether the list `name` has no items.
    pub(super) fn is_empty_list(&self, name: &str) -> bool {
        self.leaf(name).and_then(tree::items).is_none_or(<[Value]>::is_empty)
    }

    /// Where the value of `name` came from.
    pub(super) fn origin(&self, name: &str) -> Origin {
        self.leaf(name).map_or(Origin::Unset, Origin::of)
    }

    /// Writes down that `name` has `flaw`.
    pub(super) fn fault(&self, name: &str, flaw: Flaw) -> Reported {
        self.ledger.report(Mistake {
            key: self.path_of(name),
            origin: self.origin(name),
            problem: flaw.problem,
            remedy: flaw.remedy,
        })
    }

    /// Writes down that this table as a whole has `flaw`.
    pub(super) fn fault_here(&self, flaw: Flaw) -> Reported {
        self.ledger.report(Mistake {
            key: self.path.clone(),
            origin: self.node.map_or(Origin::Unset, Origin::of),
            problem: flaw.problem,
            remedy: flaw.remedy,
        })
    }

    /// Writes down that `name` is needed but not set.
    pub(super) fn missing(&self, name: &str) -> Reported {
        let remedy = format!("set it in the file, or as {}", variable_name(&self.path_of(name)));
        self.fault(name, Flaw::new("is not set", remedy))
    }

    /// The text of `name` as `parse` understands it, if it is set.
    pub(super) fn optional<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, Flaw>,
    ) -> Read<Option<T>> {
        let Some(value) = self.leaf(name) else { return Ok(None) };
        // The layers let nothing but text through.
        let not_text = || Flaw::new("is no text", "put it in quotes");
        let parsed = tree::text(value).ok_or_else(not_text).and_then(parse);
        parsed.map(Some).map_err(|flaw| self.fault(name, flaw))
    }

    /// The text of `name` as `parse` understands it.
    pub(super) fn required<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, Flaw>,
    ) -> Read<T> {
        self.optional(name, parse)?.ok_or_else(|| self.missing(name))
    }

    /// The duration `name`, within `range`.
    pub(super) fn duration(&self, name: &str, range: RangeInclusive<Duration>) -> Read<Duration> {
        self.required(name, |text| parse::duration(text, &range))
    }

    /// The text of `name` as `parse` understands it, without a word about it otherwise.
    pub(super) fn peek<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, Flaw>,
    ) -> Option<T> {
        tree::text(self.leaf(name)?).and_then(|text| parse(text).ok())
    }

    /// The whole number `name`, within `range`.
    pub(super) fn number<N>(&self, name: &str, range: RangeInclusive<N>) -> Read<N>
    where
        N: TryFrom<i64> + PartialOrd + Copy + std::fmt::Display,
    {
        let Some(value) = self.leaf(name) else { return Err(self.missing(name)) };
        let number = if let ValueKind::I64(number) = &value.kind {
            Some(*number)
        } else {
            tree::text(value).and_then(|text| text.parse::<i64>().ok())
        };
        let problem = if number.is_some() { "is out of range" } else { "is no whole number" };
        let fitting = number.and_then(|number| N::try_from(number).ok());
        fitting.filter(|number| range.contains(number)).ok_or_else(|| {
            let remedy = format!("write a whole number from {} to {}", range.start(), range.end());
            self.fault(name, Flaw::new(problem, remedy))
        })
    }

    /// The flag `name`.
    pub(super) fn flag(&self, name: &str) -> Read<bool> {
        let Some(value) = self.leaf(name) else { return Err(self.missing(name)) };
        let flag = if let ValueKind::Boolean(flag) = &value.kind {
            Some(*flag)
        } else {
            tree::text(value).and_then(|text| text.parse().ok())
        };
        flag.ok_or_else(|| {
            self.fault(name, Flaw::new("is neither true nor false", "write true or false"))
        })
    }

    /// The items of the list `name` (or its single text), each as `parse` understands it; an
    /// absent list is an empty one.
    pub(super) fn list<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, Flaw>,
    ) -> Read<Vec<T>> {
        let Some(value) = self.leaf(name) else { return Ok(Vec::new()) };
        let items = tree::items(value).unwrap_or(std::slice::from_ref(value));
        let (mut parsed, mut failed) = (Vec::with_capacity(items.len()), None);
        for (at, item) in items.iter().enumerate() {
            match parse(tree::text(item).unwrap_or_default()) {
                Ok(item) => parsed.push(item),
                Err(flaw) => {
                    let problem = match items.len() {
                        1 => flaw.problem,
                        _ => format!("has an item (number {}) that {}", at + 1, flaw.problem),
                    };
                    failed = Some(self.fault(name, Flaw::new(problem, flaw.remedy)));
                }
            }
        }
        failed.map_or(Ok(parsed), Err)
    }

    /// Of `names`, which exclude one another, the one that counts: a later layer overrules an
    /// earlier one, but two in one layer contradict each other.
    pub(super) fn one_of(&self, names: &[&'static str]) -> Read<Option<&'static str>> {
        let set = || names.iter().copied().filter(|name| self.has(name));
        let top = set().map(|name| self.origin(name).layer()).max();
        let mut strongest = set().filter(|name| Some(self.origin(name).layer()) == top);
        match (strongest.next(), strongest.next()) {
            (Some(one), Some(other)) => Err(self.fault(
                one,
                Flaw::new(
                    format!("is set together with `{}`", self.path_of(other)),
                    "keep one of the two",
                ),
            )),
            (one, _) => Ok(one),
        }
    }

    /// The secret `name`, or what the file `name_file` says, if either is set.
    pub(super) fn secret(
        &self,
        [name, file]: [&'static str; 2],
        check: impl Fn(&str) -> Result<(), Flaw>,
    ) -> Read<Option<SecretString>> {
        match self.one_of(&[name, file])? {
            None => Ok(None),
            Some(key) if key == name => {
                self.optional(name, |text| check(text).map(|()| SecretString::from(text)))
            }
            Some(_) => self.secret_file(file, check).map(Some),
        }
    }

    /// The secret in the file that `name` points to.
    pub(super) fn secret_file(
        &self,
        name: &str,
        check: impl Fn(&str) -> Result<(), Flaw>,
    ) -> Read<SecretString> {
        let path = self.required(name, parse::path)?;
        let text = Zeroizing::new(self.load(name, &path)?);
        // Editors end a file with a line break that is no part of the secret.
        let text = text.trim_end_matches(['\r', '\n']);
        check(text).map_err(|flaw| self.fault(name, flaw))?;
        Ok(SecretString::from(text))
    }

    /// The text file that `name` points to, as `check` accepts it, if it is set.
    pub(super) fn text_file(
        &self,
        name: &str,
        check: impl FnOnce(&str) -> Result<(), Flaw>,
    ) -> Read<Option<TextFile>> {
        let Some(path) = self.optional(name, parse::path)? else { return Ok(None) };
        let text = self.load(name, &path)?;
        check(&text).map_err(|flaw| self.fault(name, flaw))?;
        Ok(Some(TextFile { path, text }))
    }

    fn load(&self, name: &str, path: &Path) -> Read<String> {
        read_file(path).map_err(|flaw| self.fault(name, flaw))
    }
}

/// Reads a text file of reasonable size.
pub(super) fn read_file(path: &Path) -> Result<String, Flaw> {
    let mut text = String::new();
    let read = std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE + 1).read_to_string(&mut text))
        .map_err(|error| {
            Flaw::new(
                if error.kind() == std::io::ErrorKind::NotFound {
                    "names a file that does not exist".to_owned()
                } else {
                    format!("names a file that cannot be read ({})", error.kind())
                },
                "give the path of a text file that the gateway's user may read; a relative path \
                 starts at the working directory",
            )
        })?;
    if u64::try_from(read).is_ok_and(|read| read <= MAX_FILE) {
        Ok(text)
    } else {
        Err(Flaw::new("names a file of more than 1 MiB", "give the path of the right file"))
    }
}
