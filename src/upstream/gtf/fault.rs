//! What the provider's refusals mean.
//!
//! Invariant: the status and the documented cause decide, never the `code`, which is used for
//! different things. A cause that is not in the table is neither logged nor passed on.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};

use super::wire::Envelope;
use crate::upstream::error::UpstreamError;

/// Whose matter a cause is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Meaning {
    /// What an operator configured, or how we build requests: no user can mend it.
    Ours,
    /// The form of the contact: the user may correct it.
    Contact,
    /// The session id was used before.
    Duplicate,
    /// Nothing more than the status says.
    Plain,
}

/// Every cause that is documented for the calls we make.
const CAUSES: [(&str, Meaning); 27] = [
    // Get partner token.
    ("MISSING_CLIENT_ID", Meaning::Ours),
    ("MISSING_PASS_KEY", Meaning::Ours),
    // Headers of the data calls.
    ("ESIGN_PARTNER_CAN_NOT_BE_EMPTY", Meaning::Ours),
    ("ESIGN_ONBOARDING_PARTNER_CAN_NOT_BE_EMPTY", Meaning::Ours),
    ("PARTNER_USER_ID_CAN_NOT_BE_EMPTY", Meaning::Ours),
    ("PARTNER_USER_ID_TYPE_CAN_NOT_BE_EMPTY", Meaning::Ours),
    ("PARTNER_SESSION_ID_CANNOT_BE_EMPTY", Meaning::Ours),
    ("ONBOARDING_PARTNER_DOES_NOT_BELONG_TO_CLIENT", Meaning::Ours),
    ("FORBIDDEN", Meaning::Ours),
    // The body of initiate-flow.
    ("INVALID_FLOW", Meaning::Ours),
    ("INVALID_PARTNER", Meaning::Ours),
    ("INVALID_SOURCE", Meaning::Ours),
    ("ADDITIONAL_DETAILS_IS_NULL", Meaning::Ours),
    ("DATA_VERIFICATION_IS_EMPTY", Meaning::Ours),
    ("PHONE_NUMBER_OR_EMAIL_IS_REQUIRED", Meaning::Ours),
    ("EMAIL_VERIFICATION_IS_REQUIRED", Meaning::Ours),
    ("EMAIL_VERIFICATION_REFERENCE_ID_IS_REQUIRED", Meaning::Ours),
    ("PHONE_NUMBER_VERIFICATION_MUST_BE_TRUE", Meaning::Ours),
    ("PHONE_NUMBER_VERIFICATION_REFERENCE_ID_IS_REQUIRED", Meaning::Ours),
    ("EMAIL_IS_NULL", Meaning::Contact),
    ("EMAIL_IS_INVALID", Meaning::Contact),
    ("PHONE_NUMBER_IS_INVALID", Meaning::Contact),
    ("DUPLICATE_PARTNER_SESSION_ID", Meaning::Duplicate),
    // Submissions.
    ("SUBMISSION_ID_DOES_NOT_BELONG_TO_CURRENT_USER", Meaning::Plain),
    ("USER_NOT_FOUND", Meaning::Plain),
    ("USER_NOT_FOUND_FOR_PARTNER_AND_PARTNER_USER_ID_AND_PARTNER_USER_ID_TYPE", Meaning::Plain),
    // Everywhere. `UNAUTHORIZED` comes with 401, which is told by its status.
    ("GENERIC_SERVICE_ERROR", Meaning::Plain),
];

/// A longer wait is not waited for: the provider may be back sooner, and we ask again anyway.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// Reads an answer that brings nothing: any status but success, or success that says it is none.
pub(super) fn fault(
    operation: &'static str,
    status: StatusCode,
    retry_after: Option<Duration>,
    envelope: Option<&Envelope<'_>>,
) -> UpstreamError {
    let known = causes(envelope);
    let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
    tracing::warn!(operation, status = status.as_u16(), causes = ?names, "the provider refused");
    let found =
        |wanted| known.iter().find(|(_, meaning)| *meaning == wanted).map(|(name, _)| *name);
    let code = status.as_u16();
    if status == StatusCode::UNAUTHORIZED {
        return UpstreamError::Unauthorized;
    }
    if status.is_server_error() || matches!(code, 408 | 425 | 429) {
        return UpstreamError::Unavailable { status: code, retry_after };
    }
    // Several causes may come together. One that only an operator can mend outweighs one that the
    // user can, and both outweigh one that a new session id would cure.
    if let Some(cause) = found(Meaning::Ours) {
        return UpstreamError::Misconfigured(cause);
    }
    if let Some(cause) = found(Meaning::Contact) {
        return UpstreamError::ContactRefused(cause);
    }
    if found(Meaning::Duplicate).is_some() {
        return UpstreamError::DuplicateSession;
    }
    if status == StatusCode::FORBIDDEN {
        return UpstreamError::Misconfigured("403 without a documented cause");
    }
    if status.is_success() {
        return UpstreamError::Garbled("success that says it is none");
    }
    UpstreamError::Refused { status: code }
}

/// How long the provider asks us to wait, in either form of the header (RFC 9110, section 10.2.3).
pub(in crate::upstream) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if let Ok(seconds) = text.parse() {
        Duration::from_secs(seconds)
    } else {
        let at = rfc2822::parse(text).ok()?.timestamp();
        Duration::try_from(at.duration_since(now)).unwrap_or_default()
    };
    Some(wait.min(LONGEST_WAIT))
}

/// The documented causes in an answer. One list entry of the provider's documents is two causes
/// with a slash between.
fn causes(envelope: Option<&Envelope<'_>>) -> Vec<(&'static str, Meaning)> {
    let faults = envelope.and_then(|envelope| envelope.errors.as_deref()).unwrap_or_default();
    faults
        .iter()
        .filter_map(|fault| fault.cause.as_deref())
        .flat_map(|cause| cause.split('/'))
        .filter_map(|cause| CAUSES.iter().find(|(name, _)| *name == cause.trim()).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::gtf::wire::object;

    fn read(status: u16, body: &str) -> UpstreamError {
        let envelope = object(body);
        fault("test", StatusCode::from_u16(status).unwrap(), None, envelope.as_ref())
    }

    fn refusal(status: u16, causes: &[&str]) -> String {
        let errors: Vec<_> =
            causes.iter().map(|cause| format!(r#"{{"code":1539,"cause":"{cause}"}}"#)).collect();
        let body = format!(r#"{{"success":false,"data":null,"errors":[{}]}}"#, errors.join(","));
        format!("{:?}", read(status, &body))
    }

    #[test]
    fn each_documented_cause_has_its_meaning() {
        for (cause, meaning) in CAUSES {
            let expected = match meaning {
                Meaning::Ours => format!("Misconfigured({cause:?})"),
                Meaning::Contact => format!("ContactRefused({cause:?})"),
                Meaning::Duplicate => "DuplicateSession".to_owned(),
                Meaning::Plain => "Refused { status: 400 }".to_owned(),
            };
            assert_eq!(refusal(400, &[cause]), expected);
        }
    }

    #[test]
    fn two_causes_in_one_string_are_both_read() {
        assert_eq!(
            refusal(400, &["EMAIL_IS_NULL/EMAIL_IS_INVALID"]),
            r#"ContactRefused("EMAIL_IS_NULL")"#
        );
    }

    #[test]
    fn of_several_causes_the_one_hardest_to_mend_counts() {
        assert_eq!(
            refusal(400, &["DUPLICATE_PARTNER_SESSION_ID", "PHONE_NUMBER_IS_INVALID"]),
            r#"ContactRefused("PHONE_NUMBER_IS_INVALID")"#
        );
        assert_eq!(
            refusal(400, &["PHONE_NUMBER_IS_INVALID", "INVALID_SOURCE"]),
            r#"Misconfigured("INVALID_SOURCE")"#
        );
    }

    #[test]
    fn the_status_outweighs_the_cause_where_it_says_more() {
        assert_eq!(refusal(401, &["UNAUTHORIZED"]), "Unauthorized");
        assert_eq!(refusal(401, &["INVALID_SOURCE"]), "Unauthorized");
        for status in [408, 429, 500, 502, 503, 504, 599] {
            assert_eq!(
                refusal(status, &["INVALID_SOURCE"]),
                format!("Unavailable {{ status: {status}, retry_after: None }}")
            );
        }
    }

    #[test]
    fn what_is_undocumented_is_told_by_its_status_alone() {
        assert_eq!(refusal(400, &["SOMETHING_NEW"]), "Refused { status: 400 }");
        assert_eq!(refusal(302, &[]), "Refused { status: 302 }");
        assert_eq!(format!("{:?}", read(404, "<html>")), "Refused { status: 404 }");
        assert_eq!(
            refusal(403, &["SOMETHING_NEW"]),
            r#"Misconfigured("403 without a documented cause")"#
        );
        assert_eq!(refusal(200, &[]), r#"Garbled("success that says it is none")"#);
    }

    #[test]
    fn both_forms_of_retry_after_are_read() {
        let now: Timestamp = "1994-11-06T08:49:00Z".parse().unwrap();
        let wait = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers, now).map(|wait| wait.as_secs())
        };
        assert_eq!(wait("7"), Some(7));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(37));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(wait("999999999"), Some(3600));
        assert_eq!(wait("soon"), None);
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
