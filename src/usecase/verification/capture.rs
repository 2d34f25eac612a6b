//! The app's word on how capture ended.

use crate::{
    domain::{AppCaller, CaptureOutcome, News, Verification, VerificationId},
    usecase::{Error, Ports, ports::raise_alarms},
};

/// Takes the hint in: it stops the app from being sent to scan again and makes us ask the provider
/// soon. It proves nothing and moves no status.
#[tracing::instrument(skip_all, fields(verification.id = %id, outcome = outcome.as_str()))]
pub async fn report_capture(
    ports: &Ports,
    caller: &AppCaller,
    id: VerificationId,
    outcome: CaptureOutcome,
) -> Result<Verification, Error> {
    super::get(ports, caller, id).await?;
    let recorded = ports
        .store()
        .record(id, News::Captured(outcome), ports.now(), ports.policy())
        .await?
        .ok_or(Error::NotFound)?;
    raise_alarms(id, &recorded.effect);
    Ok(recorded.verification)
}
