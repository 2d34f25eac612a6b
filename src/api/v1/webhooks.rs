//! Deliveries of webhooks, for whoever looks after them.

use actix_web::{HttpRequest, HttpResponse, http::header::CACHE_CONTROL, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    api::{
        error::ApiError,
        extract::{After, Backend, Query},
        state::AppState,
    },
    domain::{Delivery, DeliveryState, EndpointId, ReasonCode},
    usecase,
};

/// Which deliveries.
#[derive(Deserialize)]
pub(crate) struct DeliveriesQuery {
    endpoint: Option<String>,
    state: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// `GET /v1/backend/webhooks/deliveries`
pub(crate) async fn list(
    state: web::Data<AppState>,
    After(Backend(caller), Query(query)): After<Backend, Query<DeliveriesQuery>>,
) -> Result<HttpResponse, ApiError> {
    let limit = query.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(ApiError::invalid_at("?limit", "Ask for 1 to 100 at a time."));
    }
    let endpoint = query.endpoint.as_deref().map(|text| {
        EndpointId::parse(text).ok_or_else(|| {
            ApiError::invalid_at("?endpoint", "Use the name that the operator gave the endpoint.")
        })
    });
    let wanted = query.state.as_deref().map(|text| {
        DeliveryState::parse(text)
            .ok_or_else(|| ApiError::invalid_at("?state", "Use `pending`, `delivered` or `dead`."))
    });
    let before = query.cursor.map(|text| text.parse()).transpose().map_err(|_| {
        ApiError::invalid_at("?cursor", "Use the `nextCursor` of the page before, as it is.")
    })?;
    let wanted = (endpoint.transpose()?, wanted.transpose()?);
    let page = usecase::webhook::list(&state.ports, &caller, wanted, before, limit).await;
    let page = page.map_err(|error| ApiError::from_usecase(error, state.ports.now()))?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "private, no-store")).json(
        DeliveryPageView {
            items: page.items.iter().map(Into::into).collect(),
            next_cursor: page.next.map(|id| id.to_string()),
        },
    ))
}

/// `POST /v1/backend/webhooks/deliveries/{deliveryId}/redeliver`
pub(crate) async fn redeliver(
    request: HttpRequest,
    state: web::Data<AppState>,
    Backend(caller): Backend,
) -> Result<HttpResponse, ApiError> {
    // A text that is no id names nothing, so it is answered like an unknown one.
    let id = request.match_info().get("deliveryId").and_then(|text| text.parse().ok());
    let id = id.ok_or_else(ApiError::not_found)?;
    let due = usecase::webhook::redeliver(&state.ports, &caller, id).await;
    let due = due.map_err(|error| ApiError::from_usecase(error, state.ports.now()))?;
    Ok(HttpResponse::Accepted()
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .json(DeliveryView::from(&due)))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryPageView {
    items: Vec<DeliveryView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryView {
    id: String,
    endpoint: String,
    event: &'static str,
    verification_id: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_code: Option<&'static str>,
    revision: u64,
    occurred_at: Timestamp,
    state: &'static str,
    tries: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_try_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_try: Option<LastTryView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LastTryView {
    at: Timestamp,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<u16>,
}

impl From<&Delivery> for DeliveryView {
    fn from(delivery: &Delivery) -> Self {
        Self {
            id: delivery.id.to_string(),
            endpoint: delivery.endpoint.to_string(),
            event: delivery.event.as_str(),
            verification_id: delivery.verification.to_string(),
            status: delivery.status.as_str(),
            reason_code: delivery.reason.map(ReasonCode::as_str),
            revision: delivery.revision,
            occurred_at: delivery.occurred_at,
            state: delivery.state.as_str(),
            tries: delivery.tries,
            next_try_at: delivery.next_at,
            last_try: delivery.last.map(|last| LastTryView {
                at: last.at,
                outcome: last.outcome.as_str(),
                http_status: last.status,
            }),
        }
    }
}
