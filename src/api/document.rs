//! The contract itself.

use actix_web::HttpResponse;

/// The contract of this version, byte for byte.
pub const OPENAPI: &str = include_str!("../../openapi.yaml");

/// `GET /openapi.yaml`
pub(crate) async fn openapi() -> HttpResponse {
    HttpResponse::Ok().content_type("application/yaml").body(OPENAPI)
}
