//! Requests that carry a key: who is at them, and what was answered.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::error::StoreError;
use crate::domain::{IssuedCredential, Pii, RequestClaim, VerificationId};

/// What a go at a request met.
#[derive(Clone, Debug)]
pub enum Claimed {
    /// Nobody was at it: whoever asked is now, until the lease ends.
    Held,
    /// Another go is under way.
    Underway,
    /// The key was used for another body.
    OtherBody,
    /// It was answered, about this verification and with these bytes.
    Answered(VerificationId, Pii<Vec<u8>>),
    /// It was answered, and the answer must not be given again: its credential was replaced, has
    /// ended or was erased.
    Spent,
}

/// An answer to be given again.
#[derive(Clone, Debug)]
pub struct KeptAnswer {
    /// What it is about; the answer is sealed under this verification's key and erased with it.
    pub verification: VerificationId,
    /// The credential in it.
    pub credential: Option<IssuedCredential>,
    /// The answer, as its writer will read it back.
    pub answer: Pii<Vec<u8>>,
}

/// Requests that carry a key. Neither key nor caller nor body is stored, only keyed hashes.
pub trait Idempotency: Send + Sync {
    /// Lets `claim` have the request until `until`, unless somebody is at it or it was answered. A
    /// go whose lease is over counts as never made.
    fn claim_request(
        &self,
        claim: RequestClaim,
        body: Pii<Vec<u8>>,
        at: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<Claimed, StoreError>>;

    /// Keeps the answer until `until`. `false`: `claim` does not have the request any more, or the
    /// credential is not the verification's; nothing was kept.
    fn keep_answer(
        &self,
        claim: RequestClaim,
        kept: KeptAnswer,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Gives a request without an answer back, if `claim` still has it.
    fn release_request(&self, claim: RequestClaim) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Forgets up to `limit` requests whose lease or answer is over; says how many.
    fn forget_requests(
        &self,
        at: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>>;
}
