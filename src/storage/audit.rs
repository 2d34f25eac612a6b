//! The audit log: who read which personal data, and what else was done to it.
//!
//! Invariant: entries are a chain. Each carries a hash, keyed by the key ring, of itself and of the
//! one before; so whoever has the database alone can neither change, remove, insert nor reorder one
//! unnoticed. Only the end can be cut off, and against that the head is noted elsewhere.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::error::StoreError;
use crate::domain::{
    AuditAction, AuditEntry, AuditHead, AuditRecord, AuditReport, UserId, VerificationId,
};

/// Which entries somebody wants to see; `None` does not restrict.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Those about this user's data.
    pub user: Option<UserId>,
    /// Those about this verification.
    pub verification: Option<VerificationId>,
    /// Those of this kind.
    pub action: Option<AuditAction>,
}

/// A page of entries, newest first.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The entries.
    pub items: Vec<AuditRecord>,
    /// Where the next page begins: entries before this number. `None` at the end.
    pub next: Option<u64>,
}

/// The audit log.
pub trait Audit: Send + Sync {
    /// Writes an entry. Whatever it is about must not happen before this is `Ok`.
    fn append_audit(
        &self,
        entry: AuditEntry,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<AuditHead, StoreError>>;

    /// A page of entries, newest first, of numbers below `before`.
    fn audit_page(
        &self,
        filter: AuditFilter,
        before: Option<u64>,
        limit: usize,
    ) -> BoxFuture<'_, Result<AuditPage, StoreError>>;

    /// The newest entry's place in the chain.
    fn audit_head(&self) -> BoxFuture<'_, Result<AuditHead, StoreError>>;

    /// Follows the whole chain; with `anchor` also whether it contains that place.
    fn verify_audit(
        &self,
        anchor: Option<AuditHead>,
    ) -> BoxFuture<'_, Result<AuditReport, StoreError>>;

    /// Removes up to `limit` of the oldest entries, as far as they are from before `before`, leaves a
    /// checkpoint from which the chain goes on, and writes down that it did; says how many. Entries
    /// that are damaged are not removed: [`StoreError::Corrupt`].
    fn prune_audit(
        &self,
        before: Timestamp,
        limit: usize,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<usize, StoreError>>;
}
