//! `/docs/reference`: the contract to browse, drawn by Redoc, whose bundle is in the binary.
//!
//! The bundle is the npm package's, unchanged: `docs/third-party.md` says which version and how it
//! is exchanged, and CI compares it with the package.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{
        ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ContentType,
        HeaderValue, VARY,
    },
};

use super::frame::BRIEFLY;
use crate::api::{error::ApiError, problem::ProblemType};

const PAGE: &str = include_str!("reference.html");
const STYLE: &str = include_str!("page.css");
const ICON: &str = include_str!("icon.svg");
const SCRIPT: &str = include_str!("reference.js");
const REDOC: &[u8] = include_bytes!("redoc.standalone.js.gz");

/// Redoc writes styles into the page, draws pictures of its own, and reads the contract.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// `GET /docs/reference`
pub(in crate::api) async fn reference() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CACHE_CONTROL, BRIEFLY))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .body(PAGE)
}

/// `GET /docs/assets/{asset}`
pub(in crate::api) async fn asset(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let script = "text/javascript; charset=utf-8";
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, BRIEFLY));
    match request.match_info().get("asset").unwrap_or_default() {
        "icon.svg" => Ok(response.content_type("image/svg+xml").body(ICON)),
        "page.css" => Ok(response.content_type("text/css; charset=utf-8").body(STYLE)),
        "reference.js" => Ok(response.content_type(script).body(SCRIPT)),
        "redoc.js" if takes_gzip(&request) => Ok(response
            .content_type(script)
            .insert_header((CONTENT_ENCODING, "gzip"))
            .insert_header((VARY, "Accept-Encoding"))
            .body(REDOC)),
        "redoc.js" => {
            let remedy = "This file is compressed: send `Accept-Encoding: gzip`.";
            Err(ApiError::new(ProblemType::NotAcceptable, remedy))
        }
        _ => Err(ApiError::not_found()),
    }
}

fn takes_gzip(request: &HttpRequest) -> bool {
    let named = request.headers().get(ACCEPT_ENCODING).map(HeaderValue::to_str);
    named.is_some_and(|named| named.is_ok_and(|named| named.contains("gzip")))
}
