//! Opening the store: the data directory, the lock, the keys, the database, in this order.
//!
//! Whatever does not fit (a newer schema, other keys, another process) is refused before anything
//! is written.

use std::{
    fmt,
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::oneshot;

use super::{
    error::{KeyRingError, OpenError},
    keyring::KeyRing,
    ring_file,
    sqlite::{ErasureLog, Untouched, Width},
    store::Store,
};
use crate::config;

/// What to open.
#[derive(Clone, Debug)]
pub struct Options {
    /// The SQLite file; its directory is made if it is not there.
    pub path: PathBuf,
    /// The keys.
    pub keys: KeySource,
    /// Where erasures are written down; apart from the database's backups.
    pub erasures: PathBuf,
    /// How much may wait. Too low refuses bursts that the disk would have borne; too high lets
    /// callers wait for an answer that comes after their deadline.
    pub queue: usize,
    /// Threads that read.
    pub readers: usize,
}

/// Where the key ring comes from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// A file that must be there.
    File(PathBuf),
    /// A file that is made up if it is not there. Only where nobody else reaches the gateway: a
    /// ring nobody has a copy of is data lost with the machine.
    Generate(PathBuf),
    /// The text itself, from the settings; it stays the same for as long as the process lives.
    Given(SecretString),
}

impl KeySource {
    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(file) | Self::Generate(file) => Some(file),
            Self::Given(_) => None,
        }
    }

    /// Reads the ring; `None` if there is no file.
    pub(super) fn load(&self) -> Result<Option<KeyRing>, KeyRingError> {
        match self {
            Self::File(file) | Self::Generate(file) => ring_file::load(file),
            Self::Given(text) => ring_file::parse(text.expose_secret()).map(Some),
        }
    }

    /// Makes sure that the ring will still be there after a loss of power.
    pub(super) fn settle(&self) -> Result<(), KeyRingError> {
        self.file().map_or(Ok(()), ring_file::settle)
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) | Self::Generate(file) => write!(f, "{}", file.display()),
            Self::Given(_) => f.write_str("in storage.encryption_keys"),
        }
    }
}

impl Options {
    /// With the usual widths.
    pub fn new(path: PathBuf, keys: KeySource) -> Self {
        let erasures = path.with_file_name("erasures.log");
        Self { path, keys, erasures, queue: 10_000, readers: 2 }
    }
}

impl From<&config::Storage> for Options {
    fn from(settings: &config::Storage) -> Self {
        let config::Database::Sqlite(path) = &settings.database;
        let keys = match &settings.encryption_keys {
            Some(config::EncryptionKeys::File(file)) => KeySource::File(file.clone()),
            Some(config::EncryptionKeys::Given(text)) => KeySource::Given(text.clone()),
            None => KeySource::Generate(path.with_file_name("keys.json")),
        };
        let options = Self::new(path.clone(), keys);
        let erasures = settings.erasures_file.clone().unwrap_or(options.erasures);
        Self { erasures, ..options }
    }
}

/// An open store.
pub struct OpenedStore {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The key ring that was made up just now, if one was: its owner should be told to keep a copy.
    pub generated_keys: Option<PathBuf>,
}

impl fmt::Debug for OpenedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedStore")
            .field("generated_keys", &self.generated_keys)
            .finish_non_exhaustive()
    }
}

/// Opens the store; makes it where there is none.
pub async fn open(options: Options) -> Result<OpenedStore, OpenError> {
    let (reply, opened) = oneshot::channel();
    // A thread of its own: opening waits for the disk, which a runtime's thread must not.
    thread::Builder::new()
        .name("gerbang-open".to_owned())
        .spawn(move || reply.send(open_here(&options)).is_ok())
        .map_err(OpenError::Thread)?;
    opened.await.unwrap_or_else(|_| {
        Err(OpenError::Thread(std::io::Error::other("the opening thread ended early")))
    })
}

fn open_here(options: &Options) -> Result<OpenedStore, OpenError> {
    let path = options.path.as_path();
    let create = |source| OpenError::Create { path: path.to_owned(), source };
    if let Some(directory) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|source| OpenError::Create { path: directory.to_owned(), source })?;
    }
    let lock = lock(path)?;
    // SQLite gives its log the mode of the database.
    open_private(path).map_err(create)?;
    let database = Untouched::open(path)?;
    let keys = &options.keys;
    let refused = |source| OpenError::Keys { origin: keys.to_string(), source };
    let mut generated = None;
    let ring = match (keys.load().map_err(refused)?, keys) {
        (Some(ring), _) => ring,
        (None, _) if database.is_sealed()? => return Err(refused(KeyRingError::Lost)),
        (None, KeySource::Generate(file)) => {
            generated = Some(file.clone());
            ring_file::generate(file).map_err(refused)?
        }
        (None, KeySource::File(_) | KeySource::Given(_)) => {
            return Err(refused(KeyRingError::Missing));
        }
    };
    let broken = |source| OpenError::Erasures { path: options.erasures.clone(), source };
    let erasures = ErasureLog::open(&options.erasures, ring.index_id()).map_err(broken)?;
    let width = Width { queue: options.queue, readers: options.readers };
    let store = database.start((ring, keys), erasures, lock, width)?;
    Ok(OpenedStore { store: Arc::new(store), generated_keys: generated })
}

/// Keeps a second process out for as long as the file is open; a process that dies lets go.
fn lock(database: &Path) -> Result<File, OpenError> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let file =
        open_private(&path).map_err(|source| OpenError::Create { path: path.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(database.to_owned())),
        Err(TryLockError::Error(source)) => Err(OpenError::Create { path, source }),
    }
}

/// Opens a file for its owner alone; makes it where there is none.
fn open_private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}
