//! Asking the provider for a credential, so that neither a caller who hangs up nor an answer that
//! comes late loses it.

use std::{future::Future, time::Duration};

use jiff::Timestamp;

use super::returns;
use crate::{
    domain::{
        AttemptState, Chain, IssuedCredential, News, RedirectUrls, SessionId, Verification,
        VerificationId,
    },
    storage::error::StoreError,
    upstream::{InitiateFlow, error::UpstreamError},
    usecase::{Error, Ports, insist::insist, ports::raise_alarms},
};

/// A verification that was started, resumed or renewed.
#[derive(Clone, Debug)]
pub struct Started {
    /// The verification.
    pub verification: Verification,
    /// What to capture with; `None` once something was captured.
    pub credential: Option<IssuedCredential>,
    /// Whether this call made the verification.
    pub created: bool,
}

impl Started {
    pub(super) const fn resumed(
        verification: Verification,
        credential: Option<IssuedCredential>,
    ) -> Self {
        Self { verification, credential, created: false }
    }
}

/// Does `work`, in its turn, and waits for it until the start deadline. A caller that hangs up or waited long
/// enough takes its handler along, but not what it has begun: that goes on as a task.
pub(in crate::usecase) async fn within_deadline<T, F>(
    ports: &Ports,
    work: impl FnOnce(Ports, Timestamp) -> F,
) -> Result<T, Error>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let deadline = ports.now().saturating_add(ports.parts.start_deadline).unwrap_or(Timestamp::MAX);
    if ports.parts.store.is_pressed() {
        return Err(Error::Busy);
    }
    let place = ports.parts.admission.enter().await?;
    let work = work(ports.clone(), deadline);
    let work = ports.parts.tasks.carry(async move {
        // Until the work ends, and not only until the caller has gone.
        let _place = place;
        work.await
    });
    tokio::select! {
        biased;
        done = work => done,
        () = ports.parts.clock.sleep_until(deadline) => Err(Error::DeadlinePassed),
    }
}

/// Waits until the call that is under way has its answer.
pub(super) async fn wait_for_answer(
    ports: &Ports,
    id: VerificationId,
    deadline: Timestamp,
) -> Result<Verification, Error> {
    let mut changes = ports.store().changes().subscribe(id);
    loop {
        let verification = ports.store().find(id).await?.ok_or(Error::NotFound)?;
        let newest = verification.newest_attempt().map(|attempt| attempt.state);
        if newest != Some(AttemptState::Initiating) {
            return Ok(verification);
        }
        tokio::select! {
            () = changes.changed() => {}
            () = ports.parts.clock.sleep_until(deadline) => return Err(Error::DeadlinePassed),
        }
    }
}

/// Makes the call that is written down under `session`, and once more under a new session id if
/// that cures the refusal. Whatever comes of it is written down before it is told.
pub(super) async fn attempt(
    ports: &Ports,
    mut verification: Verification,
    mut session: SessionId,
) -> Result<Started, Error> {
    let created = verification.attempts.len() == 1;
    let mut may_repeat = true;
    loop {
        let way_back = match returns::way_back(ports, &verification, &session).await {
            Ok(way_back) => way_back,
            Err(failure) => {
                // Nobody was asked.
                record(ports, verification.id, News::AttemptRefused(session)).await?;
                return Err(failure);
            }
        };
        let failure = match ask(ports, &verification, &session, way_back).await {
            Ok(issued) => {
                let news = News::AttemptIssued(session, issued.clone());
                let verification = record(ports, verification.id, news).await?;
                let credential = leads_on(&verification).then_some(issued);
                return Ok(Started { verification, credential, created });
            }
            Err(failure) => failure,
        };
        tracing::warn!(
            verification.id = %verification.id,
            outcome = failure.label(),
            "the provider gave no credential"
        );
        if std::mem::take(&mut may_repeat)
            && let Some(pause) = cured_by_new_session(&failure)
            && ports.parts.provider.may_repeat()
        {
            if !pause.is_zero() {
                let until = ports.now().saturating_add(pause).unwrap_or(Timestamp::MAX);
                ports.parts.clock.sleep_until(until).await;
            }
            let (now, policy) = (ports.now(), ports.policy());
            let replaced =
                ports.store().replace_attempt(verification.id, session.clone(), now, policy).await;
            if let Ok(Some((newer, fresh))) = replaced {
                (verification, session) = (newer, fresh);
                continue;
            }
        }
        let news = if may_have_taken_effect(&failure) {
            News::AttemptLost(session)
        } else {
            News::AttemptRefused(session)
        };
        record(ports, verification.id, news).await?;
        return Err(failure.into());
    }
}

async fn ask(
    ports: &Ports,
    verification: &Verification,
    session: &SessionId,
    redirects: Option<RedirectUrls>,
) -> Result<IssuedCredential, UpstreamError> {
    // One that may ask has its contact: it goes long after the end of that.
    let contact = verification.contact.contact.held();
    let contact = contact.ok_or(UpstreamError::ContactRefused("it is not held any more"))?;
    let flow = InitiateFlow {
        user: verification.user.clone(),
        session: session.clone(),
        channel: verification.channel(),
        contact: contact.clone(),
        reference: verification.contact.reference.clone(),
        locale: verification.locale,
        redirects,
    };
    let until = ports.now().saturating_add(ports.parts.attempt_deadline).unwrap_or(Timestamp::MAX);
    tokio::select! {
        biased;
        answer = ports.parts.provider.initiate(&flow) => answer,
        () = ports.parts.clock.sleep_until(until) => Err(UpstreamError::TimedOut),
    }
}

/// Whether a credential of this verification leads anywhere. Superseded or captured meanwhile, by an
/// older attempt, it does not, and is not handed out.
pub(super) const fn leads_on(verification: &Verification) -> bool {
    !verification.status.is_closed() && !verification.captured
}

/// Writes down what came of a call, however long the store has trouble: an answer that is lost now
/// cannot be had again, and an attempt without an end holds the user up.
async fn record(ports: &Ports, id: VerificationId, news: News) -> Result<Verification, Error> {
    let write = || ports.store().record(id, news.clone(), ports.now(), ports.policy());
    let complain = |failure: &StoreError| {
        tracing::error!(
            verification.id = %id,
            error = %Chain::of(failure),
            "an attempt's end could not be written down and will be tried again"
        );
    };
    let recorded = insist(ports, write, complain).await?.ok_or(Error::NotFound)?;
    raise_alarms(id, &recorded.effect);
    Ok(recorded.verification)
}

/// How long to wait before a new session id may bring what this one did not; `None`: it would not.
fn cured_by_new_session(failure: &UpstreamError) -> Option<Duration> {
    /// Longer than this the caller had better come back himself.
    const PATIENCE: Duration = Duration::from_secs(1);
    match failure {
        UpstreamError::DuplicateSession => Some(Duration::ZERO),
        UpstreamError::Unavailable { status: 429 | 503, retry_after } => {
            Some(retry_after.unwrap_or_default()).filter(|pause| *pause <= PATIENCE)
        }
        UpstreamError::Unavailable { .. }
        | UpstreamError::Unreachable(_)
        | UpstreamError::TimedOut
        | UpstreamError::Broken(_)
        | UpstreamError::Saturated
        | UpstreamError::Resting { .. }
        | UpstreamError::Unauthorized
        | UpstreamError::Misconfigured(_)
        | UpstreamError::ContactRefused(_)
        | UpstreamError::Refused { .. }
        | UpstreamError::Garbled(_) => None,
    }
}

/// Whether the provider may hold a session although we have no answer.
fn may_have_taken_effect(failure: &UpstreamError) -> bool {
    match failure {
        UpstreamError::TimedOut
        | UpstreamError::Broken(_)
        | UpstreamError::Garbled(_)
        | UpstreamError::Unavailable { .. } => true,
        UpstreamError::Unreachable(_)
        | UpstreamError::Saturated
        | UpstreamError::Resting { .. }
        | UpstreamError::Unauthorized
        | UpstreamError::Misconfigured(_)
        | UpstreamError::ContactRefused(_)
        | UpstreamError::DuplicateSession
        | UpstreamError::Refused { .. } => false,
    }
}
