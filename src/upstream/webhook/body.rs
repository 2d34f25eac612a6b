//! What a webhook says: as little as is needed to come and ask.
//!
//! Invariant: nothing personal. The body passes through proxies and logs that are not ours.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::{Delivery, DueDelivery, ReasonCode};

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    event: &'static str,
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    id: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_code: Option<&'static str>,
    revision: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// The bytes to sign and to send.
pub(super) fn of(due: &DueDelivery) -> Result<Vec<u8>, serde_json::Error> {
    let Delivery { event, verification, status, reason, revision, created_at, occurred_at, .. } =
        &due.delivery;
    serde_json::to_vec(&Body {
        event: event.as_str(),
        timestamp: *occurred_at,
        data: Data {
            id: verification.to_string(),
            status: status.as_str(),
            reason_code: reason.map(ReasonCode::as_str),
            revision: *revision,
            reference: due.reference.as_deref(),
            created_at: *created_at,
            updated_at: *occurred_at,
        },
    })
}
