//! Ways back from capture through the gateway.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::error::StoreError;
use crate::domain::{RedirectUrls, ReturnRef, SessionId, Verification, VerificationId};

/// Where a way back leads.
#[derive(Clone, Debug)]
pub struct WayBack {
    /// The verification.
    pub verification: Verification,
    /// The app's own URLs, as they were when the provider was asked.
    pub redirects: RedirectUrls,
}

/// Ways back from capture. Of a reference only a keyed hash is stored.
pub trait Returns: Send + Sync {
    /// Keeps a way back for one attempt until `until`; written down before the provider knows it.
    fn keep_return(
        &self,
        way: ReturnRef,
        verification: VerificationId,
        session: SessionId,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Where `way` leads. `None`: nowhere, or not any more.
    fn find_return(
        &self,
        way: ReturnRef,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<Option<WayBack>, StoreError>>;

    /// Forgets up to `limit` ways back whose time is over; says how many.
    fn forget_returns(
        &self,
        at: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>>;
}
