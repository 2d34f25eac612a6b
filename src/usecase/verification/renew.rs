//! A fresh credential for a verification that was started already.

use jiff::Timestamp;

use super::{
    confirm,
    issue::{self, Started},
};
use crate::{
    domain::{AppCaller, VerificationId},
    storage::Opened,
    usecase::{Error, Ports},
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
) -> Result<Started, Error> {
    let deadline = ports.now().saturating_add(ports.parts.start_deadline).unwrap_or(Timestamp::MAX);
    let mut asked = false;
    loop {
        let opened = ports
            .store()
            .renew(id, caller.user.clone(), asked, ports.now(), ports.policy())
            .await?
            .ok_or(Error::NotFound)?;
        match opened {
            Opened::Attempt(verification, session) => {
                return issue::issue(ports, verification, session, deadline).await;
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
                issue::wait_for_answer(ports, verification.id, deadline).await?;
            }
            Opened::Exhausted(until) => return Err(Error::AttemptsExhausted { until }),
        }
    }
}
