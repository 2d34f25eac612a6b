//! The form of an export and of a receipt, the same by API and command line.
//!
//! Invariant: no token, launch URL or pre-signed link. That one is held is said; whoever has the
//! document gets in nowhere by it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    domain::{
        Attempt, AuditRecord, Channel, Contact, Credential, Delivery, DeliveryState,
        ErasureReceipt, Note, Pii, ReasonCode, SubmissionResult, UserId, Verification,
    },
    usecase::subject::{Dossier, HeldRecord, Piece, StoredCallback},
};

/// The lists of an export, in the order in which they come.
const LISTS: [&str; 4] = ["verifications", "otherCallbacks", "heldByLaw", "accessTrail"];

/// Writes an export as its pieces come.
pub(super) struct ExportWriter {
    user: String,
    at: Timestamp,
    /// The list that is being written; `None` before the first.
    list: Option<usize>,
    is_empty: bool,
}

impl ExportWriter {
    pub(super) fn new(user: &UserId, at: Timestamp) -> Self {
        Self { user: user.as_str().to_owned(), at, list: None, is_empty: true }
    }

    /// The next piece, with whatever has to stand before it.
    pub(super) fn piece(&mut self, piece: &Piece) -> String {
        let (list, value) = match piece {
            Piece::Verification(dossier) => (0, of_dossier(dossier)),
            Piece::Callback(callback) => (1, of_callback(callback)),
            Piece::Held(held) => (2, of_held(held)),
            Piece::Access(record) => (3, of_access(record)),
        };
        let mut text = self.advance(list);
        if !std::mem::take(&mut self.is_empty) {
            text.push(',');
        }
        text.push_str(&value.to_string());
        text
    }

    /// What closes the document.
    pub(super) fn end(mut self) -> String {
        let mut text = self.advance(LISTS.len() - 1);
        text.push_str("]}\n");
        text
    }

    /// Closes the lists before `list` and opens it.
    fn advance(&mut self, list: usize) -> String {
        let mut text = String::new();
        if self.list.is_none() {
            let head = json!({ "exportedAt": self.at, "userId": self.user }).to_string();
            text.push_str(head.trim_end_matches('}'));
        }
        let first = self.list.map_or(0, |list| list + 1);
        for (place, name) in LISTS.iter().enumerate().take(list + 1).skip(first) {
            let before = if place > 0 { "]," } else { "," };
            text.extend([before, "\"", name, "\":["]);
            self.is_empty = true;
        }
        self.list = Some(list);
        text
    }
}

/// A receipt with its hash.
pub(super) fn receipt(receipt: &ErasureReceipt) -> String {
    let canonical = receipt.canonical();
    let hashed = canonical.trim_end_matches('}');
    format!("{hashed},\"hash\":\"{}\"}}", receipt.hash)
}

fn of_dossier(dossier: &Dossier) -> Value {
    let mut all = match &dossier.verification {
        Some(verification) => of_verification(verification),
        None => json!({ "damaged": true }),
    };
    let submission = dossier
        .submission
        .as_ref()
        .map(|it| json!({ "recordedAt": it.recorded_at, "body": body(&it.body) }));
    put(&mut all, "id", Some(dossier.id.to_string()));
    put(&mut all, "submissionData", submission);
    put(&mut all, "timeline", Some(list(&dossier.timeline, of_note)));
    put(&mut all, "callbacks", Some(list(&dossier.callbacks, of_callback)));
    put(&mut all, "webhooks", Some(list(&dossier.webhooks, of_webhook)));
    put(&mut all, "idempotentAnswers", Some(dossier.answers));
    put(&mut all, "usedContactProofs", Some(dossier.proofs));
    put(&mut all, "waysBack", Some(dossier.returns));
    all
}

fn of_verification(verification: &Verification) -> Value {
    let verified = &verification.contact;
    let mut contact = json!({
        "kind": verified.contact.kind().as_str(), "source": verified.source.as_str(),
        "verificationReferenceId": verified.reference.as_str(),
    });
    put(&mut contact, "value", verified.contact.held().map(Contact::expose));
    put(&mut contact, "verifiedAt", verified.verified_at);
    let mut all = json!({
        "app": verification.app.as_str(), "locale": verification.locale.as_str(),
        "status": verification.status.as_str(), "revision": verification.revision,
        "captured": verification.captured, "unconfirmed": verification.settled_unconfirmed,
        "createdAt": verification.created_at, "updatedAt": verification.updated_at,
        "expiresAt": verification.expires_at(), "contact": contact,
        "attempts": list(&verification.attempts, of_attempt),
    });
    put(&mut all, "reasonCode", verification.reason.map(ReasonCode::as_str));
    put(&mut all, "reference", verification.reference.as_deref());
    put(&mut all, "consentReference", verification.consent_reference.as_deref());
    let submission = verification.submission.as_ref().map(|submission| {
        let mut all = json!({ "id": submission.id.as_str(), "status": submission.status.as_str() });
        put(&mut all, "result", submission.result.as_ref().map(SubmissionResult::as_str));
        put(&mut all, "reasonCode", submission.reason_code.as_deref());
        put(&mut all, "processedAt", submission.processed_at);
        all
    });
    put(&mut all, "submission", submission);
    all
}

/// Of a credential only whether it is held.
fn of_attempt(attempt: &Attempt) -> Value {
    let mut all = json!({
        "sessionId": attempt.session.as_str(), "channel": attempt.channel.as_str(),
        "state": attempt.state.as_str(), "createdAt": attempt.created_at,
    });
    let redirects = attempt.redirects.as_ref();
    put(&mut all, "redirectUrls", redirects.map(|urls| {
        json!({ "success": unsigned(urls.success()), "failure": unsigned(urls.failure()) })
    }));
    put(
        &mut all,
        "credential",
        attempt.issued.as_ref().map(|issued| {
            let kind = match (&issued.credential, attempt.channel) {
                (Credential::SdkToken(_), _) | (Credential::Forgotten, Channel::Sdk) => "sdk_token",
                (Credential::LaunchUrl(_), _) | (Credential::Forgotten, Channel::Web) => {
                    "launch_url"
                }
            };
            json!({ "kind": kind, "held": issued.is_held(), "expiresAt": issued.expires_at })
        }),
    );
    all
}

fn of_note(note: &Note) -> Value {
    let mut all = json!({
        "at": note.at, "kind": note.kind.as_str(), "status": note.status.as_str(),
        "revision": note.revision,
    });
    put(&mut all, "detail", note.detail);
    all
}

fn of_callback(callback: &StoredCallback) -> Value {
    let mut all = json!({
        "id": callback.id.to_string(), "state": callback.state.as_str(),
        "receivedAt": callback.received_at, "lastAt": callback.last_at,
        "deliveries": callback.deliveries,
    });
    put(&mut all, "body", callback.body.as_ref().map(body));
    all
}

fn of_webhook(delivery: &Delivery) -> Value {
    let mut all = json!({
        "id": delivery.id.to_string(), "endpoint": delivery.endpoint.as_str(),
        "event": delivery.event.as_str(), "occurredAt": delivery.occurred_at,
        "state": DeliveryState::as_str(delivery.state),
    });
    put(&mut all, "status", Some(delivery.status.as_str()));
    all
}

fn of_held(held: &HeldRecord) -> Value {
    json!({
        "verificationId": held.verification.to_string(), "erasedAt": held.erased_at,
        "until": held.until, "data": body(&held.body),
    })
}

fn of_access(record: &AuditRecord) -> Value {
    let mut all = json!({
        "at": record.at, "action": record.action.as_str(), "actor": record.actor.to_text(),
    });
    put(&mut all, "verificationId", record.verification.map(|id| id.to_string()));
    put(&mut all, "detail", record.detail.as_deref());
    all
}

fn list<T>(items: &[T], each: impl Fn(&T) -> Value) -> Value {
    items.iter().map(each).collect()
}

fn put(all: &mut Value, name: &str, value: Option<impl serde::Serialize>) {
    if let (Some(members), Some(value)) = (all.as_object_mut(), value) {
        members.insert(name.to_owned(), json!(value));
    }
}

/// A body of the provider's as it came, but for what would open something: JSON as JSON, else text.
fn body(bytes: &Pii<Vec<u8>>) -> Value {
    let text = || Value::String(String::from_utf8_lossy(bytes.expose()).into_owned());
    closed(serde_json::from_slice(bytes.expose()).unwrap_or_else(|_| text()))
}

/// The same with every address without its query.
fn closed(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(unsigned(&text)),
        Value::Array(items) => items.into_iter().map(closed).collect(),
        Value::Object(members) => Value::Object(
            members.into_iter().map(|(name, value)| (name, closed(value))).collect::<Map<_, _>>(),
        ),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
    }
}

/// An address without what is signed in it; any other text as it is. Texts within texts, as held
/// records have them, are taken apart as well.
fn unsigned(text: &str) -> String {
    if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
        return closed(inner).to_string();
    }
    let end = text.find(['?', '#']).filter(|_| text.contains("://"));
    match end.and_then(|end| text.get(..end)) {
        Some(address) => format!("{address}?…"),
        None => text.to_owned(),
    }
}
