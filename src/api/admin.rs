//! What operators and their tools ask on the second listener. It has no authentication and must
//! not be reachable from outside.

use actix_web::{
    HttpResponse, Resource, Route,
    http::{Method, header::ALLOW},
    web,
};
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
        .service(only(Method::GET, "/livez", web::to(livez)))
        .service(only(Method::GET, "/readyz", web::to(readyz)))
        .service(only(Method::GET, "/metrics", web::to(metrics)))
        .service(only(Method::GET, "/admin/callbacks", web::to(kept::list)))
        .service(only(Method::GET, "/admin/callbacks/{callbackId}", web::to(kept::show)))
        .service(only(Method::POST, "/admin/callbacks/{callbackId}/replay", web::to(kept::replay)))
        .service(only(Method::GET, "/admin/keys", web::to(keys::show)))
        .service(only(Method::POST, "/admin/keys/reload", web::to(keys::reload)));
}

/// A path that has one method; any other is told which.
fn only(method: Method, path: &'static str, route: Route) -> Resource {
    let allow = method.to_string();
    web::resource(path).route(route.method(method)).default_service(web::to(move || {
        let refused =
            HttpResponse::MethodNotAllowed().insert_header((ALLOW, allow.clone())).finish();
        async move { refused }
    }))
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
