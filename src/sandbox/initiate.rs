//! The provider's reading of an initiate call: every mistake it names, all of them at once.
//!
//! Pure: who calls was checked before, and whether a session id is taken is known to the book.
//! Causes that no document ties to a mistake, and our choices for them, are listed in
//! `docs/sandbox.md`.

use serde_json::{Map, Value};

use super::answer::{Cause, invalid, missing};
use super::book::Source;
use super::options::SandboxOptions;

/// The headers of a data call; a missing header and an empty one are the same mistake.
#[derive(Clone, Debug, Default)]
pub(super) struct CallHeaders {
    pub(super) user_id: String,
    pub(super) user_id_type: String,
    pub(super) session_id: String,
    /// What stands in either of the two names that documents give this header.
    pub(super) onboarding: Vec<String>,
    pub(super) content_type: String,
}

/// What a correct call asks for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) source: Source,
    pub(super) phone: Option<String>,
    pub(super) email: Option<String>,
    pub(super) english: bool,
    pub(super) success_url: Option<String>,
    pub(super) failure_url: Option<String>,
}

/// Why a call is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// 400, with every mistake.
    Mistakes(Vec<Cause>),
    /// 403: the onboarding value is not this client's, or not for this source.
    NotYours,
}

/// Reads a call, or says everything that is wrong with it.
pub(super) fn read(
    headers: &CallHeaders,
    body: &[u8],
    options: &SandboxOptions,
) -> Result<Wanted, Refusal> {
    let mut mistakes = header_mistakes(headers, options);
    if headers.onboarding.is_empty() {
        mistakes.insert(0, missing("ESIGN_ONBOARDING_PARTNER_CAN_NOT_BE_EMPTY"));
    }
    if !is_json(&headers.content_type) {
        mistakes.push(invalid("INVALID_CONTENT_TYPE"));
        return Err(Refusal::Mistakes(mistakes));
    }
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
        mistakes.push(invalid("INVALID_REQUEST_BODY"));
        return Err(Refusal::Mistakes(mistakes));
    };
    if text(&body, "flow") != Some("STANDALONE_IDENTITY_VERIFICATION") {
        mistakes.push(invalid("INVALID_FLOW"));
    }
    let source = match text(&body, "source") {
        Some("SDK") => Some(Source::Sdk),
        Some("WEB_SDK") => Some(Source::WebSdk),
        Some(_) | None => None,
    };
    if source.is_none() {
        mistakes.push(invalid("INVALID_SOURCE"));
    }
    let success_url = text(&body, "successRedirectionUrl").map(str::to_owned);
    let failure_url = text(&body, "failureRedirectionUrl").map(str::to_owned);
    if source == Some(Source::WebSdk) {
        if success_url.is_none() {
            mistakes.push(invalid("SUCCESS_REDIRECTION_URL_IS_REQUIRED"));
        }
        if failure_url.is_none() {
            mistakes.push(invalid("FAILURE_REDIRECTION_URL_IS_REQUIRED"));
        }
    }
    let contact = contact(&body, &mut mistakes);
    let (Some(source), true) = (source, mistakes.is_empty()) else {
        return Err(Refusal::Mistakes(mistakes));
    };
    let belongs = match source {
        Source::Sdk => &options.onboarding_partners.sdk,
        Source::WebSdk => &options.onboarding_partners.web,
    };
    if headers.onboarding.iter().any(|value| value != belongs) {
        return Err(Refusal::NotYours);
    }
    let Contact { phone, email, english } = contact;
    Ok(Wanted { source, phone, email, english, success_url, failure_url })
}

/// The mistakes in the headers that every data call has.
pub(super) fn header_mistakes(headers: &CallHeaders, options: &SandboxOptions) -> Vec<Cause> {
    let mut mistakes = Vec::new();
    if headers.user_id.is_empty() {
        mistakes.push(invalid("PARTNER_USER_ID_CAN_NOT_BE_EMPTY"));
    }
    if headers.user_id_type.is_empty() {
        mistakes.push(invalid("PARTNER_USER_ID_TYPE_CAN_NOT_BE_EMPTY"));
    } else if options.user_id_type.as_ref().is_some_and(|agreed| *agreed != headers.user_id_type) {
        mistakes.push(invalid("INVALID_PARTNER"));
    }
    if headers.session_id.is_empty() {
        mistakes.push(invalid("PARTNER_SESSION_ID_CANNOT_BE_EMPTY"));
    }
    mistakes
}

#[derive(Default)]
struct Contact {
    phone: Option<String>,
    email: Option<String>,
    english: bool,
}

fn contact(body: &Map<String, Value>, mistakes: &mut Vec<Cause>) -> Contact {
    let Some(details) = object(body, "additionalDetails") else {
        mistakes.push(invalid("ADDITIONAL_DETAILS_IS_NULL"));
        return Contact::default();
    };
    let phone = details.get("phoneNumber");
    let email = details.get("email");
    if phone.is_none() && email.is_none() {
        mistakes.push(invalid("PHONE_NUMBER_OR_EMAIL_IS_REQUIRED"));
    }
    if phone.is_some_and(|phone| !phone.as_str().is_some_and(is_phone)) {
        mistakes.push(invalid("PHONE_NUMBER_IS_INVALID"));
    }
    match email.map(|email| email.as_str().unwrap_or_default()) {
        Some("") => mistakes.push(invalid("EMAIL_IS_NULL")),
        Some(email) if !is_email(email) => mistakes.push(invalid("EMAIL_IS_INVALID")),
        Some(_) | None => {}
    }
    match object(details, "dataVerification").filter(|proofs| !proofs.is_empty()) {
        None => mistakes.push(invalid("DATA_VERIFICATION_IS_EMPTY")),
        Some(proofs) => {
            if phone.is_some() {
                mistakes.extend(proof_mistake(
                    object(proofs, "phoneNumber"),
                    "PHONE_NUMBER_VERIFICATION_MUST_BE_TRUE",
                    "PHONE_NUMBER_VERIFICATION_REFERENCE_ID_IS_REQUIRED",
                ));
            }
            if email.is_some() {
                mistakes.extend(proof_mistake(
                    object(proofs, "email"),
                    "EMAIL_VERIFICATION_IS_REQUIRED",
                    "EMAIL_VERIFICATION_REFERENCE_ID_IS_REQUIRED",
                ));
            }
        }
    }
    Contact {
        phone: phone.and_then(Value::as_str).map(str::to_owned),
        email: email.and_then(Value::as_str).map(str::to_owned),
        // Anything but `en_ID` is the default: no document says that a locale is refused.
        english: text(details, "userLocale") == Some("en_ID"),
    }
}

/// A reference is asked for only once the contact is said to be verified.
fn proof_mistake(
    proof: Option<&Map<String, Value>>,
    unverified: &'static str,
    unreferenced: &'static str,
) -> Option<Cause> {
    match proof {
        Some(proof) if proof.get("isVerified") == Some(&Value::Bool(true)) => {
            text(proof, "verificationReferenceId").is_none().then(|| invalid(unreferenced))
        }
        Some(_) | None => Some(invalid(unverified)),
    }
}

fn object<'a>(parent: &'a Map<String, Value>, name: &str) -> Option<&'a Map<String, Value>> {
    parent.get(name).and_then(Value::as_object)
}

/// A member that is a string and not empty.
fn text<'a>(parent: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    parent.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn is_json(content_type: &str) -> bool {
    content_type
        .split(';')
        .next()
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// `62` and then 9 to 13 digits: 11 to 15 characters in all, no `+`.
fn is_phone(text: &str) -> bool {
    text.strip_prefix("62").is_some_and(|rest| {
        (9..=13).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
            && !host.contains('@')
            && !text.contains(char::is_whitespace)
    })
}

#[cfg(test)]
mod tests {
    use super::{is_email, is_json, is_phone};

    #[test]
    fn a_phone_has_62_and_9_to_13_digits() {
        assert!(is_phone("62123456789"));
        assert!(is_phone("621234567890123"));
        for wrong in
            ["6212345678", "6212345678901234", "+62123456789", "08123456789", "62a23456789"]
        {
            assert!(!is_phone(wrong), "{wrong}");
        }
    }

    #[test]
    fn an_email_has_a_name_and_a_host() {
        assert!(is_email("a+04@example.com"));
        for wrong in ["", "a", "@example.com", "a@", "a@b", "a@.com", "a@b@c.com", "a b@c.com"] {
            assert!(!is_email(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_content_type_may_have_parameters() {
        assert!(is_json("Application/JSON; charset=utf-8"));
        assert!(!is_json("text/json"));
    }
}
