//! The key ring's life: read anew, its data keys wrapped anew, its retired keys let go.
//!
//! Invariant: a wrap key is in use in the database before anything is under it, and until nothing
//! is. Which keys are in use is what a start holds the ring against.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::error::StoreError;
use crate::domain::KeyReport;

/// How far rewrapping has come. Made by [`Keys::begin_rewrap`], for one active key.
#[derive(Clone, Debug)]
pub struct RewrapPlace {
    /// The id of the key everything is to be under.
    pub(super) active: String,
    /// Which table, counted from 0.
    pub(super) table: usize,
    /// The last row that was looked at.
    pub(super) row: i64,
}

/// What one step of rewrapping did.
#[derive(Debug)]
pub struct Rewrapped {
    /// How many data keys are under the active key now that were not before.
    pub moved: usize,
    /// How many could not be opened, and stay as they are.
    pub damaged: usize,
    /// Where to go on; `None` once every row was looked at.
    pub next: Option<RewrapPlace>,
}

/// The keys that seal everything.
pub trait Keys: Send + Sync {
    /// Reads the ring again from where it came from, and uses its wrap keys from now on; says
    /// whether another one is active now. A ring that lacks a key in use, has another index key, or
    /// is none is refused with [`StoreError::Keys`], and the present one stays in use. A new active
    /// key, be it from now on or since a start, is in the audit log afterwards.
    fn reload_keys(&self, at: Timestamp) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Where to begin wrapping data keys anew; `None` if no key but the active one is in use.
    fn begin_rewrap(&self) -> BoxFuture<'_, Result<Option<RewrapPlace>, StoreError>>;

    /// Wraps at most `limit` data keys by the active key that are under another one. What they
    /// sealed stays as it is. A crash in between loses nothing: begin again.
    fn rewrap(
        &self,
        place: RewrapPlace,
        limit: usize,
    ) -> BoxFuture<'_, Result<Rewrapped, StoreError>>;

    /// Lets all other keys go after every step since `begun` came to its end without damage; says how
    /// many, and the audit log too. None, if yet another key became active meanwhile.
    fn release_keys(
        &self,
        begun: RewrapPlace,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<usize, StoreError>>;

    /// The keys in the ring and in use, and how much is under each. Looks at every row.
    fn key_report(&self) -> BoxFuture<'_, Result<KeyReport, StoreError>>;
}
