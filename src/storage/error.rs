//! How remembering can fail.
//!
//! None of these texts holds a stored value or a key; paths and key ids are as far as they go.

use std::{io, path::PathBuf};

/// What lies below a failure of the database; boxed, so that no other room learns whose it is.
pub type DatabaseCause = Box<dyn std::error::Error + Send + Sync>;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// More work is waiting than the queue may hold; trying again soon may help.
    #[error("too much work is waiting")]
    Overloaded,
    /// The store is stopping, or its thread has died.
    #[error("the store is closed")]
    Closed,
    /// The database cannot be used now: disk full, locked by another process, not answering. Nothing
    /// was done; it may work again without anybody restarting us.
    #[error("the database cannot be used now")]
    Unavailable(#[source] DatabaseCause),
    /// The database failed in a way that time does not mend: damaged, or misused by us.
    #[error("the database failed")]
    Database(#[source] DatabaseCause),
    /// A value could not be sealed, or a sealed one not opened: wrong key, or changed bytes.
    #[error("a value could not be sealed or opened")]
    Sealed,
    /// A stored value could not be read back, named by its column.
    #[error("the stored {0} could not be read")]
    Corrupt(&'static str),
    /// The key ring, read anew, cannot be used. The keys that were in use stay in use.
    #[error("the key ring, read anew, cannot be used")]
    Keys(#[source] KeyRingError),
}

impl StoreError {
    /// Whether one stored row is at fault, so that others may be read as if it were not there.
    pub(super) const fn is_damage(&self) -> bool {
        match self {
            Self::Sealed | Self::Corrupt(_) => true,
            Self::Overloaded
            | Self::Closed
            | Self::Unavailable(_)
            | Self::Database(_)
            | Self::Keys(_) => false,
        }
    }
}

/// Why the store could not be opened. Nothing was overwritten.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory or the database file could not be made.
    #[error("{path} could not be made")]
    Create {
        /// What could not be made.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process has the database open. Two would not hear of each other's changes.
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    /// The database could not be opened, or is none.
    #[error("the database {path} could not be opened")]
    Database {
        /// The database file.
        path: PathBuf,
        /// Why.
        #[source]
        source: DatabaseCause,
    },
    /// A newer version of the gateway has written this database; older ones keep away from it.
    #[error(
        "the database has schema {found}, this version knows up to {known}: use the newer version"
    )]
    Newer {
        /// What the database has.
        found: usize,
        /// What this version knows.
        known: usize,
    },
    /// The key ring could not be used.
    #[error("the key ring {origin} cannot be used")]
    Keys {
        /// Where it came from: a file, or a setting.
        origin: String,
        /// Why.
        #[source]
        source: KeyRingError,
    },
    /// The log of erasures could not be used. Without it nobody knows whom a restored backup must not
    /// bring back.
    #[error("the log of erasures {path} could not be used")]
    Erasures {
        /// The log.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The threads of the store could not be started.
    #[error("a thread could not be started")]
    Thread(#[source] io::Error),
}

/// Why a key ring cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    /// There is no such file, and it is not ours to make.
    #[error("there is no such file")]
    Missing,
    /// There is no such file, but the database was sealed with keys: made up ones would not fit.
    #[error("there is no such file, but this database was sealed with a key ring: restore it")]
    Lost,
    /// A new ring was asked for where there is a file: what it is the key to would be lost.
    #[error("there is a file of this name already, and it is not overwritten")]
    Exists,
    /// Another rotation of this ring is under way.
    #[error("another rotation of this key ring is under way")]
    Busy,
    /// The file could not be read or written.
    #[error("the file could not be read or written")]
    File(#[source] io::Error),
    /// Somebody else than the owner may read the file.
    #[error("others may read it (mode {0:04o}): set its mode to 0600")]
    Exposed(u32),
    /// The text is no key ring. The parser's own words might repeat a key, so only the place.
    #[error("line {line}, column {column}: not a key ring")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A form of a version to come.
    #[error("version {0} of the key ring form is not known")]
    Version(u32),
    /// A key id is empty, too long, unprintable, or there twice.
    #[error("key ids must be 1 to 64 visible ASCII characters, each there once")]
    Id,
    /// A key is not 32 bytes of base64.
    #[error("key {0} is not 32 bytes in base64")]
    Key(String),
    /// There must be one active key for each use.
    #[error("there must be exactly one active {0} key")]
    Active(&'static str),
    /// The database was sealed with a key that the ring does not hold.
    #[error("key {0}, which this database was sealed with, is missing: restore it")]
    Absent(String),
    /// The ring's key has the id of one that sealed this database, but is another key.
    #[error("key {0} is not the one that sealed this database")]
    Other(String),
    /// The machine gives no random bytes, or refuses to compute.
    #[error("the cryptography of this machine failed")]
    Crypto,
}
