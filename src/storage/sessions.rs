//! Session ids that are random to everybody else, and rise with time for us.
//!
//! A session is found by a keyed hash. Were that all, each start would change a page of the index that no
//! other start near it changes, and the more is stored, the more pages there are. So the first 48 bits
//! of a session id are the millisecond it was made in, under a mask made of the other bits and the index
//! key: a round of a Feistel network. Whoever has the key takes the mask off, and puts the session
//! behind those that were made before; to whoever has not, the id is as random as any UUID v4, and 74
//! bits of it are.

use jiff::Timestamp;
use uuid::Uuid;

use super::keyring::{BlindHash, Blinded, KeyRing};
use crate::domain::SessionId;

/// Bytes of the time.
const HEAD: usize = 6;

impl KeyRing {
    /// A fresh session id.
    pub(super) fn session(&self, at: Timestamp) -> SessionId {
        let mut id = Uuid::new_v4().into_bytes();
        let [_, _, time @ ..] =
            u64::try_from(at.as_millisecond()).unwrap_or_default().to_be_bytes();
        if let Some(head) = id.first_chunk_mut::<HEAD>() {
            *head = time;
        }
        self.mask(&mut id);
        SessionId::from_uuid(Uuid::from_bytes(id))
    }

    /// The keyed hash by which a session is found, behind the time when it was made. What is no
    /// UUID is none of ours, and stands anywhere.
    pub(super) fn session_hash(&self, session: &str) -> BlindHash {
        let mut hash = self.session_hash_before(session);
        let Ok(id) = Uuid::try_parse(session) else { return hash };
        let mut id = id.into_bytes();
        self.mask(&mut id);
        let (Some(time), Some(hashed)) = (id.first_chunk::<HEAD>(), hash.first_chunk_mut()) else {
            return hash;
        };
        *hashed = *time;
        hash
    }

    /// The hash alone, as databases have it from before it stood behind the time.
    pub(super) fn session_hash_before(&self, session: &str) -> BlindHash {
        self.blind(Blinded::Session, session.as_bytes())
    }

    /// Whether `hash` is that of `session`, be it from before.
    pub(super) fn is_session(&self, session: &str, hash: &BlindHash) -> bool {
        self.session_hash(session) == *hash || self.session_hash_before(session) == *hash
    }

    /// Puts the mask on the head of `id`, or takes it off again.
    fn mask(&self, id: &mut [u8; 16]) {
        if let Some((head, tail)) = id.split_first_chunk_mut::<HEAD>() {
            let mask = self.blind(Blinded::SessionTime, tail);
            head.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::ring_file;

    fn ring() -> KeyRing {
        let folder = tempfile::tempdir().unwrap();
        ring_file::generate(&folder.path().join("keys.json")).unwrap()
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_790_000_000_000 + millis).unwrap()
    }

    #[test]
    fn hashes_of_sessions_rise_with_the_time_they_were_made() {
        let ring = ring();
        let ids: Vec<_> = (0..200).map(|millis| ring.session(at(millis))).collect();
        let hashes: Vec<_> = ids.iter().map(|id| ring.session_hash(id.as_str())).collect();

        assert!(hashes.is_sorted());
        let time = at(7).as_millisecond().to_be_bytes();
        assert_eq!(hashes[7][..HEAD], time[2..]);
    }

    #[test]
    fn sessions_of_one_millisecond_are_told_apart() {
        let ring = ring();
        let hashes: std::collections::HashSet<_> =
            (0..1000).map(|_| ring.session_hash(ring.session(at(0)).as_str())).collect();

        assert_eq!(hashes.len(), 1000);
    }

    #[test]
    fn to_others_a_session_is_a_random_uuid() {
        let (ring, other) = (ring(), ring());
        let ids: Vec<Uuid> =
            (0..500).map(|_| ring.session(at(0)).as_str().parse().unwrap()).collect();

        assert!(ids.iter().all(|id| id.get_version_num() == 4));
        // Each of the 122 bits that are random in a v4 is set in about half of them.
        for bit in (0..128).filter(|bit| ![64, 65].contains(bit) && !(48..52).contains(bit)) {
            let set = ids.iter().filter(|id| id.as_u128() << bit >> 127 == 1).count();
            assert!((180..320).contains(&set), "bit {bit} is set in {set} of 500");
        }
        // Another's key does not take the mask off.
        let heads: Vec<_> = ids.iter().map(|id| other.session_hash(&id.to_string())).collect();
        assert!(!heads.windows(2).any(|two| two[0][..HEAD] == two[1][..HEAD]));
    }

    #[test]
    fn what_is_no_uuid_has_a_hash_as_well() {
        let ring = ring();
        let hash = ring.session_hash("test-0008");

        assert_eq!(hash, ring.session_hash_before("test-0008"));
        assert_ne!(hash, ring.session_hash("test-0009"));
    }
}
