//! Where the provider reports.

use actix_web::{HttpResponse, web};

use super::{
    error::ApiError,
    extract::{Provider, Raw},
    state::AppState,
};
use crate::usecase;

/// `POST|PUT|PATCH /callbacks/provider`
///
/// Kept durably, then answered, then applied: the answer says that we have it and nothing about
/// what we make of it, or whether it names anything of ours.
pub(crate) async fn receive(
    state: web::Data<AppState>,
    _: Provider,
    Raw(body): Raw,
) -> Result<HttpResponse, ApiError> {
    let now = state.ports.now();
    let kept = usecase::callback::receive(&state.ports, body).await;
    kept.map_err(|error| ApiError::from_usecase(error, now))?;
    Ok(HttpResponse::Ok().json(serde_json::json!({})))
}
