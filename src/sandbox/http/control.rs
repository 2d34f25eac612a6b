//! `/sandbox/…`: the same power as `Control`, for those who are not in the same process.
//!
//! Bodies must be `application/json`: a page of another origin then needs a preflight, which
//! nothing here grants. There is no other lock on it: keep the sandbox on loopback.

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::body::{Unreadable, read};
use crate::sandbox::book::CaptureError;
use crate::sandbox::control::Control;
use crate::sandbox::fault::FaultRule;
use crate::sandbox::journal::Operation;
use crate::sandbox::options::{CallbackMethod, CallbackTarget};
use crate::sandbox::outcome::{OUTCOMES, Outcome};

/// What to force: exactly one of `session` and `who`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Force {
    session: Option<String>,
    who: Option<String>,
    outcome: Outcome,
}

/// How a capture ends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    #[serde(default)]
    outcome: Option<Outcome>,
}

/// Where callbacks go.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    url: String,
    #[serde(default)]
    method: CallbackMethod,
    header: TargetHeader,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetHeader {
    name: String,
    value: SecretString,
}

/// `GET /sandbox/outcomes`
pub(super) async fn outcomes() -> HttpResponse {
    HttpResponse::Ok().json(OUTCOMES)
}

/// `GET /sandbox/counters`
pub(super) async fn counters(control: web::Data<Control>) -> HttpResponse {
    let mut counters: Map<String, Value> = Operation::ALL
        .into_iter()
        .map(|operation| (operation.name().to_owned(), json!(control.calls(operation))))
        .collect();
    counters.insert("callbacksDelivered".to_owned(), json!(control.callbacks_delivered()));
    HttpResponse::Ok().json(counters)
}

/// `GET /sandbox/requests`
pub(super) async fn requests(control: web::Data<Control>) -> HttpResponse {
    HttpResponse::Ok().json(control.requests())
}

/// `GET /sandbox/sessions`
pub(super) async fn sessions(control: web::Data<Control>) -> HttpResponse {
    HttpResponse::Ok().json(control.sessions())
}

/// `POST /sandbox/sessions/{id}/capture`
pub(super) async fn capture(
    control: web::Data<Control>,
    id: web::Path<String>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Unreadable> {
    let choice: Choice = read(&request, &body)?;
    Ok(match control.capture(&id, choice.outcome) {
        Ok(captured) => HttpResponse::Ok().json(captured),
        Err(error) => {
            let mut response = match error {
                CaptureError::UnknownSession => HttpResponse::NotFound(),
                CaptureError::Expired => HttpResponse::Gone(),
                CaptureError::AlreadyCaptured => HttpResponse::Conflict(),
            };
            response.json(json!({ "error": error.to_string() }))
        }
    })
}

/// `GET /sandbox/submissions`
pub(super) async fn submissions(control: web::Data<Control>) -> HttpResponse {
    HttpResponse::Ok().json(control.submissions())
}

/// `POST /sandbox/forced`
pub(super) async fn force(
    control: web::Data<Control>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Unreadable> {
    let force: Force = read(&request, &body)?;
    match (&force.session, &force.who) {
        (Some(session), None) => control.force_session(session, force.outcome),
        (None, Some(who)) => control.force_person(who, force.outcome),
        (Some(_), Some(_)) | (None, None) => {
            return Ok(HttpResponse::BadRequest()
                .json(json!({ "error": "give either `session` or `who`" })));
        }
    }
    Ok(HttpResponse::NoContent().finish())
}

/// `DELETE /sandbox/forced`
pub(super) async fn clear_forced(control: web::Data<Control>) -> HttpResponse {
    control.clear_forced();
    HttpResponse::NoContent().finish()
}

/// `GET /sandbox/faults`
pub(super) async fn faults(control: web::Data<Control>) -> HttpResponse {
    HttpResponse::Ok().json(control.faults())
}

/// `POST /sandbox/faults`
pub(super) async fn push_fault(
    control: web::Data<Control>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Unreadable> {
    let rule: FaultRule = read(&request, &body)?;
    control.push_fault(rule);
    Ok(HttpResponse::NoContent().finish())
}

/// `DELETE /sandbox/faults`
pub(super) async fn clear_faults(control: web::Data<Control>) -> HttpResponse {
    control.clear_faults();
    HttpResponse::NoContent().finish()
}

/// `POST /sandbox/tokens/revoke`
pub(super) async fn revoke_tokens(
    control: web::Data<Control>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Unreadable> {
    let _nothing: Value = read(&request, &body)?;
    control.revoke_partner_tokens();
    Ok(HttpResponse::NoContent().finish())
}

/// `GET /sandbox/callbacks`
pub(super) async fn callbacks(control: web::Data<Control>) -> HttpResponse {
    HttpResponse::Ok().json(control.callbacks())
}

/// `POST /sandbox/callbacks`
pub(super) async fn send_callback(
    control: web::Data<Control>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Unreadable> {
    let callback: Value = read(&request, &body)?;
    Ok(HttpResponse::Ok().json(control.send_callback(&callback).await))
}

/// `PUT /sandbox/callback-target`
pub(super) async fn set_target(
    control: web::Data<Control>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Unreadable> {
    let Target { url, method, header } = read(&request, &body)?;
    let header = (header.name, header.value);
    control.set_callback_target(Some(CallbackTarget { url, method, header }));
    Ok(HttpResponse::NoContent().finish())
}
