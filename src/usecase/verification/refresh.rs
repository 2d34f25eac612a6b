//! A back end that wants to know now.

use super::{
    confirm,
    read::{Inspected, inspected},
};
use crate::{
    domain::{BackendCaller, Scope, VerificationId},
    usecase::{Error, Ports},
};

/// Reads the provider's details now, or waits for a read that is under way, and says how the
/// verification stands then. A verification for which nothing was ever handed out is not asked about.
#[tracing::instrument(skip_all, fields(verification.id = %id))]
pub async fn refresh(
    ports: &Ports,
    caller: &BackendCaller,
    id: VerificationId,
) -> Result<Inspected, Error> {
    if !caller.may(Scope::VerificationStart) {
        return Err(Error::ScopeMissing(Scope::VerificationStart));
    }
    let verification = ports.store().find(id).await?.ok_or(Error::NotFound)?;
    if verification.newest_issued().is_some() {
        if let Some(until) = ports.reading.too_soon(id, ports.now()) {
            return Err(Error::RefreshedJustNow { until });
        }
        confirm::read_details(ports, &verification).await?;
    }
    inspected(ports, id).await
}
