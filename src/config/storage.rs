//! `[storage]`: what the gateway remembers in, and with which keys it is sealed.
//!
//! Invariant: keys are made up by the gateway itself only when no one else can reach it; in
//! production their absence is a mistake, since a lost key ring is lost data.

use std::path::PathBuf;

use secrecy::SecretString;

use super::mistake::Flaw;
use super::parse::{self, Reach};
use super::reader::{Read, Section};

/// The store and its keys.
#[derive(Debug, Clone)]
pub struct Storage {
    /// Where the data is.
    pub database: Database,
    /// The key ring. Absent (loopback listener only): storage generates a file beside the data.
    pub encryption_keys: Option<EncryptionKeys>,
    /// Where erasures are written down. Absent: `erasures.log` beside the data, which is too close to
    /// it where the whole folder is backed up.
    pub erasures_file: Option<PathBuf>,
}

/// Where the key ring is.
#[derive(Debug, Clone)]
pub enum EncryptionKeys {
    /// In a file, which storage opens itself: it must be its owner's alone, and may be rotated.
    File(PathBuf),
    /// In the setting.
    Given(SecretString),
}

/// The engine and its place, from `storage.url`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// A file of this machine; a relative path starts at the working directory.
    Sqlite(PathBuf),
}

pub(super) fn read(section: &Section<'_>, reach: Reach) -> Read<Storage> {
    let database = section.required("url", database);
    let encryption_keys = encryption_keys(section, reach);
    let erasures_file = section.optional("erasures_file", parse::path);
    Ok(Storage {
        database: database?,
        encryption_keys: encryption_keys?,
        erasures_file: erasures_file?,
    })
}

fn database(text: &str) -> Result<Database, Flaw> {
    let example = "write \"sqlite://data/gerbang.db\", or \"sqlite:///var/lib/gerbang/gerbang.db\" \
                   for a path from the root";
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Err(Flaw::new("names PostgreSQL, which is not available yet", example));
    }
    let path = text
        .strip_prefix("sqlite://")
        .ok_or_else(|| Flaw::new("is no address of a SQLite file", example))?;
    let names_file = !path.is_empty()
        && !path.ends_with('/')
        && !path.starts_with(':')
        && !path.contains(['?', '#', '\0', '@']);
    if !names_file {
        return Err(Flaw::new("names no file", example));
    }
    parse::path(path).map(Database::Sqlite)
}

fn encryption_keys(section: &Section<'_>, reach: Reach) -> Read<Option<EncryptionKeys>> {
    let (text, name) = ("encryption_keys", "encryption_keys_file");
    if section.one_of(&[text, name])? == Some(text) {
        return Ok(section.optional(text, given)?.map(EncryptionKeys::Given));
    }
    let remedy = "make one (mode 0600) with `gerbang keys generate --out FILE`, keep a copy apart \
                  from the data, and give its path; keys are made up only while \
                  server.listen is a loopback address";
    let path = section.optional(name, parse::path)?;
    match (&path, reach) {
        (None, Reach::Public) => Err(section.fault(name, Flaw::new("is not set", remedy))),
        (Some(file), Reach::Public) if !file.is_file() => {
            Err(section.fault(name, Flaw::new("names no file that can be read", remedy)))
        }
        (None | Some(_), Reach::Public | Reach::Local | Reach::Unknown) => {
            Ok(path.map(EncryptionKeys::File))
        }
    }
}

/// Only whether it can be meant: storage reads it.
fn given(text: &str) -> Result<SecretString, Flaw> {
    let text = text.trim();
    if text.starts_with('{') && text.ends_with('}') {
        Ok(SecretString::from(text))
    } else {
        Err(Flaw::new(
            "is no key ring",
            "give the whole text that `gerbang keys generate --out FILE` writes, or the path of \
             such a file as storage.encryption_keys_file",
        ))
    }
}
