//! Searches of back ends among all verifications.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, VARY},
    web,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::views::ReasonView;
use crate::{
    api::{
        error::ApiError,
        extract::{After, Backend, Query, language},
        state::AppState,
    },
    domain::{Locale, Status, UserId, Verification},
    usecase::{self, verification::Search},
};

/// Which verifications.
#[derive(Deserialize)]
pub(crate) struct SearchQuery {
    #[serde(rename = "userId")]
    user_id: Option<String>,
    status: Option<String>,
    from: Option<String>,
    to: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// `GET /v1/backend/verifications`
pub(crate) async fn list(
    request: HttpRequest,
    state: web::Data<AppState>,
    After(Backend(caller), Query(query)): After<Backend, Query<SearchQuery>>,
) -> Result<HttpResponse, ApiError> {
    let limit = query.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(ApiError::invalid_at("?limit", "Ask for 1 to 100 at a time."));
    }
    let before = query.cursor.as_deref().map(str::parse).transpose().map_err(|_| {
        ApiError::invalid_at("?cursor", "Use the `nextCursor` of the page before, as it is.")
    })?;
    let search = query.into_search()?;
    let page = usecase::verification::search(&state.ports, &caller, search, before, limit).await;
    let now = state.ports.now();
    let page = page.map_err(|error| ApiError::from_usecase(error, now))?;
    let language = language(&request);
    let view = |found: &Verification| SummaryView::of(found, language.unwrap_or(found.locale), now);
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .insert_header((VARY, "Accept-Language"))
        .json(SummaryPageView {
            items: page.items.iter().map(view).collect(),
            next_cursor: page.next.map(|id| id.to_string()),
        }))
}

impl SearchQuery {
    fn into_search(self) -> Result<Search, ApiError> {
        let status = self.status.as_deref().map(|text| {
            let known = Status::parse(text);
            known.ok_or_else(|| {
                ApiError::invalid_at("?status", "Use a `status` as answers have it.")
            })
        });
        Ok(Search {
            user: self.user_id.as_deref().map(|text| user(text, "?userId")).transpose()?,
            status: status.transpose()?,
            from: self.from.as_deref().map(|text| time(text, "?from")).transpose()?,
            to: self.to.as_deref().map(|text| time(text, "?to")).transpose()?,
        })
    }
}

/// A user id out of a query. Why it is none is said, and what came is not repeated.
pub(super) fn user(text: &str, pointer: &str) -> Result<UserId, ApiError> {
    UserId::parse(text).map_err(|why| ApiError::invalid_at(pointer, format!("Here {why}.")))
}

fn time(text: &str, pointer: &str) -> Result<Timestamp, ApiError> {
    text.parse().map_err(|_| {
        ApiError::invalid_at(pointer, "Use a time as answers have it: 2026-11-23T04:05:06Z.")
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SummaryPageView {
    items: Vec<SummaryView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SummaryView {
    id: String,
    user_id: String,
    app: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonView>,
    next_action: &'static str,
    channel: &'static str,
    revision: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

impl SummaryView {
    fn of(verification: &Verification, locale: Locale, now: Timestamp) -> Self {
        Self {
            id: verification.id.to_string(),
            user_id: verification.user.as_str().to_owned(),
            app: verification.app.as_str().to_owned(),
            status: verification.status.as_str(),
            reason: verification.reason.map(|reason| ReasonView::of(reason, locale)),
            next_action: verification.next_action(now).as_str(),
            channel: verification.channel().as_str(),
            revision: verification.revision,
            created_at: verification.created_at,
            updated_at: verification.updated_at,
            expires_at: verification.expires_at(),
            reference: verification.reference.clone(),
        }
    }
}
