//! What the capture page asks: which session its token opens, and the end of the capture.
//!
//! The token comes in the header `x-user-token` and never in a URL.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::body::{Unreadable, read};
use crate::sandbox::book::{CaptureError, Session, Source};
use crate::sandbox::control::Control;
use crate::sandbox::outcome::{OUTCOMES, Outcome};
use crate::sandbox::world::lock;

/// How the person ended the capture.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Ending {
    /// What the person chose; what the contact selects when absent.
    #[serde(default)]
    outcome: Option<Outcome>,
    /// The person left before the end: nothing is captured.
    #[serde(default)]
    left: bool,
}

/// `GET /sandbox/session`
pub(super) async fn show(control: web::Data<Control>, request: HttpRequest) -> HttpResponse {
    let Some(session) = find(&control, &request) else { return unknown_token() };
    let outcome = lock(&control.world.book).outcome_of(&session);
    if session.expires_at <= control.world.now() {
        return refused(CaptureError::Expired);
    }
    let source = match session.source {
        Source::Sdk => "SDK",
        Source::WebSdk => "WEB_SDK",
    };
    answer(&json!({
        "source": source,
        "locale": if session.english { "en_ID" } else { "id_ID" },
        "captured": session.submission_id.is_some(),
        "outcome": outcome,
        "outcomes": OUTCOMES,
        "successUrl": session.success_url,
        "failureUrl": session.failure_url,
    }))
}

/// `POST /sandbox/session/capture`
pub(super) async fn capture(
    control: web::Data<Control>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Unreadable> {
    let Some(session) = find(&control, &request) else { return Ok(unknown_token()) };
    let ending: Ending = read(&request, &body)?;
    if ending.left {
        return Ok(answer(&end(&session, None)));
    }
    Ok(match control.capture(&session.id, ending.outcome) {
        Ok(captured) => answer(&end(&session, captured.submission_id)),
        Err(error) => refused(error),
    })
}

/// Where the page goes now. The provider adds parameters whose names it does not document; ours
/// are as opaque, so that nobody learns to trust them.
fn end(session: &Session, submission_id: Option<String>) -> Value {
    let target = match submission_id {
        Some(_) => session.success_url.as_deref(),
        None => session.failure_url.as_deref(),
    };
    let redirect = target.filter(|_| session.source == Source::WebSdk).map(|url| {
        let (url, fragment) = url.split_once('#').map_or((url, None), |(u, f)| (u, Some(f)));
        let joint = if url.contains('?') { '&' } else { '?' };
        let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
        format!("{url}{joint}ctx={}&seal={}{fragment}", Uuid::new_v4().simple(), Uuid::new_v4())
    });
    json!({
        "status": if submission_id.is_some() { "COMPLETED" } else { "NOT_COMPLETED" },
        "submissionId": submission_id,
        "redirectUrl": redirect,
    })
}

fn find(control: &Control, request: &HttpRequest) -> Option<Session> {
    let token = request.headers().get("x-user-token")?.to_str().ok()?;
    lock(&control.world.book).session_of_token(token).cloned()
}

fn answer(body: &Value) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(body)
}

fn unknown_token() -> HttpResponse {
    HttpResponse::Unauthorized().json(json!({ "error": "unknown_token" }))
}

fn refused(error: CaptureError) -> HttpResponse {
    match error {
        CaptureError::UnknownSession => unknown_token(),
        CaptureError::Expired => HttpResponse::Gone().json(json!({ "error": "expired" })),
        CaptureError::AlreadyCaptured => {
            HttpResponse::Conflict().json(json!({ "error": "already_captured" }))
        }
    }
}
