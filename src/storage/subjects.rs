//! What is held about one user, as a whole: destroyed, and handed out.
//!
//! Invariant: an erasure is in the log of erasures before it is in the database. So a database that
//! is restored from a backup can be brought back to what it must not hold any more.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::error::StoreError;
use crate::domain::{
    AuditActor, CallbackId, CallbackState, Delivery, ErasureOrder, ErasureReceipt, Hold, Note, Pii,
    UserId, Verification, VerificationId,
};

/// What the law makes the partner keep of a verification that was erased.
#[derive(Clone, Debug)]
pub struct HeldRecord {
    /// Which.
    pub verification: VerificationId,
    /// When it was erased.
    pub erased_at: Timestamp,
    /// When this goes, too.
    pub until: Timestamp,
    /// What is kept, in JSON.
    pub body: Pii<Vec<u8>>,
}

/// A callback as it came.
#[derive(Clone, Debug)]
pub struct StoredCallback {
    /// Our name for it.
    pub id: CallbackId,
    /// How far it has come.
    pub state: CallbackState,
    /// When it came first.
    pub received_at: Timestamp,
    /// When it came last.
    pub last_at: Timestamp,
    /// How often the same body came.
    pub deliveries: u32,
    /// The body; `None` if it cannot be opened any more.
    pub body: Option<Pii<Vec<u8>>>,
}

/// The provider's newest statement as it came.
#[derive(Clone, Debug)]
pub struct StoredBody {
    /// When it did.
    pub recorded_at: Timestamp,
    /// It.
    pub body: Pii<Vec<u8>>,
}

/// Everything held about one verification.
#[derive(Clone, Debug)]
pub struct Dossier {
    /// The verification; `None` if it cannot be opened any more.
    pub verification: Option<Verification>,
    /// Its name.
    pub id: VerificationId,
    /// The provider's newest statement as it came, and when it did.
    pub submission: Option<StoredBody>,
    /// What happened to it.
    pub timeline: Vec<Note>,
    /// The callbacks that it took in.
    pub callbacks: Vec<StoredCallback>,
    /// The webhooks that told of it.
    pub webhooks: Vec<Delivery>,
    /// How many answers are kept for repetitions of requests.
    pub answers: u64,
    /// How many proofs of contact were used up for it.
    pub proofs: u64,
    /// How many ways back lead to it.
    pub returns: u64,
}

/// What an export goes through, one after the other.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// The verifications, oldest first.
    pub verifications: Vec<VerificationId>,
    /// Callbacks that name the user and belong to none of them.
    pub callbacks: Vec<CallbackId>,
    /// What is kept of verifications that were erased.
    pub held: Vec<HeldRecord>,
}

/// What is held about one user.
pub trait Subjects: Send + Sync {
    /// Destroys everything held about a user, verifications and callbacks with their keys, in one
    /// transaction with the audit entry and the webhooks that tell of it. What is late afterwards
    /// finds nothing, and is kept out for [`ErasureOrder::remembered`]. Erasing twice is erasing
    /// once.
    fn erase(
        &self,
        order: ErasureOrder,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<ErasureReceipt, StoreError>>;

    /// Destroys once more what the log of erasures says was destroyed, as far as it is there again;
    /// says how many users that concerned. To be called before anything else is read.
    fn reapply_erasures(
        &self,
        hold: Hold,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<usize, StoreError>>;

    /// Says what there is about a user, after an audit entry says that `actor` exports it.
    fn begin_export(
        &self,
        user: UserId,
        actor: AuditActor,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<Inventory, StoreError>>;

    /// Everything held about one verification of the user. `None`: it is gone.
    fn dossier(
        &self,
        id: VerificationId,
        user: UserId,
    ) -> BoxFuture<'_, Result<Option<Dossier>, StoreError>>;

    /// A callback as it came. `None`: it is gone.
    fn stored_callback(
        &self,
        id: CallbackId,
    ) -> BoxFuture<'_, Result<Option<StoredCallback>, StoreError>>;

    /// Folds the write-ahead log into the file and empties it, so that what was destroyed is in
    /// neither. `false`: somebody was reading; it has to be tried again.
    fn fold_log(&self) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Forgets up to `limit` statements of the provider that were read before `before`: documents'
    /// data go, verdicts stay. Says how many.
    fn forget_submissions(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>>;

    /// Removes up to `limit` verifications that are closed and did not change since `before`, with
    /// their keys and everything that belongs to them; says how many.
    fn forget_verifications(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>>;

    /// Lets go of the contacts' values of up to `limit` verifications that are closed and did not
    /// change since `before`; everything else of them stays. Says how many it looked at.
    fn forget_contacts(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>>;

    /// Lets go of credentials that ended by `before`, of up to `limit` verifications, open or
    /// closed. Says how many it looked at.
    fn forget_credentials(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>>;

    /// Forgets up to `limit` of each: marks of what was erased, what is left of late callbacks, and
    /// held records whose time is over; says how many.
    fn forget_erased(
        &self,
        at: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>>;
}
