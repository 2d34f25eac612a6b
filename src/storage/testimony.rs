//! The form in which what the law makes the partner keep is sealed: JSON that an export shows as it
//! is.
//!
//! Invariant: no class is in it that is not held, and no token ever.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use super::{error::StoreError, seal::Plain, subjects::StoredBody};
use crate::domain::{Contact, DataClass, Note, Pii, ReasonCode, SubmissionResult, Verification};

/// What is there to keep.
pub(super) struct Testimony<'a> {
    pub(super) verification: &'a Verification,
    pub(super) classes: &'a BTreeSet<DataClass>,
    pub(super) submission: Option<&'a StoredBody>,
    pub(super) notes: &'a [Note],
    pub(super) callbacks: &'a [Pii<Vec<u8>>],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    verification_id: String,
    user_id: &'a str,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<WrittenContact<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    submission_data: Option<WrittenBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<WrittenVerdict<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callbacks: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenContact<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    source: &'static str,
    verification_reference_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_reference: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenBody {
    recorded_at: Timestamp,
    body: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenVerdict<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_code: Option<&'static str>,
    updated_at: Timestamp,
    unconfirmed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    submission_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    submission_status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    submission_result: Option<&'a str>,
    timeline: Vec<WrittenNote>,
}

#[derive(Serialize)]
struct WrittenNote {
    at: Timestamp,
    kind: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
}

/// The content to be sealed.
pub(super) fn written(testimony: &Testimony<'_>) -> Result<Plain, StoreError> {
    let Testimony { verification, classes, .. } = testimony;
    let holds = |class| classes.contains(&class);
    let text = |body: &Pii<Vec<u8>>| String::from_utf8_lossy(body.expose()).into_owned();
    let submission = testimony.submission.filter(|_| holds(DataClass::Submission));
    let written = Written {
        verification_id: verification.id.to_string(),
        user_id: verification.user.as_str(),
        created_at: verification.created_at,
        contact: holds(DataClass::Contact).then(|| contact(verification)),
        submission_data: submission
            .map(|it| WrittenBody { recorded_at: it.recorded_at, body: text(&it.body) }),
        verdict: holds(DataClass::Verdict).then(|| verdict(testimony)),
        callbacks: holds(DataClass::Callbacks)
            .then(|| testimony.callbacks.iter().map(text).collect()),
    };
    let mut plain = Plain::new();
    serde_json::to_writer(plain.writer(), &written).map_err(|_| StoreError::Sealed)?;
    Ok(plain)
}

fn contact(verification: &Verification) -> WrittenContact<'_> {
    let verified = &verification.contact;
    WrittenContact {
        kind: verified.contact.kind().as_str(),
        value: verified.contact.held().map(Contact::expose),
        source: verified.source.as_str(),
        verification_reference_id: verified.reference.as_str(),
        verified_at: verified.verified_at,
        consent_reference: verification.consent_reference.as_deref(),
    }
}

fn verdict<'a>(testimony: &Testimony<'a>) -> WrittenVerdict<'a> {
    let verification = testimony.verification;
    let submission = verification.submission.as_ref();
    let note = |note: &Note| WrittenNote {
        at: note.at,
        kind: note.kind.as_str(),
        status: note.status.as_str(),
        detail: note.detail,
    };
    WrittenVerdict {
        status: verification.status.as_str(),
        reason_code: verification.reason.map(ReasonCode::as_str),
        updated_at: verification.updated_at,
        unconfirmed: verification.settled_unconfirmed,
        submission_id: submission.map(|it| it.id.as_str()),
        submission_status: submission.map(|it| it.status.as_str()),
        submission_result: submission
            .and_then(|it| it.result.as_ref().map(SubmissionResult::as_str)),
        timeline: testimony.notes.iter().map(note).collect(),
    }
}
