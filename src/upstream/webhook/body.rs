//! What a webhook says: as little as is needed to come and ask.
//!
//! Invariant: nothing personal. The body passes through proxies and logs that are not ours.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::{Delivery, DueDelivery, ReasonCode, WebhookEvent};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
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
    // Of an erased one nothing is told but that it was.
    let is_there = match event {
        WebhookEvent::VerificationUpdated => true,
        WebhookEvent::VerificationErased => false,
    };
    serde_json::to_vec(&Body {
        event: event.as_str(),
        timestamp: *occurred_at,
        data: Data {
            id: verification.to_string(),
            status: is_there.then(|| status.as_str()),
            reason_code: reason.filter(|_| is_there).map(ReasonCode::as_str),
            revision: *revision,
            reference: due.reference.as_deref(),
            created_at: *created_at,
            updated_at: *occurred_at,
        },
    })
}
