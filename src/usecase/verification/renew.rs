//! A fresh credential for a verification that was started already.

use jiff::Timestamp;

use super::{
    confirm,
    issue::{self, Started},
};
use crate::{
    domain::{AppCaller, Attempt, UserId, VerificationId},
    storage::Opened,
    usecase::{Answered, Error, Once, Ports, idempotency::once},
};

/// Makes a new attempt in the same verification, as long as nothing was captured.
///
/// The provider is asked first: somebody may have captured without our hearing of it, and a second
/// capture would be wasted.
#[tracing::instrument(skip_all, fields(verification.id = %id))]
pub async fn renew(
    ports: &Ports,
    caller: &AppCaller,
    id: VerificationId,
    wish: Option<Once>,
) -> Result<Answered, Error> {
    let user = caller.user.clone();
    once(ports, wish, async move |ports, deadline| {
        let renewed = reopen(&ports, id, user, deadline).await?;
        Ok(Started { created: false, ..renewed })
    })
    .await
}

async fn reopen(
    ports: &Ports,
    id: VerificationId,
    user: UserId,
    deadline: Timestamp,
) -> Result<Started, Error> {
    let mut asked = false;
    loop {
        let now = ports.now();
        if now >= deadline {
            // Whoever asked has gone: nothing is begun for nobody.
            return Err(Error::DeadlinePassed);
        }
        let opened = ports.store().renew(id, user.clone(), asked, now, ports.policy()).await?;
        match opened.ok_or(Error::NotFound)? {
            Opened::Attempt(verification, session) => {
                return issue::attempt(ports, verification, session).await;
            }
            Opened::Resumed(verification, credential) => {
                return Ok(Started::resumed(verification, Some(credential)));
            }
            Opened::Captured(_) => return Err(Error::AlreadyCaptured),
            Opened::Closed(_) => return Err(Error::Closed),
            Opened::AskFirst(verification) => {
                confirm::read_details(ports, &verification).await?;
                asked = true;
            }
            Opened::Underway(verification) => {
                // The fresh credential that somebody else is being given is fresh enough: a
                // renewal sent twice costs one attempt, not two.
                let verification = issue::wait_for_answer(ports, verification.id, deadline).await?;
                let newest = verification.newest_attempt().and_then(Attempt::credential).cloned();
                if let Some(credential) = newest.filter(|_| issue::leads_on(&verification)) {
                    return Ok(Started::resumed(verification, Some(credential)));
                }
            }
            Opened::Exhausted(until) => return Err(Error::AttemptsExhausted { until }),
            Opened::ProofUsed => return Err(Error::ProofUsed),
        }
    }
}
