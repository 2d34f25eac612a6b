//! `[storage]`: what the gateway remembers in, and with which keys it is sealed.
//!
//! Invariant: keys are made up by the gateway itself only when no one else can reach it; in
//! production their absence is a mistake, since a lost key ring is lost data.

use std::path::PathBuf;

/// The store and its keys.
#[derive(Debug, Clone)]
pub struct Storage {
    /// Where the data is.
    pub database: Database,
    /// The key ring file. Absent (loopback listener only): storage generates one beside the data.
    pub encryption_keys_file: Option<PathBuf>,
}

/// The engine and its place, from `storage.url`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// A file of this machine; a relative path starts at the working directory.
    Sqlite(PathBuf),
}
