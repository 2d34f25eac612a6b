//! One span and one closing line a request.
//!
//! The span of `tracing-actix-web` holds the path with its query, the client's address and its user
//! agent; ours holds the route's pattern and nothing a person typed.

use std::time::Instant;

use actix_web::{
    Error, HttpMessage as _,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
};
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;

use crate::domain::Trace;

/// Builds the span and closes it with the access line and the metric.
#[derive(Debug)]
pub struct RequestSpan;

/// When the request came; kept with it until it is answered.
struct Arrived(Instant);

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        request.extensions_mut().insert(Arrived(Instant::now()));
        let trace = request.extensions().get::<Trace>().cloned().unwrap_or_default();
        tracing::info_span!(
            "request",
            request.id = trace.request_id(),
            http.request.method = method(request),
            http.route = route(request),
            app.id = tracing::field::Empty,
            verification.id = tracing::field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let Ok(response) = outcome else { return };
        let request = response.request();
        let status = response.status().as_u16();
        let route = request.match_pattern().unwrap_or_else(|| UNROUTED.to_owned());
        let elapsed = request
            .extensions()
            .get::<Arrived>()
            .map_or(0.0, |arrived| arrived.0.elapsed().as_secs_f64());
        let labels = [("route", route), ("status", status.to_string())];
        metrics::histogram!("http_server_request_duration_seconds", &labels).record(elapsed);
        tracing::info!(
            parent: &span,
            http.response.status_code = status,
            duration_ms = elapsed * 1000.0,
            "request served"
        );
    }
}

/// What stands for a path that no route matches: such paths are the caller's words.
const UNROUTED: &str = "unrouted";

/// The method, if it is one that everybody knows; any other is the caller's words, too. The name for
/// those is OpenTelemetry's.
fn method(request: &ServiceRequest) -> &str {
    match request.method().as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "TRACE"
        | "CONNECT") => known,
        _ => "_OTHER",
    }
}

fn route(request: &ServiceRequest) -> String {
    request.match_pattern().unwrap_or_else(|| UNROUTED.to_owned())
}
