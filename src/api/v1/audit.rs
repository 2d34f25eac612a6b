//! The audit log, for whoever answers for it.

use actix_web::{HttpResponse, http::header::CACHE_CONTROL, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::search::user;
use crate::{
    api::{
        error::ApiError,
        extract::{After, Backend, Query},
        state::AppState,
    },
    domain::{AuditAction, AuditRecord},
    usecase::{self, audit::AuditFilter},
};

/// Which entries.
#[derive(Deserialize)]
pub(crate) struct AuditQuery {
    #[serde(rename = "userId")]
    user_id: Option<String>,
    #[serde(rename = "verificationId")]
    verification_id: Option<String>,
    action: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// `GET /v1/backend/audit`
pub(crate) async fn list(
    state: web::Data<AppState>,
    After(Backend(caller), Query(query)): After<Backend, Query<AuditQuery>>,
) -> Result<HttpResponse, ApiError> {
    let limit = query.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(ApiError::invalid_at("?limit", "Ask for 1 to 100 at a time."));
    }
    let before = query.cursor.as_deref().map(|text| {
        // As it was given and in no other spelling.
        let sequence = text.parse().ok().filter(|sequence: &u64| sequence.to_string() == text);
        sequence.ok_or_else(|| {
            ApiError::invalid_at("?cursor", "Use the `nextCursor` of the page before, as it is.")
        })
    });
    let before = before.transpose()?;
    let verification = query.verification_id.as_deref().map(str::parse).transpose();
    let action = query.action.as_deref().map(|text| {
        let known = AuditAction::parse(text);
        known.ok_or_else(|| ApiError::invalid_at("?action", "Use an `action` as answers have it."))
    });
    let filter = AuditFilter {
        user: query.user_id.as_deref().map(|text| user(text, "?userId")).transpose()?,
        verification: verification.map_err(|_| {
            ApiError::invalid_at("?verificationId", "Use the `id` of a verification, as it is.")
        })?,
        action: action.transpose()?,
    };
    let page = usecase::audit::list(&state.ports, &caller, filter, before, limit).await;
    let page = page.map_err(|error| ApiError::from_usecase(error, state.ports.now()))?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "private, no-store")).json(AuditPageView {
        items: page.items.into_iter().map(Into::into).collect(),
        next_cursor: page.next.map(|sequence| sequence.to_string()),
    }))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuditPageView {
    items: Vec<AuditEntryView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuditEntryView {
    sequence: u64,
    at: Timestamp,
    action: &'static str,
    actor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl From<AuditRecord> for AuditEntryView {
    fn from(record: AuditRecord) -> Self {
        Self {
            sequence: record.sequence,
            at: record.at,
            action: record.action.as_str(),
            actor: record.actor.to_text(),
            verification_id: record.verification.map(|id| id.to_string()),
            detail: record.detail,
        }
    }
}
