//! Asking the provider what became of a verification.
//!
//! This is how a verdict is reached: callbacks only say that asking is worth while, and when none
//! comes, the clock does.

use futures_util::{StreamExt, stream};

use crate::{
    domain::{Chain, DetailsAnswer, News, Verification},
    storage::{Recorded, Settled},
    upstream::SubmissionQuery,
    usecase::{Error, Ports, ports::raise_alarms},
};

/// Reads the details of every verification that is due, a few at a time; says how many.
pub async fn read_due(ports: &Ports, concurrency: usize) -> Result<usize, Error> {
    let due = ports.store().claim_due_reads(ports.now(), concurrency.saturating_mul(4)).await?;
    let count = due.len();
    stream::iter(due)
        .for_each_concurrent(concurrency, async |verification| {
            if let Err(failure) = read_details(ports, &verification).await {
                tracing::warn!(
                    verification.id = %verification.id,
                    error = %Chain::of(&failure),
                    "the details could not be read"
                );
            }
        })
        .await;
    Ok(count)
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
