//! The whole store, as use cases see it.

use futures_util::future::BoxFuture;

use super::{
    callbacks::Callbacks, changes::Changes, error::StoreError, verifications::Verifications,
};

/// Everything a backend provides. One contract test suite holds for all backends.
///
/// Each method is one transaction, named for the fact it records; on `Ok` it is durable.
pub trait Store: Verifications + Callbacks + Health {
    /// Where changes are announced once they are committed.
    fn changes(&self) -> &Changes;
}

/// Whether the store can do its work.
pub trait Health {
    /// Proves that a write would be durable now; for readiness.
    fn writable(&self) -> BoxFuture<'_, Result<(), StoreError>>;
}
