//! The data of a document, out of the provider's statement about it.
//!
//! Invariant: only what is known by name is taken, so that nothing the provider adds one day leaves the
//! gateway unasked. What is missing or of a wrong form is left out, and never guessed.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::wire::object;
use crate::domain::{CHECKS, CertificateRegistration, CheckOutcome, Document, KtpField, Pii};

/// What of a statement is about the document. The rest was read when it came.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    #[serde(default, alias = "submission_details")]
    submission_details: Option<Map<String, Value>>,
}

/// The data in a statement as it was kept.
pub fn document(statement: &[u8]) -> Document {
    let text = std::str::from_utf8(statement).ok();
    let details = text.and_then(object::<Statement>).and_then(|it| it.submission_details);
    let Some(details) = details else { return Document::default() };
    let part = |names: &[&str]| names.iter().find_map(|name| details.get(*name)?.as_object());
    Document {
        ktp: part(&["ktpData", "ktp_data"]).map(ktp).filter(|fields| !fields.is_empty()),
        checks: part(&["verificationResult", "verification_result", "verificationResults"])
            .map(checks)
            .filter(|checks| !checks.is_empty()),
        certificate: part(&["certificateRegistration", "certificate_registration"])
            .map(certificate)
            .filter(|certificate| *certificate != CertificateRegistration::default()),
    }
}

fn ktp(card: &Map<String, Value>) -> Vec<(KtpField, Pii<String>)> {
    let field = |field: KtpField| Some((field, Pii::new(text(member(card, field.as_str())?)?)));
    KtpField::ALL.into_iter().filter_map(field).collect()
}

fn checks(results: &Map<String, Value>) -> Vec<(&'static str, CheckOutcome)> {
    let check = |name| {
        let outcome = match member(results, name)? {
            Value::Null => return None,
            Value::Bool(true) => CheckOutcome::Pass,
            Value::Bool(false) => CheckOutcome::Fail,
            Value::String(said) if said.eq_ignore_ascii_case("pass") => CheckOutcome::Pass,
            Value::String(said) if said.eq_ignore_ascii_case("fail") => CheckOutcome::Fail,
            Value::String(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                CheckOutcome::Unknown
            }
        };
        Some((name, outcome))
    };
    CHECKS.into_iter().filter_map(check).collect()
}

fn certificate(registration: &Map<String, Value>) -> CertificateRegistration {
    let flag = |name| member(registration, name).and_then(Value::as_bool);
    let word = |name| member(registration, name).and_then(text);
    CertificateRegistration {
        eligible_to_activate: flag("eligibleToActivate"),
        should_skip_activation: flag("shouldSkipActivation"),
        onboarding_code: word("onboardingCode"),
        registration_id: word("registrationId").map(Pii::new),
    }
}

/// A member by its name in `camelCase`, or by the same in `snake_case`.
fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| {
        let mut snake = String::with_capacity(name.len() + 4);
        for letter in name.chars() {
            if letter.is_ascii_uppercase() {
                snake.push('_');
            }
            snake.push(letter.to_ascii_lowercase());
        }
        object.get(&snake)
    })
}

/// A text, or a number taken as text. Longer ones than any card holds are left out, as are empty ones.
fn text(value: &Value) -> Option<String> {
    const LONGEST: usize = 1024;
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (1..=LONGEST).contains(&text.len()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(details: &str) -> Document {
        document(format!(r#"{{"submissionId":"a","submissionDetails":{details}}}"#).as_bytes())
    }

    #[test]
    fn what_is_known_by_name_is_read_and_nothing_else() {
        let found = read(
            r#"{"ktpData":{"nik":9901015403920001,"name":"WENING CONTOH","validUntil":"",
            "date_of_birth":"14-03-1992","mother":"X","rt":["1"]},
            "verificationResult":{"nik":"PASS","name":"fail","selfie":{"score":1},"x":"PASS"},
            "certificateRegistration":{"eligibleToActivate":true,"onboardingCode":"NEW_USER"}}"#,
        );

        let ktp: Vec<_> = found.ktp.unwrap();
        let ktp: Vec<_> = ktp.iter().map(|(field, it)| (field.as_str(), &**it.expose())).collect();
        let expected =
            [("nik", "9901015403920001"), ("name", "WENING CONTOH"), ("dateOfBirth", "14-03-1992")];
        assert_eq!(ktp, expected);
        assert_eq!(
            found.checks.unwrap(),
            [
                ("nik", CheckOutcome::Pass),
                ("name", CheckOutcome::Fail),
                ("selfie", CheckOutcome::Unknown)
            ]
        );
        let certificate = found.certificate.unwrap();
        assert_eq!(certificate.eligible_to_activate, Some(true));
        assert_eq!(certificate.should_skip_activation, None);
    }

    #[test]
    fn what_is_of_another_form_is_no_data() {
        for details in ["{}", "[]", "null", r#"{"ktpData":[]}"#, r#"{"ktpData":{}}"#, r#"{"x":1}"#]
        {
            assert!(read(details).is_empty(), "{details}");
        }
        for statement in ["", "[]", "{", r#"{"submissionDetails":1}"#, "\u{ff}"] {
            assert!(document(statement.as_bytes()).is_empty(), "{statement}");
        }
        assert!(document(b"\xff").is_empty());
    }
}
