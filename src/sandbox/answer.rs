//! The provider's envelopes: `success` with `data`, or `errors` with code and cause.
//!
//! An answer is finished bytes, so that a fault can cut, drip or replace it without knowing it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use bytes::Bytes;
use serde_json::{Map, Value, json};

/// One finished answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Bytes,
}

/// One entry of `errors`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    pub(super) code: &'static str,
    pub(super) cause: &'static str,
}

/// What `data` of an error answer is; all three are seen on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) enum ErrorData {
    Absent,
    Null,
    Empty,
}

/// A validation failure; code 1539 covers nearly all of them.
pub(super) const fn invalid(cause: &'static str) -> Cause {
    Cause { code: "1539", cause }
}

/// A header that is not there.
pub(super) const fn missing(cause: &'static str) -> Cause {
    Cause { code: "1650", cause }
}

impl Answer {
    pub(super) fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            content_type: "application/json",
            body: Bytes::from(value.to_string().into_bytes()),
        }
    }

    pub(super) fn data(data: Value) -> Self {
        Self::json(200, &json!({ "success": true, "data": data }))
    }

    pub(super) fn refused(status: u16, data: ErrorData, causes: &[Cause]) -> Self {
        Self::errors(status, data, causes, None)
    }

    /// The 401 of data calls: as the older documents show it, with `data: null` and an entity.
    pub(super) fn unauthorized() -> Self {
        let cause = Cause { code: "110", cause: "UNAUTHORIZED" };
        Self::errors(401, ErrorData::Null, &[cause], Some("ESIGN_ADAPTER"))
    }

    pub(super) fn internal_error() -> Self {
        let cause = Cause { code: "900", cause: "GENERIC_SERVICE_ERROR" };
        Self::refused(500, ErrorData::Absent, &[cause])
    }

    /// An answer of object storage.
    pub(super) fn xml(status: u16, code: &str, message: &str) -> Self {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Error><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        Self { status, content_type: "application/xml", body: Bytes::from(body) }
    }

    fn errors(status: u16, data: ErrorData, causes: &[Cause], entity: Option<&str>) -> Self {
        let errors: Vec<Value> = causes
            .iter()
            .map(|cause| match entity {
                Some(entity) => {
                    json!({ "code": cause.code, "entity": entity, "cause": cause.cause })
                }
                None => json!({ "code": cause.code, "cause": cause.cause }),
            })
            .collect();
        let mut envelope = Map::new();
        envelope.insert("success".to_owned(), json!(false));
        match data {
            ErrorData::Absent => {}
            ErrorData::Null => drop(envelope.insert("data".to_owned(), Value::Null)),
            ErrorData::Empty => drop(envelope.insert("data".to_owned(), json!({}))),
        }
        envelope.insert("errors".to_owned(), json!(errors));
        Self::json(status, &Value::Object(envelope))
    }

    pub(super) fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(super) fn into_response(self) -> HttpResponse {
        HttpResponse::build(self.status_code()).content_type(self.content_type).body(self.body)
    }
}
