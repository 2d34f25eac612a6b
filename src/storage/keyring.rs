//! The keys everything personal is sealed with.
//!
//! Two kinds, never mixed: *wrap* keys seal data keys, one is active and the retired ones only
//! open; the *index* key turns a value into a keyed hash by which it is found again. A key never
//! leaves this room's types, and none of them prints one.
//!
//! Wrap keys can be exchanged while others use the ring. Who opens looks a key up at the moment it
//! is needed, so that nobody holds a row that was sealed a moment ago and a ring from before.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use aws_lc_rs::{
    aead::{AES_256_GCM, RandomizedNonceKey},
    hmac,
};

use super::error::KeyRingError;

/// Bytes of a key: AES-256, and as many for HMAC-SHA-256.
pub(super) const KEY_LENGTH: usize = 32;
/// Bytes of a keyed hash. 128 bits: two values that meet by chance are out of reach, and an index
/// is half as large as with the whole.
pub(super) const HASH_LENGTH: usize = 16;

/// A keyed hash, as stored.
pub(super) type BlindHash = [u8; HASH_LENGTH];

/// What a keyed hash is of. The same text hashes differently as a user id and as a session.
#[derive(Clone, Copy, Debug)]
pub(super) enum Blinded {
    /// A user id.
    User,
    /// A session id.
    Session,
    /// The random half of a session id, which masks its time.
    SessionTime,
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
            Self::SessionTime => "session_time",
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

/// The keys of one gateway.
pub(super) struct KeyRing {
    wrap: RwLock<Arc<WrapKeys>>,
    index: hmac::Key,
    index_id: String,
}

/// The keys that seal and open data keys.
struct WrapKeys {
    active: Arc<WrapKey>,
    retired: Vec<Arc<WrapKey>>,
}

impl KeyRing {
    /// Puts a ring together.
    pub(super) fn new(
        active: WrapKey,
        retired: Vec<WrapKey>,
        index_id: String,
        index: &[u8; KEY_LENGTH],
    ) -> Self {
        let retired = retired.into_iter().map(Arc::new).collect();
        Self {
            wrap: RwLock::new(Arc::new(WrapKeys { active: Arc::new(active), retired })),
            index: hmac::Key::new(hmac::HMAC_SHA256, index),
            index_id,
        }
    }

    /// The key that seals from now on.
    pub(super) fn active(&self) -> Arc<WrapKey> {
        Arc::clone(&self.wrap().active)
    }

    /// The ids of the keys that only open.
    pub(super) fn retired(&self) -> Vec<String> {
        self.wrap().retired.iter().map(|key| key.id.clone()).collect()
    }

    /// The id of the key that hashes.
    pub(super) fn index_id(&self) -> &str {
        &self.index_id
    }

    /// The wrap key of this id, active or retired.
    pub(super) fn wrap_key(&self, id: &str) -> Option<Arc<WrapKey>> {
        let keys = self.wrap();
        let mut all = std::iter::once(&keys.active).chain(&keys.retired);
        all.find(|key| key.id == id).map(Arc::clone)
    }

    /// Takes over the wrap keys of `newer`, for everybody at once. That they open all that is stored,
    /// and that the index key is the same, has been proven before.
    pub(super) fn install(&self, newer: &Self) {
        let keys = newer.wrap();
        *self.wrap.write().unwrap_or_else(PoisonError::into_inner) = keys;
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

    fn wrap(&self) -> Arc<WrapKeys> {
        Arc::clone(&self.wrap.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("active", &self.active().id)
            .field("retired", &self.retired())
            .field("index", &self.index_id)
            .finish_non_exhaustive()
    }
}

impl WrapKey {
    /// A key of this name.
    pub(super) fn new(id: String, key: &[u8; KEY_LENGTH]) -> Result<Self, KeyRingError> {
        let cipher =
            RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| KeyRingError::Crypto)?;
        Ok(Self { id, cipher })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        ring_file,
        seal::{DataKey, Place, Plain},
    };
    use super::*;

    fn ring() -> KeyRing {
        let folder = tempfile::tempdir().unwrap();
        ring_file::generate(&folder.path().join("keys.json")).unwrap()
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

    #[test]
    fn an_exchange_of_keys_is_seen_by_everybody_at_once() {
        const HERE: Place<'_> = Place { table: "t", column: "c", row: &[7; 16] };
        let named = |id: &str, byte| WrapKey::new(id.to_owned(), &[byte; KEY_LENGTH]).unwrap();
        let index = || ("index-1".to_owned(), &[9; KEY_LENGTH]);
        let (id, key) = index();
        let ring = Arc::new(KeyRing::new(named("wrap-1", 1), Vec::new(), id, key));
        let held = Arc::clone(&ring);
        let (_, before) = DataKey::fresh(&ring, &HERE).unwrap();

        let (id, key) = index();
        ring.install(&KeyRing::new(named("wrap-2", 2), vec![named("wrap-1", 1)], id, key));
        let (_, after) = DataKey::fresh(&ring, &HERE).unwrap();

        assert_eq!((before.key_id.as_str(), after.key_id.as_str()), ("wrap-1", "wrap-2"));
        for wrapped in [before, after] {
            assert!(DataKey::unwrap(&held, &HERE, &wrapped.key_id, &wrapped.bytes).is_ok());
        }
    }
}
