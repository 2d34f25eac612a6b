//! Verifications and their attempts.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::error::StoreError;
use crate::domain::{
    Effect, IssuedCredential, News, Note, Policy, SessionId, Status, SubmissionReport, UserId,
    Verification, VerificationId, Wanted,
};

/// What a wish for a credential met, see [`crate::domain::Admission`].
#[derive(Clone, Debug)]
pub enum Opened {
    /// A call to the provider is due under this session id; it is written down already.
    Attempt(Verification, SessionId),
    /// The newest credential is given again.
    Resumed(Verification, IssuedCredential),
    /// Another caller's call is under way.
    Underway(Verification),
    /// Something was captured; there is nothing to hand out.
    Captured(Verification),
    /// The provider's details must be read first; then ask again with `asked`.
    AskFirst(Verification),
    /// The verification is closed (only from [`Verifications::renew`]).
    Closed(Verification),
    /// The user has used up the attempts of a rolling day, so that there is nothing to ask the
    /// provider for; the first place is free again at the time given.
    Exhausted(Timestamp),
    /// The proof of contact was used before, and not for the verification that is open now. Nothing
    /// was changed (only from [`Verifications::open`]).
    ProofUsed,
}

/// What recording an event did.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The verification after the event.
    pub verification: Verification,
    /// What the event did.
    pub effect: Effect,
}

/// Where a statement of the provider belonged.
#[derive(Clone, Debug)]
pub enum Settled {
    /// To the verification that was asked about.
    Here(Box<Recorded>),
    /// To another verification, which took it; the one asked about took "elsewhere".
    Elsewhere {
        /// The one asked about.
        asked: Box<Recorded>,
        /// The one it belonged to.
        owner: Box<Recorded>,
    },
    /// To none of ours; the one asked about took "not readable".
    Nowhere(Box<Recorded>),
}

/// A page of a user's verifications, newest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// The verifications.
    pub items: Vec<Verification>,
    /// Where the next page begins: verifications older than this one. `None` at the end.
    pub next: Option<VerificationId>,
}

/// Which verifications a back end looks for; `None` does not restrict.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Those of this user.
    pub user: Option<UserId>,
    /// Those that stand so.
    pub status: Option<Status>,
    /// Those started at this time or later.
    pub from: Option<Timestamp>,
    /// Those started before this time.
    pub to: Option<Timestamp>,
}

/// Verifications and their attempts.
pub trait Verifications: Send + Sync {
    /// Takes in a wish to start. With an open verification of the user for the same contact this
    /// follows [`Verification::admit`]; one for another contact is superseded; without one a new
    /// verification is written together with its first attempt.
    ///
    /// A proof that counts once ([`Wanted::once`]) is used up in the same transaction, as soon as
    /// something is handed out for it: a start that fails leaves it good. The same proof again is
    /// good for the verification it was used for, as long as that is the user's open one; for
    /// everything else it is used.
    ///
    /// `asked` says that the provider's details were read just now.
    fn open(
        &self,
        wanted: Wanted,
        asked: bool,
        at: Timestamp,
        policy: Policy,
    ) -> BoxFuture<'_, Result<Opened, StoreError>>;

    /// Takes in a wish for a fresh credential of one verification (the newest attempt's channel and
    /// way back). Never [`Opened::Resumed`]: a fresh one was asked for. `None`: no such
    /// verification of this user.
    #[expect(clippy::too_many_arguments, reason = "a wish, and the circumstances of every call")]
    fn renew(
        &self,
        id: VerificationId,
        user: UserId,
        asked: bool,
        at: Timestamp,
        policy: Policy,
    ) -> BoxFuture<'_, Result<Option<Opened>, StoreError>>;

    /// Writes down another attempt after the provider refused `failed` for a reason that a new
    /// session id cures; `failed` becomes refused. `None`: `failed` is not the newest attempt any
    /// more, so somebody else took over.
    fn replace_attempt(
        &self,
        id: VerificationId,
        failed: SessionId,
        at: Timestamp,
        policy: Policy,
    ) -> BoxFuture<'_, Result<Option<(Verification, SessionId)>, StoreError>>;

    /// Records one event. `None`: no such verification.
    fn record(
        &self,
        id: VerificationId,
        news: News,
        at: Timestamp,
        policy: Policy,
    ) -> BoxFuture<'_, Result<Option<Recorded>, StoreError>>;

    /// Records what the provider's details say, read on behalf of `asked`. The statement goes to
    /// the verification it names, by submission first and session second; if that one is expired
    /// and the user has an open one for the same contact without a submission, to the open one.
    /// `None`: no verification `asked`.
    fn settle(
        &self,
        asked: VerificationId,
        report: SubmissionReport,
        at: Timestamp,
        policy: Policy,
    ) -> BoxFuture<'_, Result<Option<Settled>, StoreError>>;

    /// Looks up one of a user's own. `None`: there is none, or it is another's, whose row is then
    /// found by the index and left sealed, as if it were not there.
    fn find_of(
        &self,
        id: VerificationId,
        user: UserId,
    ) -> BoxFuture<'_, Result<Option<Verification>, StoreError>>;

    /// Looks one up, whoever's it is; for back ends and our own work. `None`: there is none.
    fn find(&self, id: VerificationId) -> BoxFuture<'_, Result<Option<Verification>, StoreError>>;

    /// A user's verifications that were ever issued, newest first, older than `before`.
    fn list(
        &self,
        user: UserId,
        before: Option<VerificationId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>>;

    /// A page of any users' verifications, newest first, older than `before`. As in a user's own list,
    /// those that never got as far as the provider are left out.
    fn search(
        &self,
        search: Search,
        before: Option<VerificationId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>>;

    /// What happened to a verification, oldest first.
    fn timeline(&self, id: VerificationId) -> BoxFuture<'_, Result<Vec<Note>, StoreError>>;

    /// Claims up to `limit` verifications whose details are due to be read. A claim lasts a minute,
    /// then another may take it: a crash delays a read, it does not lose it. The longest due come
    /// first. This and those below pass over damaged ones and leave each alone for an hour.
    fn claim_due_reads(
        &self,
        at: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Verification>, StoreError>>;

    /// The same, newest first.
    fn claim_newest_reads(
        &self,
        at: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Verification>, StoreError>>;

    /// How many verifications wait since `since` or longer for an announced result to be confirmed.
    fn overdue_confirmations(&self, since: Timestamp) -> BoxFuture<'_, Result<usize, StoreError>>;

    /// Lets time pass for up to `limit` open verifications whose life is over, and says how many.
    fn expire_due(
        &self,
        at: Timestamp,
        limit: usize,
        policy: Policy,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, StoreError>>;

    /// Gives back the claims of the process before, and marks the attempts that were under way when
    /// it ended: nobody knows how they went. Called once, before anything is served. Says how many
    /// attempts there were.
    fn recover(&self, at: Timestamp, policy: Policy) -> BoxFuture<'_, Result<usize, StoreError>>;
}
