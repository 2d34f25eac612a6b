//! The keys everything personal is sealed with, from a file that only its owner may read.
//!
//! Two kinds, never mixed: *wrap* keys seal data keys, one is active and the retired ones only
//! open; the *index* key turns a value into a keyed hash by which it is found again. A key never
//! leaves this file's types, and none of them prints one.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{ErrorKind, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
};

use aws_lc_rs::{
    aead::{AES_256_GCM, RandomizedNonceKey},
    hmac, rand,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::KeyRingError;

/// Bytes of a key: AES-256, and as many for HMAC-SHA-256.
pub(super) const KEY_LENGTH: usize = 32;
/// Bytes of a keyed hash. 128 bits: two values that meet by chance are out of reach, and an index
/// is half as large as with the whole.
pub(super) const HASH_LENGTH: usize = 16;
/// The form this version reads and writes.
const VERSION: u32 = 1;
/// A ring of many rotations is a few KiB; more is some other file.
const MAX_FILE: u64 = 1 << 20;

/// A keyed hash, as stored.
pub(super) type BlindHash = [u8; HASH_LENGTH];

/// What a keyed hash is of. The same text hashes differently as a user id and as a session.
#[derive(Clone, Copy, Debug)]
pub(super) enum Blinded {
    /// A user id.
    User,
    /// A session id.
    Session,
    /// A submission id.
    Submission,
    /// A phone number or an email address.
    Contact,
    /// A proof of contact, by its issuer and its name there.
    Proof,
    /// A whole callback body.
    Body,
    /// The name of a request that carries a key.
    Request,
    /// The body of such a request.
    RequestBody,
    /// What stands in the address of a way back.
    Return,
    /// The address of an endpoint of webhooks.
    WebhookUrl,
    /// The fixed text by which a database knows its index key again.
    Check,
}

/// Which chain of hashes a link belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Chained {
    /// An entry of the audit log.
    Audit,
    /// The place from which the audit log goes on after pruning.
    Checkpoint,
}

impl Chained {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit_chain",
            Self::Checkpoint => "audit_checkpoint",
        }
    }
}

impl Blinded {
    const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Session => "session",
            Self::Submission => "submission",
            Self::Contact => "contact",
            Self::Proof => "proof",
            Self::Body => "body",
            Self::Request => "request",
            Self::RequestBody => "request_body",
            Self::Return => "return",
            Self::WebhookUrl => "webhook_url",
            Self::Check => "check",
        }
    }
}

/// A key that seals data keys.
pub(super) struct WrapKey {
    /// Stored beside what it sealed, so that it is found again after it was retired.
    pub(super) id: String,
    /// The key, ready to use; its memory is cleared by the library that owns it.
    pub(super) cipher: RandomizedNonceKey,
}

/// Makes up a key ring and writes it to a file that is not there yet, for its owner alone.
pub fn generate_key_ring(path: &Path) -> Result<(), KeyRingError> {
    KeyRing::generate(path).map(drop)
}

/// The keys of one gateway.
pub(super) struct KeyRing {
    active: WrapKey,
    retired: Vec<WrapKey>,
    index: hmac::Key,
    index_id: String,
}

impl KeyRing {
    /// Reads the file; `None` if there is none.
    pub(super) fn load(path: &Path) -> Result<Option<Self>, KeyRingError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(KeyRingError::File(error)),
        };
        // The open file is asked, not the path: nobody can swap it in between.
        let mode = file.metadata().map_err(KeyRingError::File)?.mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KeyRingError::Exposed(mode));
        }
        let mut text = Zeroizing::new(String::with_capacity(4096));
        file.take(MAX_FILE).read_to_string(&mut text).map_err(KeyRingError::File)?;
        Self::parse(&text).map(Some)
    }

    /// Makes up a ring and writes it, durably, before anything can be sealed with it.
    pub(super) fn generate(path: &Path) -> Result<Self, KeyRingError> {
        let (wrap, index) = (Generated::new("wrap")?, Generated::new("index")?);
        let written = WrittenRing {
            version: VERSION,
            keys: [wrap.written(Use::Wrap), index.written(Use::Index)],
        };
        let mut text = Zeroizing::new(Vec::with_capacity(1024));
        serde_json::to_writer_pretty(&mut *text, &written)
            .map_err(|error| KeyRingError::File(error.into()))?;
        text.push(b'\n');
        write_new(path, &text).map_err(|error| {
            let exists = error.kind() == ErrorKind::AlreadyExists;
            if exists { KeyRingError::Exists } else { KeyRingError::File(error) }
        })?;
        Self::parse(&String::from_utf8_lossy(&text))
    }

    fn parse(text: &str) -> Result<Self, KeyRingError> {
        let ring: RingFile = serde_json::from_str(text)
            .map_err(|error| KeyRingError::Syntax { line: error.line(), column: error.column() })?;
        if ring.version != VERSION {
            return Err(KeyRingError::Version(ring.version));
        }
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
                (Use::Index, State::Active) => {
                    indexes.push((hmac::Key::new(hmac::HMAC_SHA256, &*key), entry.id));
                }
                // Hashes of a retired index key are rewritten when it is retired; none is left.
                (Use::Index, State::Retired) => {}
            }
        }
        let (index, index_id) = only(indexes, "index")?;
        Ok(Self { active: only(active, "wrap")?, retired, index, index_id })
    }

    /// The key that seals from now on.
    pub(super) const fn active(&self) -> &WrapKey {
        &self.active
    }

    /// The id of the key that hashes.
    pub(super) fn index_id(&self) -> &str {
        &self.index_id
    }

    /// The wrap key of this id, active or retired.
    pub(super) fn wrap_key(&self, id: &str) -> Option<&WrapKey> {
        std::iter::once(&self.active).chain(&self.retired).find(|key| key.id == id)
    }

    /// The keyed hash by which a value is found again. The lengths stand before the texts, so that
    /// no two pairs of domain and value give the same bytes.
    pub(super) fn blind(&self, what: Blinded, value: &[u8]) -> BlindHash {
        let tag = self.tag(&[what.as_str().as_bytes(), value]);
        tag.as_ref().first_chunk().copied().unwrap_or_default()
    }

    /// The hash of `value` behind the link `previous`. Keyed, and whole: whoever has the database
    /// without the key ring can make no chain that holds.
    pub(super) fn chain(&self, what: Chained, previous: &[u8; 32], value: &[u8]) -> [u8; 32] {
        let tag = self.tag(&[what.as_str().as_bytes(), previous, value]);
        tag.as_ref().first_chunk().copied().unwrap_or_default()
    }

    fn tag(&self, parts: &[&[u8]]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.index);
        for part in parts {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            context.update(&length.to_be_bytes());
            context.update(part);
        }
        context.sign()
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let retired: Vec<_> = self.retired.iter().map(|key| &key.id).collect();
        f.debug_struct("KeyRing")
            .field("active", &self.active.id)
            .field("retired", &retired)
            .field("index", &self.index_id)
            .finish_non_exhaustive()
    }
}

impl WrapKey {
    fn new(id: String, key: &[u8; KEY_LENGTH]) -> Result<Self, KeyRingError> {
        let cipher =
            RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| KeyRingError::Crypto)?;
        Ok(Self { id, cipher })
    }
}

/// The one element of `keys`.
fn only<T>(mut keys: Vec<T>, what: &'static str) -> Result<T, KeyRingError> {
    match (keys.pop(), keys.is_empty()) {
        (Some(key), true) => Ok(key),
        (Some(_) | None, _) => Err(KeyRingError::Active(what)),
    }
}

/// Writes a file that did not exist, for its owner alone, and waits until it is on the disk.
fn write_new(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text)?;
    file.sync_all()?;
    // The name is durable once its directory is.
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or_else(|| Path::new(".")))?.sync_all()
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
    keys: [WrittenEntry<'a>; 2],
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

#[cfg(test)]
mod tests {
    use super::super::seal::{Place, Plain};
    use super::*;

    fn ring() -> KeyRing {
        let folder = tempfile::tempdir().unwrap();
        KeyRing::generate(&folder.path().join("keys.json")).unwrap()
    }

    #[test]
    fn hashes_of_different_kinds_and_rings_never_meet() {
        let (ring, other) = (ring(), ring());
        let user = ring.blind(Blinded::User, b"cust-1");

        assert_eq!(user, ring.blind(Blinded::User, b"cust-1"));
        assert_ne!(user, ring.blind(Blinded::User, b"cust-2"));
        assert_ne!(user, ring.blind(Blinded::Session, b"cust-1"));
        assert_ne!(user, other.blind(Blinded::User, b"cust-1"));
    }

    #[test]
    fn what_a_wrap_key_sealed_opens_under_no_other_name() {
        const HERE: Place<'_> = Place { table: "t", column: "c", row: &[7; 16] };
        let named = |id: &str| WrapKey::new(id.to_owned(), &[1; KEY_LENGTH]).unwrap();
        let sealed = named("wrap-1").seal(&HERE, Plain::copy(b"key")).unwrap();

        assert_eq!(named("wrap-1").open(&HERE, &sealed).unwrap().as_slice(), b"key");
        assert!(named("wrap-2").open(&HERE, &sealed).is_err());
    }
}
