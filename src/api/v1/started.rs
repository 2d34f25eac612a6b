//! The answer to a start or a renewal: given, kept under an idempotency key, and given again.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION},
    },
};
use serde::{Deserialize, Serialize};

use super::views::StartedView;
use crate::{
    api::{error::ApiError, problem::ProblemType, state::AppState},
    domain::Pii,
    usecase::{AnswerWriter, Answered, Ports, verification::Started},
};

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer as it is kept. A member, once written, keeps its name and meaning for a day.
#[derive(Deserialize, Serialize)]
struct KeptAnswer {
    status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    body: String,
}

/// Writes answers of this gateway for their keys. A new verification is found below `place`.
pub(super) fn writer(state: &AppState, place: &'static str) -> AnswerWriter {
    let ports = state.ports.clone();
    Box::new(move |started| {
        let kept = KeptAnswer {
            status: status(started).as_u16(),
            location: location(started, place),
            body: serde_json::to_string(&view(started, &ports)).unwrap_or_default(),
        };
        Pii::new(serde_json::to_vec(&kept).unwrap_or_default())
    })
}

/// The answer, new or given again.
pub(super) fn respond(
    state: &AppState,
    place: &str,
    answered: &Answered,
) -> Result<HttpResponse, ApiError> {
    // The other operations have it from the path.
    let id = match answered {
        Answered::Unkeyed(started) => started.verification.id,
        Answered::Keyed { verification, .. } => *verification,
    };
    tracing::Span::current().record("verification.id", tracing::field::display(id));
    match answered {
        Answered::Unkeyed(started) => {
            let mut response = HttpResponse::build(status(started));
            response.insert_header((CACHE_CONTROL, "no-store"));
            if let Some(location) = location(started, place) {
                response.insert_header((LOCATION, location));
            }
            Ok(response.json(view(started, &state.ports)))
        }
        Answered::Keyed { answer, again, .. } => repeat(answer, *again),
    }
}

fn repeat(answer: &Pii<Vec<u8>>, again: bool) -> Result<HttpResponse, ApiError> {
    let odd = || ApiError::new(ProblemType::InternalError, "The operator has been told.");
    let kept: KeptAnswer = serde_json::from_slice(answer.expose()).map_err(|_| odd())?;
    let mut response = HttpResponse::build(StatusCode::from_u16(kept.status).map_err(|_| odd())?);
    response.insert_header((CACHE_CONTROL, "no-store"));
    response.insert_header((CONTENT_TYPE, "application/json"));
    if let Some(location) = kept.location {
        response.insert_header((LOCATION, location));
    }
    if again {
        response.insert_header((REPLAYED, "true"));
    }
    Ok(response.body(kept.body))
}

const fn status(started: &Started) -> StatusCode {
    if started.created { StatusCode::CREATED } else { StatusCode::OK }
}

fn location(started: &Started, place: &str) -> Option<String> {
    started.created.then(|| format!("{place}/{}", started.verification.id))
}

fn view<'a>(started: &'a Started, ports: &'a Ports) -> StartedView<'a> {
    StartedView::of(started, ports.sdk(), ports.now())
}
