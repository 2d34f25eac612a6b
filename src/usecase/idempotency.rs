//! Doing once what is asked for several times under one key.
//!
//! The key is claimed in the store, held by a lease while the work goes on, and the answer is kept
//! for whoever asks again. Only success is kept: whatever else happens gives the key back, and the
//! next try goes on with what this one began. Without a key nothing of this costs anything.

use std::{fmt, future::Future};

use jiff::{SignedDuration, Timestamp};

use super::{
    error::Error,
    ports::Ports,
    verification::{Started, within_deadline},
};
use crate::{
    domain::{Chain, IdempotencyKey, KeyOwner, Pii, RequestClaim, VerificationId},
    storage::{Claimed, KeptAnswer},
};

/// What a claim outlives the caller's deadline by: time enough to write the answer down. A go that
/// takes longer, or whose process died, is taken over.
const LEASE_MARGIN: SignedDuration = SignedDuration::from_secs(30);
/// How long an answer is given again.
const ANSWER_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// Writes the answer the way it will be given, now and again.
pub type AnswerWriter = Box<dyn FnOnce(&Started) -> Pii<Vec<u8>> + Send>;

/// A wish that is to be granted once.
pub struct Once {
    claim: RequestClaim,
    body: Pii<Vec<u8>>,
    write: AnswerWriter,
}

/// What came of a wish.
#[derive(Clone, Debug)]
pub enum Answered {
    /// It carried no key: granted, and nothing was kept.
    Unkeyed(Box<Started>),
    /// It carried a key.
    Keyed {
        /// What the answer is about.
        verification: VerificationId,
        /// The answer, as the wish's own writer wrote it.
        answer: Pii<Vec<u8>>,
        /// Whether it was given before.
        again: bool,
    },
}

impl Once {
    /// What `owner` calls `key`, sent with `body` to `place`: the operation and its path.
    pub fn new(
        owner: &KeyOwner,
        place: (&str, &str),
        key: &IdempotencyKey,
        body: Pii<Vec<u8>>,
        write: AnswerWriter,
    ) -> Self {
        Self { claim: RequestClaim::new(owner, place.0, place.1, key), body, write }
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

/// Does `work` within the caller's deadline: always without a key, and with one unless it was done
/// or is being done. Claim, work and answer are one task, so a caller that hangs up gets the answer
/// when it asks again.
pub(super) async fn once<F>(
    ports: &Ports,
    wish: Option<Once>,
    work: impl FnOnce(Ports, Timestamp) -> F,
) -> Result<Answered, Error>
where
    F: Future<Output = Result<Started, Error>> + Send + 'static,
{
    let Some(wish) = wish else {
        let started = within_deadline(ports, work).await?;
        return Ok(Answered::Unkeyed(Box::new(started)));
    };
    let claim = wish.claim.clone();
    let answered = within_deadline(ports, |ports, deadline| {
        let work = work(ports.clone(), deadline);
        claimed(ports, wish, deadline, work)
    })
    .await;
    if matches!(answered, Err(Error::DeadlinePassed)) {
        // The caller is told to try again: that try goes on with the call under way, whose answer
        // is then its own.
        release(ports, claim).await;
    }
    answered
}

async fn claimed(
    ports: Ports,
    wish: Once,
    deadline: Timestamp,
    work: impl Future<Output = Result<Started, Error>>,
) -> Result<Answered, Error> {
    let Once { claim, body, write } = wish;
    let lease = deadline.saturating_add(LEASE_MARGIN).unwrap_or(Timestamp::MAX);
    match ports.store().claim_request(claim.clone(), body, ports.now(), lease).await? {
        Claimed::Held => {}
        Claimed::Underway => return Err(Error::RequestUnderway),
        Claimed::OtherBody => return Err(Error::RequestDiffers),
        Claimed::Spent => return Err(Error::AnswerSpent),
        Claimed::Answered(verification, answer) => {
            return Ok(Answered::Keyed { verification, answer, again: true });
        }
    }
    match work.await {
        Ok(started) => {
            let answer = write(&started);
            keep(&ports, claim, &started, answer.clone()).await;
            let verification = started.verification.id;
            Ok(Answered::Keyed { verification, answer, again: false })
        }
        Err(failure) => {
            release(&ports, claim).await;
            Err(failure)
        }
    }
}

/// Keeps the answer. Should that fail, the caller has it all the same, and another try goes on with
/// the verification that it is about.
async fn keep(ports: &Ports, claim: RequestClaim, started: &Started, answer: Pii<Vec<u8>>) {
    let verification = started.verification.id;
    let kept = KeptAnswer { verification, credential: started.credential.clone(), answer };
    let until = ports.now().saturating_add(ANSWER_LIFE).unwrap_or(Timestamp::MAX);
    match ports.store().keep_answer(claim.clone(), kept, until).await {
        Ok(true) => return,
        Ok(false) => {}
        Err(failure) => tracing::error!(
            verification.id = %verification,
            error = %Chain::of(&failure),
            "an answer could not be kept for its repetition"
        ),
    }
    release(ports, claim).await;
}

/// Gives the key back; if that fails, its lease does.
async fn release(ports: &Ports, claim: RequestClaim) {
    if let Err(failure) = ports.store().release_request(claim).await {
        let error = tracing::field::display(Chain::of(&failure));
        tracing::error!(error, "an idempotency key stays taken until its lease ends");
    }
}
