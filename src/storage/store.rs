//! The whole store, as use cases see it.

use futures_util::future::BoxFuture;

use super::{
    audit::Audit, callbacks::Callbacks, changes::Changes, error::StoreError,
    idempotency::Idempotency, keys::Keys, posts::Posts, returns::Returns, statements::Statements,
    subjects::Subjects, verifications::Verifications, webhooks::Webhooks,
};

/// Everything a backend provides. One contract test suite holds for all backends.
///
/// Each method is one transaction, named for the fact it records; on `Ok` it is durable.
pub trait Store:
    Verifications
    + Callbacks
    + Idempotency
    + Returns
    + Statements
    + Webhooks
    + Audit
    + Keys
    + Subjects
    + Health
{
    /// Where changes are announced once they are committed.
    fn changes(&self) -> &Changes;

    /// Where it is told that webhooks are due.
    fn posts(&self) -> &Posts;

    /// Does what was accepted, refuses everything after with [`StoreError::Closed`], and leaves the
    /// database in order. Closing twice is closing once. Dropping the last reference does the
    /// same, but blocks its thread.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// Whether the store can do its work.
pub trait Health {
    /// Proves that a write would be durable now; for readiness.
    fn writable(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Whether so much waits to be written that what can come later had better come later.
    fn is_pressed(&self) -> bool;
}
