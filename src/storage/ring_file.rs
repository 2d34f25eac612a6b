//! The file the key ring is kept in, for its owner alone.
//!
//! Invariant: a ring is on the disk, whole and under its name, before anything can be sealed with
//! it; and no key is ever taken out of a file, nor a file replaced by one that holds less.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{ErrorKind, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown},
    path::Path,
};

use aws_lc_rs::rand;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    error::KeyRingError,
    keyring::{KEY_LENGTH, KeyRing, WrapKey},
};

/// The form this version reads and writes.
const VERSION: u32 = 1;
/// A ring of many rotations is a few KiB; more is some other file.
const MAX_FILE: u64 = 1 << 20;
/// More than one key takes in the file.
const ENTRY: usize = 256;

/// What a rotation did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rotation {
    /// The id of the key that seals from now on.
    pub active: String,
    /// The id of the one that did so far, which only opens from now on.
    pub retired: String,
}

/// Makes up a key ring and writes it to a file that is not there yet, for its owner alone.
pub fn generate_key_ring(path: &Path) -> Result<(), KeyRingError> {
    generate(path).map(drop)
}

/// Adds a new active wrap key to the ring in a file and retires the one before. The file is replaced
/// whole or not at all, keeps its owner, and has mode 0600 afterwards.
pub fn rotate_key_ring(path: &Path) -> Result<Rotation, KeyRingError> {
    // A link stays a link: what it leads to is replaced.
    let path = fs::canonicalize(path).map_err(|error| {
        let missing = error.kind() == ErrorKind::NotFound;
        if missing { KeyRingError::Missing } else { KeyRingError::File(error) }
    })?;
    let directory = File::open(directory_of(&path)).map_err(KeyRingError::File)?;
    // Two rotations at once would both begin from the same ring, and the second would undo the first.
    // Held until the end of this function, and given up by a process that dies.
    directory.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => KeyRingError::Busy,
        TryLockError::Error(error) => KeyRingError::File(error),
    })?;
    let Some(text) = read(&path)? else { return Err(KeyRingError::Missing) };
    let before = parse(&text)?;
    let fresh = Generated::new("wrap")?;
    let ring = entries(&text)?;
    let kept = ring.keys.iter().map(|entry| WrittenEntry {
        id: &entry.id,
        purpose: entry.purpose,
        state: match (entry.purpose, entry.state) {
            (Use::Wrap, _) => State::Retired,
            (Use::Index, state) => state,
        },
        key: entry.key.expose_secret(),
    });
    let written = std::iter::once(fresh.written(Use::Wrap)).chain(kept).collect();
    let text = spelt(&WrittenRing { version: VERSION, keys: written })?;
    // Whatever cannot be read back must not replace what can.
    parse(&String::from_utf8_lossy(&text))?;
    replace(&path, &text).map_err(KeyRingError::File)?;
    Ok(Rotation { active: fresh.id, retired: before.active().id.clone() })
}

/// Reads the file; `None` if there is none.
pub(super) fn load(path: &Path) -> Result<Option<KeyRing>, KeyRingError> {
    read(path)?.map(|text| parse(&text)).transpose()
}

/// Makes up a ring and writes it, durably, before anything can be sealed with it.
pub(super) fn generate(path: &Path) -> Result<KeyRing, KeyRingError> {
    let (wrap, index) = (Generated::new("wrap")?, Generated::new("index")?);
    let keys = vec![wrap.written(Use::Wrap), index.written(Use::Index)];
    let text = spelt(&WrittenRing { version: VERSION, keys })?;
    write_new(path, &text).and_then(|_| sync_name(path)).map_err(|error| {
        let exists = error.kind() == ErrorKind::AlreadyExists;
        if exists { KeyRingError::Exists } else { KeyRingError::File(error) }
    })?;
    parse(&String::from_utf8_lossy(&text))
}

/// Reads a ring from its text.
pub(super) fn parse(text: &str) -> Result<KeyRing, KeyRingError> {
    let ring = entries(text)?;
    let mut seen = Vec::new();
    let (mut active, mut retired, mut indexes) = (Vec::new(), Vec::new(), Vec::new());
    for entry in ring.keys {
        let visible = entry.id.bytes().all(|byte| byte.is_ascii_graphic());
        if !visible || !(1..=64).contains(&entry.id.len()) || seen.contains(&entry.id) {
            return Err(KeyRingError::Id);
        }
        seen.push(entry.id.clone());
        let key = entry.key()?;
        match (entry.purpose, entry.state) {
            (Use::Wrap, State::Active) => active.push(WrapKey::new(entry.id, &key)?),
            (Use::Wrap, State::Retired) => retired.push(WrapKey::new(entry.id, &key)?),
            (Use::Index, State::Active) => indexes.push((entry.id, key)),
            // Nothing is found by it any more.
            (Use::Index, State::Retired) => {}
        }
    }
    let (index_id, index) = only(indexes, "index")?;
    Ok(KeyRing::new(only(active, "wrap")?, retired, index_id, &index))
}

/// Makes sure that the ring is on the disk under its name: whoever wrote it may have been stopped
/// just before. To be called before the first use of a key.
pub(super) fn settle(path: &Path) -> Result<(), KeyRingError> {
    let settled = File::open(path).and_then(|file| file.sync_all()).and_then(|()| sync_name(path));
    match settled {
        // Some file systems that cannot be written have nothing to wait for.
        Err(error)
            if !matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            Err(KeyRingError::File(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn read(path: &Path) -> Result<Option<Zeroizing<String>>, KeyRingError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(KeyRingError::File(error)),
    };
    // The open file is asked, not the path: nobody can swap it in between.
    let about = file.metadata().map_err(KeyRingError::File)?;
    let mode = about.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyRingError::Exposed(mode));
    }
    // Room for all of it at once, so that no growing buffer leaves a part behind.
    let room = usize::try_from(about.len().min(MAX_FILE)).unwrap_or(0).saturating_add(1);
    let mut text = Zeroizing::new(String::with_capacity(room));
    file.take(MAX_FILE).read_to_string(&mut text).map_err(KeyRingError::File)?;
    Ok(Some(text))
}

fn entries(text: &str) -> Result<RingFile, KeyRingError> {
    let ring: RingFile = serde_json::from_str(text)
        .map_err(|error| KeyRingError::Syntax { line: error.line(), column: error.column() })?;
    if ring.version == VERSION { Ok(ring) } else { Err(KeyRingError::Version(ring.version)) }
}

fn spelt(ring: &WrittenRing<'_>) -> Result<Zeroizing<Vec<u8>>, KeyRingError> {
    let room = ENTRY.saturating_mul(ring.keys.len().saturating_add(1));
    let mut text = Zeroizing::new(Vec::with_capacity(room));
    serde_json::to_writer_pretty(&mut *text, ring)
        .map_err(|error| KeyRingError::File(error.into()))?;
    text.push(b'\n');
    Ok(text)
}

/// The one element of `keys`.
fn only<T>(mut keys: Vec<T>, what: &'static str) -> Result<T, KeyRingError> {
    match (keys.pop(), keys.is_empty()) {
        (Some(key), true) => Ok(key),
        (Some(_) | None, _) => Err(KeyRingError::Active(what)),
    }
}

/// Writes a file that did not exist, for its owner alone, and waits until it is on the disk.
fn write_new(path: &Path, text: &[u8]) -> std::io::Result<File> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text)?;
    file.sync_all()?;
    Ok(file)
}

/// Puts a new text in the place of an old one: at every moment one of the two is there, whole.
fn replace(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let owner = fs::metadata(path)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    // What a rotation left behind that did not come to its end; nothing was sealed with it.
    match fs::remove_file(beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let file = write_new(beside, text)?;
    // An administrator who rotates must not lock the gateway out.
    let made = file.metadata()?;
    if (made.uid(), made.gid()) != (owner.uid(), owner.gid()) {
        fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
        file.sync_all()?;
    }
    fs::rename(beside, path)?;
    sync_name(path)
}

/// The name of a file is durable once its directory is.
fn sync_name(path: &Path) -> std::io::Result<()> {
    File::open(directory_of(path))?.sync_all()
}

fn directory_of(path: &Path) -> &Path {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    directory.unwrap_or_else(|| Path::new("."))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RingFile {
    version: u32,
    keys: Vec<RingEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RingEntry {
    id: String,
    #[serde(rename = "use")]
    purpose: Use,
    state: State,
    key: SecretString,
}

impl RingEntry {
    fn key(&self) -> Result<Zeroizing<[u8; KEY_LENGTH]>, KeyRingError> {
        let wrong = || KeyRingError::Key(self.id.clone());
        let bytes = BASE64_STANDARD.decode(self.key.expose_secret()).map_err(|_| wrong())?;
        let bytes = Zeroizing::new(bytes);
        bytes.as_slice().try_into().map(Zeroizing::new).map_err(|_| wrong())
    }
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Use {
    Wrap,
    Index,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Active,
    Retired,
}

#[derive(Serialize)]
struct WrittenRing<'a> {
    version: u32,
    keys: Vec<WrittenEntry<'a>>,
}

#[derive(Serialize)]
struct WrittenEntry<'a> {
    id: &'a str,
    #[serde(rename = "use")]
    purpose: Use,
    state: State,
    key: &'a str,
}

/// A key just made up, in the spelling of the file.
struct Generated {
    id: String,
    key: Zeroizing<String>,
}

impl Generated {
    fn new(kind: &str) -> Result<Self, KeyRingError> {
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        let mut tail = [0; 4];
        rand::fill(&mut *key).map_err(|_| KeyRingError::Crypto)?;
        // Random ids, so that the rings of two gateways cannot be taken for one another.
        rand::fill(&mut tail).map_err(|_| KeyRingError::Crypto)?;
        let id = format!("{kind}-{:08x}", u32::from_be_bytes(tail));
        Ok(Self { id, key: Zeroizing::new(BASE64_STANDARD.encode(*key)) })
    }

    fn written(&self, purpose: Use) -> WrittenEntry<'_> {
        WrittenEntry { id: &self.id, purpose, state: State::Active, key: &self.key }
    }
}
