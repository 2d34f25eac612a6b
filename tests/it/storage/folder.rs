//! A database of its own for one test.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use gerbang::storage::{
    KeyRingError, KeySource, OpenError, OpenedStore, Options, Store, open as open_store,
};
use tempfile::TempDir;

/// A folder of its own, gone at the end of the test.
pub(super) struct Folder(pub(super) TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(super) fn database(&self) -> PathBuf {
        self.0.path().join("data").join("gerbang.db")
    }

    pub(super) fn keys(&self) -> PathBuf {
        self.0.path().join("data").join("keys.json")
    }

    pub(super) async fn try_open(&self) -> Result<OpenedStore, OpenError> {
        open_store(Options::new(self.database(), KeySource::Generate(self.keys()))).await
    }

    pub(super) async fn open(&self) -> Arc<dyn Store> {
        self.try_open().await.unwrap().store
    }

    /// Why the key ring is refused, as it must be.
    pub(super) async fn refused(&self) -> KeyRingError {
        match self.try_open().await {
            Err(OpenError::Keys { source, .. }) => source,
            other => panic!("not refused for its keys: {other:?}"),
        }
    }

    /// Everything in the data directory.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.database().parent().unwrap()).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

/// A file as it is, byte for byte; empty if it is not there.
pub(super) fn bytes(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_default()
}
