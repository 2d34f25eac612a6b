//! Asking the provider what became of a verification.
//!
//! This is how a verdict is reached: callbacks only say that asking is worth while, and when none
//! comes, the clock does.

use futures_util::{StreamExt as _, stream::FuturesUnordered};

use crate::{
    domain::{Chain, DetailsAnswer, News, Verification},
    storage::{Recorded, Settled},
    upstream::{SubmissionQuery, error::UpstreamError},
    usecase::{Error, Ports, ports::raise_alarms},
};

/// Reads the details of every verification that is due, a few at a time; says how many. A slow
/// answer holds its own place only: as places get free, the next are claimed.
pub async fn read_due(ports: &Ports, concurrency: usize) -> Result<usize, Error> {
    let mut reading = FuturesUnordered::new();
    let mut count = 0_usize;
    loop {
        let places = concurrency.saturating_sub(reading.len());
        if places > 0 && !ports.parts.tasks.is_stopping() {
            let due = ports.store().claim_due_reads(ports.now(), places).await?;
            count = count.saturating_add(due.len());
            reading.extend(due.into_iter().map(|verification| read(ports, verification)));
        }
        if reading.next().await.is_none() {
            return Ok(count);
        }
    }
}

async fn read(ports: &Ports, verification: Verification) {
    if let Err(failure) = read_details(ports, &verification).await {
        tracing::warn!(
            verification.id = %verification.id,
            error = %Chain::of(&failure),
            "the details could not be read"
        );
    }
}

/// Completes when something made a read due at once.
pub async fn wait_for_due_read(ports: &Ports) {
    ports.read_due.notified().await;
}

/// Reads the user's current submission and records what it says.
pub(super) async fn read_details(ports: &Ports, verification: &Verification) -> Result<(), Error> {
    let Some(attempt) = verification.newest_issued() else {
        // Nothing was ever handed out, so there is nothing to find.
        return record(ports, verification, News::DetailsRead(DetailsAnswer::NotReadable)).await;
    };
    let query =
        SubmissionQuery { user: verification.user.clone(), session: attempt.session.clone() };
    match ports.parts.provider.submission(&query).await {
        Ok(Some(report)) => {
            let settled = ports
                .store()
                .settle(verification.id, report, ports.now(), ports.policy())
                .await?
                .ok_or(Error::NotFound)?;
            match settled {
                Settled::Here(recorded) | Settled::Nowhere(recorded) => tell(&recorded),
                Settled::Elsewhere { asked, owner } => {
                    tell(&asked);
                    tell(&owner);
                }
            }
            Ok(())
        }
        Ok(None) => {
            record(ports, verification, News::DetailsRead(DetailsAnswer::NotReadable)).await
        }
        // Nobody was asked: the claim runs out and the read is due again.
        Err(failure @ UpstreamError::Saturated) => Err(failure.into()),
        Err(failure) => {
            record(ports, verification, News::ReadFailed).await?;
            Err(failure.into())
        }
    }
}

async fn record(ports: &Ports, verification: &Verification, news: News) -> Result<(), Error> {
    let recorded = ports.store().record(verification.id, news, ports.now(), ports.policy()).await?;
    recorded.as_ref().map(tell).ok_or(Error::NotFound)
}

fn tell(recorded: &Recorded) {
    raise_alarms(recorded.verification.id, &recorded.effect);
    if recorded.effect.changed {
        tracing::info!(
            verification.id = %recorded.verification.id,
            status = recorded.verification.status.as_str(),
            revision = recorded.verification.revision,
            "a verification moved on"
        );
    }
}
