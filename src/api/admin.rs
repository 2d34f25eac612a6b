//! What operators and their tools ask on the second listener. It has no authentication and must
//! not be reachable from outside.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::{kept, keys, state::AppState};
use crate::telemetry::Metrics;

/// What the admin listener's handlers share.
#[derive(Clone, Debug)]
pub struct Readiness {
    /// The gateway.
    pub state: AppState,
    /// What `/metrics` prints.
    pub metrics: Metrics,
}

#[derive(Serialize)]
struct ReadinessView {
    ready: bool,
    checks: [CheckView; 2],
}

#[derive(Serialize)]
struct CheckView {
    name: &'static str,
    ok: bool,
}

/// Routes of the admin listener; the state is `web::Data<Readiness>`.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/livez", web::get().to(livez))
        .route("/readyz", web::get().to(readyz))
        .route("/metrics", web::get().to(metrics))
        .route("/admin/callbacks", web::get().to(kept::list))
        .route("/admin/callbacks/{callbackId}", web::get().to(kept::show))
        .route("/admin/callbacks/{callbackId}/replay", web::post().to(kept::replay))
        .route("/admin/keys", web::get().to(keys::show))
        .route("/admin/keys/reload", web::post().to(keys::reload));
}

/// `GET /livez`
async fn livez() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// `GET /readyz`
///
/// Never asks the provider or an issuer: their trouble is no reason to take a gateway out of
/// service. A store that opened has its schema and its keys, so one check stands for the three.
async fn readyz(shared: web::Data<Readiness>) -> HttpResponse {
    let store = shared.state.ports.is_writable().await;
    let running = !shared.state.is_draining();
    let view = ReadinessView {
        ready: store && running,
        checks: [
            CheckView { name: "store", ok: store },
            CheckView { name: "running", ok: running },
        ],
    };
    if view.ready {
        HttpResponse::Ok().json(view)
    } else {
        HttpResponse::ServiceUnavailable().json(view)
    }
}

/// `GET /metrics`
async fn metrics(shared: web::Data<Readiness>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(shared.metrics.render())
}
