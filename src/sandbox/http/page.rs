//! The capture page behind a launch URL, and the same page standing in for the native SDK.
//!
//! One self-contained document: no other host is asked for anything, and the token stays in the
//! fragment, which the page's script reads and no server ever sees in a URL.

use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};

const PAGE: &str = concat!(
    include_str!("../pages/head.html"),
    "<style>",
    include_str!("../pages/capture.css"),
    "</style>",
    include_str!("../pages/body.html"),
    "<script>",
    include_str!("../pages/words.js"),
    include_str!("../pages/capture.js"),
    "</script></body></html>",
);

/// Frames are allowed: a web front end may show the page inside its own.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'";

/// `GET /kyc/v2/index.html`
pub(super) async fn capture() -> HttpResponse {
    page()
}

/// `GET /sandbox/sdk`
pub(super) async fn sdk() -> HttpResponse {
    page()
}

fn page() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(PAGE)
}
