//! The provider's statements, as they came.

use futures_util::future::BoxFuture;

use super::error::StoreError;
use crate::domain::{Pii, VerificationId};

/// The provider's statements about submissions, byte for byte.
pub trait Statements: Send + Sync {
    /// The newest statement that counts for a verification. `None`: there is none (any more), or no
    /// such verification.
    fn statement(
        &self,
        verification: VerificationId,
    ) -> BoxFuture<'_, Result<Option<Pii<Vec<u8>>>, StoreError>>;
}
