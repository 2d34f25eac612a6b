//! A submission in the provider's words: the body of a callback and the `data` of a details answer.
//!
//! The two shapes are one object with small differences: details add `flow`, `processedAt` and the
//! certificate's `registrationId`. A callback has no envelope.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::facts::{Checks, Facts, Papers};
use super::link::LinkKey;
use super::person;

/// What is always told about a submission, whatever its state.
#[derive(Clone, Debug)]
pub(super) struct Heading {
    pub(super) submission_id: String,
    pub(super) user_id: String,
    pub(super) user_id_type: String,
    /// The session of the call that created the submission.
    pub(super) session_id: String,
    pub(super) registration_id: String,
}

/// Where pictures are, and what signs links to them.
pub(super) struct Gallery<'a> {
    pub(super) base_url: &'a str,
    pub(super) key: &'a LinkKey,
    pub(super) now: Timestamp,
}

/// The body of a callback.
pub(super) fn callback(heading: &Heading, facts: &Facts, gallery: &Gallery<'_>) -> Value {
    Value::Object(paper(heading, facts, gallery))
}

/// The `data` of a details answer; `processed_at` is when the facts became so.
pub(super) fn details(
    heading: &Heading,
    facts: &Facts,
    gallery: &Gallery<'_>,
    processed_at: Timestamp,
) -> Value {
    let mut paper = paper(heading, facts, gallery);
    paper.insert("flow".to_owned(), json!("STANDALONE_IDENTITY_VERIFICATION"));
    if facts.status != "IN_PROGRESS" {
        let time = processed_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        paper.insert("processedAt".to_owned(), json!(time));
    }
    if let Some(certificate) = paper
        .get_mut("submissionDetails")
        .and_then(|details| details.get_mut("certificateRegistration"))
        .and_then(Value::as_object_mut)
    {
        certificate.insert("registrationId".to_owned(), json!(heading.registration_id));
    }
    Value::Object(paper)
}

fn paper(heading: &Heading, facts: &Facts, gallery: &Gallery<'_>) -> Map<String, Value> {
    let mut paper = Map::new();
    let mut put = |name: &str, value: Value| paper.insert(name.to_owned(), value);
    put("submissionId", json!(heading.submission_id));
    put("userId", json!(heading.user_id));
    put("userIdType", json!(heading.user_id_type));
    put("partnerSessionId", json!(heading.session_id));
    put("status", json!(facts.status));
    if let Some(result) = facts.result {
        put("result", json!(result));
    }
    if let Some(reason) = facts.reason {
        put("reasonCode", json!(reason));
    }
    let parts = parts(heading, facts, gallery);
    if !parts.is_empty() {
        put("submissionDetails", Value::Object(parts));
    }
    if facts.extra {
        put("memberOfTomorrow", json!({ "nested": [1, "two", null] }));
    }
    paper
}

fn parts(heading: &Heading, facts: &Facts, gallery: &Gallery<'_>) -> Map<String, Value> {
    let mut parts = Map::new();
    let mut put = |name: &str, value: Value| parts.insert(name.to_owned(), value);
    if let Some(checks) = facts.checks {
        let verdict = |fails: bool| if fails { "FAIL" } else { "PASS" };
        put(
            "verificationResult",
            json!({
                "nik": verdict(checks == Checks::NikFails),
                "name": "PASS",
                "dateOfBirth": "PASS",
                "selfie": verdict(checks == Checks::SelfieFails),
            }),
        );
    }
    if facts.papers != Papers::Nothing {
        put("ktpData", person::card(&heading.user_id));
    }
    if facts.papers == Papers::CardAndCertificate {
        put(
            "certificateRegistration",
            json!({
                "eligibleToActivate": true,
                "onboardingCode": "NEW_USER",
                "shouldSkipActivation": true,
            }),
        );
    }
    if let (Some("INVALID" | "REJECTED"), Some(reason)) = (facts.result, facts.reason) {
        put("rejectionReasonTranslations", translations(reason));
    }
    // Pictures are told once there is a result; a failed processing tells nothing.
    if facts.result.is_some() {
        put("imageUrls", image_urls(heading, facts, gallery));
    }
    if facts.extra {
        put("partOfTomorrow", json!({ "score": 0.5 }));
    }
    parts
}

/// A rejected capture has no second selfie.
fn image_urls(heading: &Heading, facts: &Facts, gallery: &Gallery<'_>) -> Value {
    let link = |kind: &str| {
        let name = format!("{}_{kind}", heading.submission_id);
        format!("{}{}", gallery.base_url, gallery.key.sign(&name, gallery.now))
    };
    let mut urls = Map::new();
    urls.insert("KTP".to_owned(), json!(link("KTP")));
    urls.insert("SELFIE".to_owned(), json!(link("SELFIE")));
    if facts.checks.is_some() {
        urls.insert("ADDITIONAL_SELFIE".to_owned(), json!(link("ADDITIONAL_SELFIE")));
    }
    Value::Object(urls)
}

fn translations(reason: &str) -> Value {
    let (english, indonesian) = match reason {
        "FRAUD_REJECT" => ("The check did not succeed", "Pemeriksaan tidak berhasil"),
        "NOT_EKTP" => ("The card in the photo is not an eKTP", "Kartu pada foto bukan eKTP"),
        "DUKCAPIL_REJECTED" => {
            ("The data differ from the civil registry", "Data berbeda dengan catatan Dukcapil")
        }
        "LIVENESS_CHECK_FAILED" => {
            ("The selfie was not taken live", "Swafoto tidak diambil secara langsung")
        }
        "EMAIL_HAS_BEEN_USED" => {
            ("The email belongs to another person", "Email sudah dipakai orang lain")
        }
        "PHONE_HAS_BEEN_USED" => {
            ("The phone number belongs to another person", "Nomor ponsel sudah dipakai orang lain")
        }
        _ => ("The identity could not be verified", "Identitas tidak dapat diverifikasi"),
    };
    json!({
        "en_ID": { "title": "Not verified", "message": english },
        "id_ID": { "title": "Tidak terverifikasi", "message": indonesian },
    })
}
