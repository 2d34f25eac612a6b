//! Callbacks as they came, kept before anything is made of them.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{error::StoreError, verifications::Recorded};
use crate::domain::{
    AsideReason, CallbackId, CallbackState, CallbackSummary, Pii, Policy, Retention, SessionId,
    SubmissionId, SubmissionReport, SubmissionStatus,
};

/// A callback to be kept.
#[derive(Clone, Debug)]
pub struct NewCallback {
    /// The body as it came.
    pub body: Pii<Vec<u8>>,
    /// What could be read of it, for finding it again; stored as keyed hashes.
    pub fingerprint: CallbackFingerprint,
    /// When it came.
    pub received_at: Timestamp,
}

/// What a callback is about, as far as it can be read.
#[derive(Clone, Debug, Default)]
pub struct CallbackFingerprint {
    /// The session it names.
    pub session: Option<SessionId>,
    /// The submission it names.
    pub submission: Option<SubmissionId>,
    /// The user it names.
    pub user: Option<Pii<String>>,
    /// The status it tells.
    pub status: Option<SubmissionStatus>,
}

/// A callback that waits to be applied.
#[derive(Clone, Debug)]
pub struct KeptCallback {
    /// Our name for it.
    pub id: CallbackId,
    /// The body as it came.
    pub body: Pii<Vec<u8>>,
    /// How often applying it was tried.
    pub tries: u32,
    /// When it came first.
    pub received_at: Timestamp,
}

/// What became of a callback.
#[derive(Clone, Debug)]
pub enum CallbackOutcome {
    /// A verification took it in.
    Applied(Box<Recorded>),
    /// No verification of ours is meant, so far: parked.
    Orphaned,
    /// It was taken care of before.
    Done,
}

/// Kept callbacks.
pub trait Callbacks: Send + Sync {
    /// Keeps a callback. The same body once more only counts up, and is applied once more only if
    /// it was parked, or set aside although it can be read. On `Ok` it survives a power cut.
    ///
    /// Of one for a user, session or submission that was erased only keyed hashes and the status are
    /// kept; its id then names nothing.
    fn keep_callback(&self, callback: NewCallback)
    -> BoxFuture<'_, Result<CallbackId, StoreError>>;

    /// Up to `limit` callbacks that are due to be applied, oldest first. Damaged ones are set aside
    /// and left out.
    fn due_callbacks(
        &self,
        at: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<KeptCallback>, StoreError>>;

    /// Applies what a callback says to the verification it names (by submission, then session), as
    /// one transaction with marking it done. Parks it for later tries if there is none: after 1 s,
    /// doubling to an hour, for 30 days.
    fn apply_callback(
        &self,
        id: CallbackId,
        report: SubmissionReport,
        at: Timestamp,
        policy: Policy,
    ) -> BoxFuture<'_, Result<CallbackOutcome, StoreError>>;

    /// Sets a callback aside that waits or is parked: it is kept and never tried again by itself.
    fn set_callback_aside(
        &self,
        id: CallbackId,
        reason: AsideReason,
    ) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Puts off a callback whose application failed for a passing reason.
    fn put_callback_off(
        &self,
        id: CallbackId,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<(), StoreError>>;

    /// How many callbacks wait to be applied (parked ones not counted).
    fn pending_callbacks(&self) -> BoxFuture<'_, Result<usize, StoreError>>;

    /// Up to `limit` callbacks in `state`, or, without one, those that are parked or aside; newest
    /// first, older than `before`.
    fn list_callbacks(
        &self,
        state: Option<CallbackState>,
        before: Option<CallbackId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<CallbackSummary>, StoreError>>;

    /// Looks one up. `None`: there is none, or it was forgotten.
    fn find_callback(
        &self,
        id: CallbackId,
    ) -> BoxFuture<'_, Result<Option<CallbackSummary>, StoreError>>;

    /// Makes a callback due at once, whatever became of it before: applying one twice does no harm.
    /// `false`: there is none.
    fn replay_callback(
        &self,
        id: CallbackId,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Forgets up to `limit` callbacks that were applied, or are aside, and came for the last time
    /// longer ago than `retention` says; says how many.
    fn forget_callbacks(
        &self,
        retention: &Retention,
        at: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>>;
}
