//! The provider's spelling.
//!
//! Invariant: what we send is strict, what we read is lenient. The provider's documents disagree
//! about strings and numbers, about `snake_case` and `camelCase`, and about what may be missing; so
//! every such form is read, unknown members are ignored, and only a doubled member is refused,
//! because nobody can say which of the two counts.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, value::RawValue};

/// Our request to initiate a flow.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InitiateFlowRequest<'a> {
    pub(super) flow: &'static str,
    pub(super) source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) success_redirection_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failure_redirection_url: Option<&'a str>,
    pub(super) additional_details: AdditionalDetails<'a>,
}

/// Whom the flow is about. The locale stands here and nowhere else: the schemas agree on this
/// place, and one sample that has it further up does not.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AdditionalDetails<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) phone_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<&'a str>,
    pub(super) data_verification: DataVerification<'a>,
    pub(super) user_locale: &'static str,
}

/// That the partner verified the contact; an entry for each contact that is sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DataVerification<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) phone_number: Option<Proof<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<Proof<'a>>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Proof<'a> {
    pub(super) is_verified: bool,
    pub(super) verification_reference_id: &'a str,
}

/// The frame around every answer, good or bad.
#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(default)]
    pub(super) success: Option<bool>,
    #[serde(default, borrow)]
    pub(super) data: Option<&'a RawValue>,
    #[serde(default)]
    pub(super) errors: Option<Vec<Fault>>,
}

/// One complaint. Its `code` is not read: the same code means different things.
#[derive(Deserialize)]
pub(super) struct Fault {
    #[serde(default, deserialize_with = "text")]
    pub(super) cause: Option<String>,
}

/// A partner token, a user token, or a launch URL.
#[derive(Deserialize)]
pub(super) struct Issued {
    #[serde(default, deserialize_with = "text")]
    pub(super) token: Option<String>,
    #[serde(default, alias = "launchUrl", deserialize_with = "text")]
    pub(super) launch_url: Option<String>,
    #[serde(default, alias = "expirySeconds", deserialize_with = "number")]
    pub(super) expiry_seconds: Option<i64>,
    #[serde(default, alias = "expiresAt", deserialize_with = "number")]
    pub(super) expires_at: Option<i64>,
}

/// What the provider says about a submission, in a callback or in details.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Statement<'a> {
    #[serde(default, alias = "submission_id", deserialize_with = "text")]
    pub(super) submission_id: Option<String>,
    #[serde(default, alias = "user_id", deserialize_with = "text")]
    pub(super) user_id: Option<String>,
    #[serde(default, alias = "user_id_type", deserialize_with = "text")]
    pub(super) user_id_type: Option<String>,
    #[serde(default, alias = "partner_session_id", deserialize_with = "text")]
    pub(super) partner_session_id: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(super) status: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(super) result: Option<String>,
    #[serde(default, alias = "reason_code", deserialize_with = "text")]
    pub(super) reason_code: Option<String>,
    #[serde(default, alias = "processed_at", deserialize_with = "text")]
    pub(super) processed_at: Option<String>,
    #[serde(default, alias = "submission_details")]
    pub(super) submission_details: Option<SubmissionDetails>,
    /// There only if a callback comes in the frame that callbacks are not said to have.
    #[serde(default, borrow)]
    pub(super) data: Option<&'a RawValue>,
}

/// The part of the details that can contradict a good result.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SubmissionDetails {
    #[serde(default, alias = "verification_result", alias = "verificationResults")]
    pub(super) verification_result: Option<Value>,
}

/// Reads an object; serde alone would take an array of its members in their order as well.
pub(super) fn object<'a, T: Deserialize<'a>>(json: &'a str) -> Option<T> {
    json.trim_ascii_start().starts_with('{').then(|| serde_json::from_str(json).ok()).flatten()
}

/// A text, or a number taken as text. Empty counts as absent, as does everything else.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    })
}

/// A whole number, or a text that holds one; a fraction is cut off.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    let text = text(from)?;
    Ok(text.and_then(|text| text.trim().split('.').next().and_then(|whole| whole.parse().ok())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issued(json: &str) -> Issued {
        object(json).unwrap()
    }

    #[test]
    fn times_are_read_as_strings_and_as_numbers_in_both_spellings() {
        for json in [
            r#"{"expiry_seconds":"1800","expires_at":"1780284600"}"#,
            r#"{"expiry_seconds":1800,"expires_at":1780284600}"#,
            r#"{"expirySeconds":" 1800 ","expiresAt":1780284600.75}"#,
            r#"{"expirySeconds":"1800.5","expiresAt":"1780284600","extra":{"a":[1]}}"#,
        ] {
            let issued = issued(json);
            assert_eq!(issued.expiry_seconds, Some(1800), "{json}");
            assert_eq!(issued.expires_at, Some(1_780_284_600), "{json}");
        }
    }

    #[test]
    fn what_is_no_number_counts_as_absent() {
        for json in [
            r#"{"expiry_seconds":""}"#,
            r#"{"expiry_seconds":"soon"}"#,
            r#"{"expiry_seconds":null}"#,
            r#"{"expiry_seconds":[1]}"#,
            r#"{"expiry_seconds":1e40}"#,
            r#"{"expiry_seconds":"99999999999999999999"}"#,
            "{}",
        ] {
            assert_eq!(issued(json).expiry_seconds, None, "{json}");
        }
    }

    #[test]
    fn a_doubled_member_is_refused() {
        assert!(object::<Issued>(r#"{"token":"a","token":"b"}"#).is_none());
        assert!(object::<Statement<'_>>(r#"{"status":"ERROR","status":"COMPLETED"}"#).is_none());
    }

    #[test]
    fn only_an_object_is_an_object() {
        for json in ["", "[]", "null", "1", r#"["a"]"#, "{", r#"{"a":1} x"#] {
            assert!(object::<Issued>(json).is_none(), "{json}");
        }
        assert!(object::<Issued>(" \n{}").is_some());
    }
}
