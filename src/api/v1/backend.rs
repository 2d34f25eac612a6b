//! Verifications, for the partner's own servers.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, VARY},
    web,
};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    document::DocumentView,
    started,
    starting::StartForUser,
    verifications::language_tag,
    views::{NoteView, ReasonView},
};
use crate::{
    api::{
        error::ApiError,
        extract::{After, Backend, Id, Keyed, language},
        state::AppState,
    },
    domain::{
        Attempt, KeptContact, KeyOwner, Locale, Submission, SubmissionResult, Verification,
        VerifiedContact,
    },
    usecase::{self, verification::Inspected},
};

/// Where a back end finds a verification: below this.
const PLACE: &str = "/v1/backend/verifications";

/// `POST /v1/backend/verifications`
pub(crate) async fn start(
    request: HttpRequest,
    state: web::Data<AppState>,
    After(Backend(caller), Keyed(key, body)): After<Backend, Keyed<StartForUser>>,
) -> Result<HttpResponse, ApiError> {
    let now = state.ports.now();
    let (whom, wish) = body.into_parts(language(&request), now)?;
    let once = key.map(|key| key.once(&KeyOwner::from(&*caller), started::writer(&state, PLACE)));
    let answered = usecase::verification::start_for(&state.ports, &caller, whom, wish, once).await;
    let answered = answered.map_err(|error| ApiError::from_usecase(error, now))?;
    started::respond(&state, PLACE, &answered)
}

/// `GET /v1/backend/verifications/{verificationId}`
pub(crate) async fn get(
    request: HttpRequest,
    state: web::Data<AppState>,
    After(Backend(caller), Id(id)): After<Backend, Id>,
) -> Result<HttpResponse, ApiError> {
    let now = state.ports.now();
    let inspected = usecase::verification::inspect(&state.ports, &caller, id).await;
    let inspected = inspected.map_err(|error| ApiError::from_usecase(error, now))?;
    Ok(respond(&request, inspected, now))
}

/// `POST /v1/backend/verifications/{verificationId}/refresh`
pub(crate) async fn refresh(
    request: HttpRequest,
    state: web::Data<AppState>,
    After(Backend(caller), Id(id)): After<Backend, Id>,
) -> Result<HttpResponse, ApiError> {
    let refreshed = usecase::verification::refresh(&state.ports, &caller, id).await;
    let now = state.ports.now();
    let refreshed = refreshed.map_err(|error| ApiError::from_usecase(error, now))?;
    Ok(respond(&request, refreshed, now))
}

fn respond(request: &HttpRequest, inspected: Inspected, now: Timestamp) -> HttpResponse {
    let locale = language(request).unwrap_or(inspected.verification.locale);
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .insert_header((VARY, "Accept-Language"))
        .insert_header((CONTENT_LANGUAGE, language_tag(locale)))
        .json(BackendVerificationView::of(inspected, locale, now))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BackendVerificationView {
    id: String,
    user_id: String,
    app: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonView>,
    next_action: &'static str,
    channel: &'static str,
    revision: u64,
    captured: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_reference: Option<String>,
    contact: ContactView,
    unconfirmed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    submission: Option<SubmissionView>,
    attempts: Vec<AttemptView>,
    timeline: Vec<NoteView>,
    #[serde(flatten)]
    document: DocumentView,
    #[serde(skip_serializing_if = "Option::is_none")]
    images_expire_at: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContactView {
    kind: &'static str,
    source: &'static str,
    verification_reference_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SubmissionView {
    id: String,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    processed_at: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttemptView {
    session_id: String,
    channel: &'static str,
    state: &'static str,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_expires_at: Option<Timestamp>,
}

impl BackendVerificationView {
    fn of(inspected: Inspected, locale: Locale, now: Timestamp) -> Self {
        let Inspected { verification, timeline, document, images_expire_at } = inspected;
        let next_action = verification.next_action(now).as_str();
        let (channel, expires_at) = (verification.channel().as_str(), verification.expires_at());
        let Verification { id, user, app, contact, status, reason, .. } = verification;
        Self {
            id: id.to_string(),
            user_id: user.as_str().to_owned(),
            app: app.as_str().to_owned(),
            status: status.as_str(),
            reason: reason.map(|reason| ReasonView::of(reason, locale)),
            next_action,
            channel,
            revision: verification.revision,
            captured: verification.captured,
            created_at: verification.created_at,
            updated_at: verification.updated_at,
            expires_at,
            reference: verification.reference,
            consent_reference: verification.consent_reference,
            contact: contact.into(),
            unconfirmed: verification.settled_unconfirmed,
            submission: verification.submission.map(Into::into),
            attempts: verification.attempts.iter().map(Into::into).collect(),
            timeline: timeline.into_iter().map(Into::into).collect(),
            document: document.into(),
            images_expire_at,
        }
    }
}

impl From<VerifiedContact<KeptContact>> for ContactView {
    fn from(contact: VerifiedContact<KeptContact>) -> Self {
        Self {
            kind: contact.contact.kind().as_str(),
            source: contact.source.as_str(),
            verification_reference_id: contact.reference.as_str().to_owned(),
            verified_at: contact.verified_at,
        }
    }
}

impl From<Submission> for SubmissionView {
    fn from(submission: Submission) -> Self {
        Self {
            id: submission.id.as_str().to_owned(),
            status: submission.status.as_str().to_owned(),
            result: submission.result.as_ref().map(SubmissionResult::as_str).map(str::to_owned),
            reason_code: submission.reason_code,
            processed_at: submission.processed_at,
        }
    }
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> Self {
        Self {
            session_id: attempt.session.as_str().to_owned(),
            channel: attempt.channel.as_str(),
            state: attempt.state.as_str(),
            created_at: attempt.created_at,
            token_expires_at: attempt.issued.as_ref().map(|issued| issued.expires_at),
        }
    }
}
