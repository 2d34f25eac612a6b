//! One span a request, and one closing line a request that is answered: who hangs up before gets none.
//!
//! The span of `tracing-actix-web` holds the path with its query, the client's address and its user
//! agent; ours holds the route's pattern and nothing a person typed.

use std::{cell::RefCell, collections::HashMap, sync::Arc, time::Instant};

use actix_web::{
    Error, HttpMessage as _,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
};
use metrics::Histogram;
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;

use crate::domain::Trace;

/// Builds the span and closes it with the access line and the metric.
#[derive(Debug)]
pub struct RequestSpan;

/// When the request came, and where; kept with it until it is answered.
struct Arrived {
    at: Instant,
    route: Arc<str>,
}

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let route = route(request);
        let arrived = Arrived { at: Instant::now(), route: Arc::clone(&route) };
        request.extensions_mut().insert(arrived);
        let trace = request.extensions().get::<Trace>().cloned().unwrap_or_default();
        tracing::info_span!(
            "request",
            request.id = trace.request_id(),
            http.request.method = method(request),
            http.route = &*route,
            app.id = tracing::field::Empty,
            verification.id = tracing::field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let Ok(response) = outcome else { return };
        let request = response.request();
        let status = response.status().as_u16();
        let extensions = request.extensions();
        let Some(Arrived { at, route }) = extensions.get::<Arrived>() else { return };
        let elapsed = at.elapsed().as_secs_f64();
        measure(route, status, elapsed);
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

fn route(request: &ServiceRequest) -> Arc<str> {
    request.match_pattern().map_or_else(|| UNROUTED.into(), Arc::from)
}

/// Records a request's duration. Making a metric's key and finding it among all others takes longer
/// than recording, so each worker keeps those it uses: as many as there are routes and statuses.
fn measure(route: &Arc<str>, status: u16, seconds: f64) {
    thread_local! {
        static USED: RefCell<HashMap<(Arc<str>, u16), Histogram>> = RefCell::default();
    }
    USED.with_borrow_mut(|used| {
        let histogram = used.entry((Arc::clone(route), status)).or_insert_with(|| {
            let labels = [("route", route.to_string()), ("status", status.to_string())];
            metrics::histogram!("http_server_request_duration_seconds", &labels)
        });
        histogram.record(seconds);
    });
}
