//! Asking the provider what became of a verification.
//!
//! This is how a verdict is reached: callbacks only say that asking is worth while, and when none
//! comes, the clock does.

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use jiff::{SignedDuration, Timestamp};

use super::{ReadPace, reading::Entered};
use crate::{
    domain::{Chain, DetailsAnswer, News, SubmissionReport, Verification, VerificationId},
    storage::{Recorded, Settled},
    upstream::{SubmissionQuery, error::UpstreamError},
    usecase::{Error, Ports, ports::raise_alarms},
};

/// A result that was announced and is not confirmed after this is overdue: by then it was asked
/// after five times.
const OVERDUE: SignedDuration = SignedDuration::from_mins(10);

/// Reads the details of every verification that is due, a few at a time and no faster than `pace`;
/// says how many. A slow answer holds its own place only: as places get free, and as news comes, the
/// next are claimed.
pub async fn read_due(ports: &Ports, pace: &mut ReadPace) -> Result<usize, Error> {
    let mut reading = FuturesUnordered::new();
    let mut count = 0_usize;
    loop {
        let places = pace.concurrency.saturating_sub(reading.len());
        if places > 0 && !ports.parts.tasks.is_stopping() {
            let allowed = pace.take(places, ports.now());
            let due = claim(ports, pace, allowed).await?;
            pace.give_back(allowed.saturating_sub(due.len()));
            count = count.saturating_add(due.len());
            reading.extend(due.into_iter().map(|verification| read(ports, verification)));
            if allowed == 0 && reading.is_empty() {
                tokio::select! {
                    () = ports.sleep_until(pace.next_at()) => {}
                    () = ports.parts.tasks.stopping() => {}
                }
                continue;
            }
        }
        let is_over = tokio::select! {
            done = reading.next() => done.is_none(),
            () = wait_for_due_read(ports), if !reading.is_empty() => false,
        };
        if is_over {
            let since = ports.now().saturating_sub(OVERDUE).unwrap_or(Timestamp::MIN);
            let overdue = u32::try_from(ports.store().overdue_confirmations(since).await?);
            metrics::gauge!("gerbang_confirmations_overdue")
                .set(f64::from(overdue.unwrap_or(u32::MAX)));
            return Ok(count);
        }
    }
}

/// Claims up to `places` reads: half of them the newest, for whom somebody is likely to wait in front
/// of a screen, and half the oldest, so that a backlog ends. Where there is one place they take turns.
async fn claim(
    ports: &Ports,
    pace: &mut ReadPace,
    places: usize,
) -> Result<Vec<Verification>, Error> {
    if places == 0 {
        return Ok(Vec::new());
    }
    let mut newest = places.div_ceil(2);
    if places == 1 {
        pace.newest_next = !pace.newest_next;
        newest = usize::from(pace.newest_next);
    }
    let mut due = Vec::new();
    if newest > 0 {
        due = ports.store().claim_newest_reads(ports.now(), newest).await?;
    }
    if due.len() == newest && newest < places {
        due.extend(ports.store().claim_due_reads(ports.now(), places - newest).await?);
    }
    Ok(due)
}

async fn read(ports: &Ports, verification: Verification) {
    let id = verification.id;
    match AssertUnwindSafe(read_details(ports, &verification)).catch_unwind().await {
        Ok(Ok(())) => {}
        Ok(Err(failure)) => tracing::warn!(
            verification.id = %id,
            error = %Chain::of(&failure),
            "the details could not be read"
        ),
        // Its claim runs out, and then it is tried again.
        Err(_) => tracing::error!(verification.id = %id, "reading details panicked"),
    }
}

/// Completes when something made a read due at once.
pub async fn wait_for_due_read(ports: &Ports) {
    ports.read_due.notified().await;
}

/// Reads the user's current submission and records what it says. Where somebody is at it already,
/// waits for what that brings, and reads only if it brings nothing.
pub(super) async fn read_details(ports: &Ports, verification: &Verification) -> Result<(), Error> {
    // Should the one waited for bring nothing, whoever is first then reads, and the rest wait once more;
    // while the provider is silent, a queue of them must not grow longer and longer.
    for _ in 0..2 {
        let mut other = match ports.reading.enter(verification.id) {
            Entered::First(turn) => {
                let read = ask(ports, verification).await;
                turn.end(read.is_ok());
                return read;
            }
            Entered::Behind(other) => other,
        };
        // Whoever is gone without a word has not read.
        let answered = other.wait_for(Option::is_some).await.is_ok_and(|it| *it == Some(true));
        if answered {
            return Ok(());
        }
    }
    Err(Error::DeadlinePassed)
}

async fn ask(ports: &Ports, verification: &Verification) -> Result<(), Error> {
    let Some(attempt) = verification.newest_issued() else {
        // Nothing was ever handed out, so there is nothing to find.
        return record(ports, verification, News::DetailsRead(DetailsAnswer::NotReadable)).await;
    };
    let query =
        SubmissionQuery { user: verification.user.clone(), session: attempt.session.clone() };
    match ports.parts.provider.submission(&query).await {
        Ok(Some(report)) => settle(ports, verification.id, report).await,
        Ok(None) => {
            record(ports, verification, News::DetailsRead(DetailsAnswer::NotReadable)).await
        }
        // Nobody was asked: the claim runs out and the read is due again.
        Err(failure @ (UpstreamError::Saturated | UpstreamError::Resting { .. })) => {
            Err(failure.into())
        }
        Err(failure) => {
            record(ports, verification, News::ReadFailed).await?;
            Err(failure.into())
        }
    }
}

/// Records what the provider said when it was asked about `id`, with whomever it is about.
pub(super) async fn settle(
    ports: &Ports,
    id: VerificationId,
    report: SubmissionReport,
) -> Result<(), Error> {
    let settled = ports.store().settle(id, report, ports.now(), ports.policy()).await?;
    match settled.ok_or(Error::NotFound)? {
        Settled::Here(recorded) | Settled::Nowhere(recorded) => tell(&recorded),
        Settled::Elsewhere { asked, owner } => {
            tell(&asked);
            tell(&owner);
        }
    }
    Ok(())
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
