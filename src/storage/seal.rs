//! Sealing: AES-256-GCM under a data key of its own for each verification and each callback.
//!
//! Destroying a row's data key destroys everything personal in it. A sealed value opens only in
//! the table, column and row it was sealed for: moving it elsewhere breaks it. The plain text of a
//! value is overwritten by its sealed form, or cleared after use.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    rand,
};
use zeroize::Zeroizing;

use super::{
    error::StoreError,
    keyring::{KEY_LENGTH, KeyRing, WrapKey},
};

/// The form of a sealed value: this byte, the nonce, the cipher text, the tag.
const FORM: u8 = 1;
/// What stands before the cipher text.
const HEAD: usize = 1 + NONCE_LEN;
/// Room for most values, so that a growing buffer leaves no plain text behind.
const ROOM: usize = 2048;

/// Where a sealed value belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The table.
    pub(super) table: &'static str,
    /// The column.
    pub(super) column: &'static str,
    /// The row: the bytes of its id.
    pub(super) row: &'a [u8],
}

impl Place<'_> {
    /// The same bytes for no two places: names hold no NUL, and the row is what remains.
    fn binding(&self, key_id: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(96);
        for part in [self.table, self.column, key_id] {
            bytes.extend_from_slice(part.as_bytes());
            bytes.push(0);
        }
        bytes.extend_from_slice(self.row);
        bytes
    }
}

/// Plain text on its way to being sealed, with room for what goes around it.
pub(super) struct Plain(Vec<u8>);

impl Plain {
    /// Empty; written to as to any writer.
    pub(super) fn new() -> Self {
        Self::with_room(ROOM)
    }

    /// A copy of `bytes`.
    pub(super) fn copy(bytes: &[u8]) -> Self {
        let mut plain = Self::with_room(bytes.len());
        plain.0.extend_from_slice(bytes);
        plain
    }

    fn with_room(room: usize) -> Self {
        let mut buffer = Vec::with_capacity(HEAD + room + AES_256_GCM.tag_len());
        buffer.resize(HEAD, 0);
        Self(buffer)
    }

    /// Adds blanks until there are `length` bytes.
    pub(super) fn fill_up(&mut self, length: usize) {
        let whole = HEAD.saturating_add(length).max(self.0.len());
        self.0.resize(whole, b' ');
    }

    /// Where to write.
    pub(super) const fn writer(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

/// The key of one row.
pub(super) struct DataKey(RandomizedNonceKey);

/// A data key, sealed by a wrap key.
#[derive(Debug)]
pub(super) struct WrappedKey {
    /// Which wrap key.
    pub(super) key_id: String,
    /// The sealed data key.
    pub(super) bytes: Vec<u8>,
}

impl DataKey {
    /// A fresh key, and its wrapped form to be stored at `place`.
    pub(super) fn fresh(
        ring: &KeyRing,
        place: &Place<'_>,
    ) -> Result<(Self, WrappedKey), StoreError> {
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        rand::fill(&mut *key).map_err(|_| StoreError::Sealed)?;
        let wrap = ring.active();
        let bytes = wrap.seal(place, Plain::copy(&*key))?;
        Ok((Self::from_bytes(&*key)?, WrappedKey { key_id: wrap.id.clone(), bytes }))
    }

    /// The key that was wrapped.
    pub(super) fn unwrap(
        ring: &KeyRing,
        place: &Place<'_>,
        key_id: &str,
        wrapped: &[u8],
    ) -> Result<Self, StoreError> {
        let wrap = ring.wrap_key(key_id).ok_or(StoreError::Sealed)?;
        Self::from_bytes(&wrap.open(place, wrapped)?)
    }

    /// The same key, wrapped by the active wrap key: nothing that it sealed has to be touched.
    pub(super) fn rewrap(
        ring: &KeyRing,
        place: &Place<'_>,
        key_id: &str,
        wrapped: &[u8],
    ) -> Result<WrappedKey, StoreError> {
        let before = ring.wrap_key(key_id).ok_or(StoreError::Sealed)?;
        let key = before.open(place, wrapped)?;
        let wrap = ring.active();
        Ok(WrappedKey { key_id: wrap.id.clone(), bytes: wrap.seal(place, Plain::copy(&key))? })
    }

    /// Seals a value for its place.
    pub(super) fn seal(&self, place: &Place<'_>, plain: Plain) -> Result<Vec<u8>, StoreError> {
        seal(&self.0, &place.binding(""), plain)
    }

    /// Opens a value sealed for this place.
    pub(super) fn open(
        &self,
        place: &Place<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        open(&self.0, &place.binding(""), sealed)
    }

    fn from_bytes(key: &[u8]) -> Result<Self, StoreError> {
        RandomizedNonceKey::new(&AES_256_GCM, key).map(Self).map_err(|_| StoreError::Sealed)
    }
}

impl WrapKey {
    /// Seals with the wrap key itself; its id is part of what the value is bound to.
    pub(super) fn seal(&self, place: &Place<'_>, plain: Plain) -> Result<Vec<u8>, StoreError> {
        seal(&self.cipher, &place.binding(&self.id), plain)
    }

    /// Opens what [`WrapKey::seal`] sealed.
    pub(super) fn open(
        &self,
        place: &Place<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        open(&self.cipher, &place.binding(&self.id), sealed)
    }
}

fn seal(key: &RandomizedNonceKey, binding: &[u8], plain: Plain) -> Result<Vec<u8>, StoreError> {
    let Plain(mut buffer) = plain;
    let (head, body) = buffer.split_at_mut_checked(HEAD).ok_or(StoreError::Sealed)?;
    let (nonce, tag) =
        key.seal_in_place_separate_tag(Aad::from(binding), body).map_err(|_| StoreError::Sealed)?;
    let (form, place) = head.split_first_mut().ok_or(StoreError::Sealed)?;
    *form = FORM;
    place.copy_from_slice(nonce.as_ref());
    buffer.extend_from_slice(tag.as_ref());
    Ok(buffer)
}

fn open(
    key: &RandomizedNonceKey,
    binding: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let (&form, rest) = sealed.split_first().ok_or(StoreError::Sealed)?;
    let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(StoreError::Sealed)?;
    if form != FORM {
        return Err(StoreError::Sealed);
    }
    let mut buffer = Zeroizing::new(body.to_vec());
    let length = key
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(binding), &mut buffer)
        .map_err(|_| StoreError::Sealed)?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use super::super::ring_file;
    use super::*;

    fn ring() -> KeyRing {
        let folder = tempfile::tempdir().unwrap();
        ring_file::generate(&folder.path().join("keys.json")).unwrap()
    }

    const HERE: Place<'_> = Place { table: "t", column: "c", row: &[7; 16] };

    #[test]
    fn a_sealed_value_opens_in_its_place_and_nowhere_else() {
        let ring = ring();
        let (key, wrapped) = DataKey::fresh(&ring, &HERE).unwrap();
        let sealed = key.seal(&HERE, Plain::copy(b"9901015403920001")).unwrap();

        let again = DataKey::unwrap(&ring, &HERE, &wrapped.key_id, &wrapped.bytes).unwrap();
        assert_eq!(again.open(&HERE, &sealed).unwrap().as_slice(), b"9901015403920001");
        for elsewhere in [
            Place { table: "x", ..HERE },
            Place { column: "x", ..HERE },
            Place { row: &[8; 16], ..HERE },
        ] {
            assert!(again.open(&elsewhere, &sealed).is_err(), "{elsewhere:?}");
            assert!(
                DataKey::unwrap(&ring, &elsewhere, &wrapped.key_id, &wrapped.bytes).is_err(),
                "{elsewhere:?}"
            );
        }
    }

    #[test]
    fn every_changed_or_missing_byte_is_noticed() {
        let (key, _) = DataKey::fresh(&ring(), &HERE).unwrap();
        let sealed = key.seal(&HERE, Plain::copy(b"value")).unwrap();

        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(key.open(&HERE, &changed).is_err(), "byte {place}");
            assert!(key.open(&HERE, &sealed[..place]).is_err(), "cut at {place}");
        }
    }

    #[test]
    fn the_same_value_is_sealed_differently_each_time() {
        let (key, _) = DataKey::fresh(&ring(), &HERE).unwrap();

        let sealed = |text| key.seal(&HERE, Plain::copy(text)).unwrap();

        assert_ne!(sealed(b"value"), sealed(b"value"));
    }
}
