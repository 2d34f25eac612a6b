//! A statement about a submission, as our words.
//!
//! Invariant: nothing that is missing, unknown or of a wrong form can turn into approval. The
//! statement itself is kept byte for byte, so that a mistake made here can be mended later.

use jiff::Timestamp;
use serde_json::Value;

use super::wire::{Statement, object};
use crate::domain::{
    Pii, SessionId, Submission, SubmissionId, SubmissionReport, SubmissionResult, SubmissionStatus,
};

/// Reads a statement; the error says what is wrong with it, not what it holds.
pub(super) fn read(json: &str, user_id_type: &str) -> Result<SubmissionReport, &'static str> {
    let statement: Statement<'_> = object(json).ok_or("no JSON object of the agreed form")?;
    // Callbacks are said to come without the frame of answers; one that has it is read as well.
    if statement.submission_id.is_none()
        && let Some(framed) = statement.data
    {
        let inner = object(framed.get()).ok_or("`data` is no statement")?;
        return report(inner, framed.get(), user_id_type);
    }
    report(statement, json, user_id_type)
}

fn report(
    statement: Statement<'_>,
    json: &str,
    user_id_type: &str,
) -> Result<SubmissionReport, &'static str> {
    let id = statement.submission_id.ok_or("`submissionId` is missing")?;
    let id = SubmissionId::parse(&id).map_err(|_| "`submissionId` is no id")?;
    let status = statement.status.ok_or("`status` is missing")?;
    let checks = statement.submission_details.and_then(|details| details.verification_result);
    Ok(SubmissionReport {
        submission: Submission {
            id,
            status: SubmissionStatus::parse(&status),
            result: statement.result.as_deref().map(SubmissionResult::parse),
            reason_code: statement.reason_code,
            processed_at: statement.processed_at.as_deref().and_then(time),
        },
        session: statement.partner_session_id.and_then(|id| SessionId::parse(&id).ok()),
        user: statement.user_id.map(Pii::new),
        user_type_fits: statement.user_id_type.map(|named| named == user_id_type),
        any_check_failed: checks.as_ref().is_some_and(says_fail),
        body: Pii::new(json.as_bytes().to_vec()),
    })
}

/// RFC 3339, as all samples have it; or seconds of the epoch, as all other times are. In milliseconds,
/// as it is kept: what is finer would look like news whenever the same is said again.
fn time(text: &str) -> Option<Timestamp> {
    let seconds = || text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let at: Timestamp = text.parse().ok().or_else(seconds)?;
    Timestamp::from_millisecond(at.as_millisecond()).ok()
}

/// Whether any single check failed, however deep it stands. The other product of the provider has
/// objects and booleans where this one has `PASS` and `FAIL`.
fn says_fail(checks: &Value) -> bool {
    match checks {
        Value::String(text) => {
            text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("fail"))
        }
        Value::Bool(passed) => !passed,
        Value::Array(all) => all.iter().any(says_fail),
        Value::Object(all) => all.values().any(says_fail),
        Value::Null | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ReasonCode, Standing};

    const TYPE: &str = "EXAMPLE_APP_USER_ID";

    fn standing(json: &str) -> Standing {
        read(json, TYPE).unwrap().standing()
    }

    #[test]
    fn a_full_statement_is_read_whole() {
        let json = r#"{"submissionId":"3d0f","userId":"cust-1","userIdType":"EXAMPLE_APP_USER_ID",
            "partnerSessionId":"not-a-uuid","flow":"X","status":"COMPLETED","result":"VALID",
            "processedAt":"2026-06-01T03:15:42.123456Z","submissionDetails":{"verificationResult":
            {"nik":"PASS"},"ktpData":{"nik":"9901015403920001"}}}"#;

        let report = read(json, TYPE).unwrap();

        assert_eq!(report.submission.id.as_str(), "3d0f");
        assert_eq!(report.session.as_ref().unwrap().as_str(), "not-a-uuid");
        assert_eq!(report.user.as_ref().unwrap().expose(), "cust-1");
        assert_eq!(report.user_type_fits, Some(true));
        let processed_at = report.submission.processed_at.unwrap();
        assert_eq!(processed_at.as_nanosecond(), 1_780_283_742_123_000_000, "as it is kept");
        assert_eq!(report.body.expose(), json.as_bytes());
        assert_eq!(report.standing(), Standing::Approved);
    }

    #[test]
    fn id_and_status_are_enough() {
        let report = read(r#"{"submissionId":"a","status":"ERROR"}"#, TYPE).unwrap();

        assert_eq!(report.standing(), Standing::Failed(ReasonCode::from_provider(None, None)));
        assert_eq!((report.user_type_fits, report.session), (None, None));
    }

    #[test]
    fn a_frame_around_a_callback_is_taken_off() {
        let report =
            read(r#"{"success":true,"data":{"submissionId":"a","status":"ERROR"}}"#, TYPE).unwrap();

        assert_eq!(report.body.expose(), br#"{"submissionId":"a","status":"ERROR"}"#);
    }

    #[test]
    fn a_failed_check_keeps_a_valid_result_from_approving() {
        for checks in [
            r#"{"nik":"PASS","selfie":"FAIL"}"#,
            r#"{"selfie":"failed"}"#,
            r#"{"selfie":false}"#,
            r#"{"faceMatch":{"result":false,"score":1}}"#,
            r#"[{"name":"nik","outcome":"FAIL"}]"#,
        ] {
            let json = format!(
                r#"{{"submissionId":"a","status":"COMPLETED","result":"VALID",
                "submissionDetails":{{"verificationResult":{checks}}}}}"#
            );
            assert_ne!(standing(&json), Standing::Approved, "{checks}");
        }
    }

    #[test]
    fn unknown_values_are_kept_and_never_approve() {
        for json in [
            r#"{"submissionId":"a","status":"DONE","result":"VALID"}"#,
            r#"{"submissionId":"a","status":"COMPLETED","result":"VALIDATED"}"#,
            r#"{"submissionId":"a","status":"COMPLETED","result":["VALID"]}"#,
            r#"{"submissionId":"a","status":"COMPLETED","result":""}"#,
            r#"{"submissionId":"a","status":"completed","result":"VALID"}"#,
        ] {
            assert_eq!(standing(json), Standing::Processing, "{json}");
        }
    }

    #[test]
    fn what_is_no_statement_is_refused_without_its_words() {
        for (json, why) in [
            ("", "no JSON object of the agreed form"),
            ("[]", "no JSON object of the agreed form"),
            ("{", "no JSON object of the agreed form"),
            (r#"{"status":"ERROR"}"#, "`submissionId` is missing"),
            (r#"{"submissionId":{},"status":"ERROR"}"#, "`submissionId` is missing"),
            (r#"{"submissionId":"a\u0000b","status":"ERROR"}"#, "`submissionId` is no id"),
            (r#"{"submissionId":"a"}"#, "`status` is missing"),
            (r#"{"success":true,"data":[]}"#, "`data` is no statement"),
            (
                r#"{"submissionId":"a","status":"ERROR","status":"COMPLETED"}"#,
                "no JSON object of the agreed form",
            ),
            (
                r#"{"submissionId":"a","status":"ERROR","submissionDetails":"x"}"#,
                "no JSON object of the agreed form",
            ),
        ] {
            assert_eq!(read(json, TYPE).unwrap_err(), why, "{json}");
        }
    }
}
