//! The key ring, on the admin listener: how it stands, and taking it up anew.
//!
//! Plain lines, the same that `gerbang keys` prints. No key is in them.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::ORIGIN},
    web,
};

use super::admin::Readiness;
use crate::{
    domain::{Chain, KeyReport},
    usecase::{self, Error},
};

/// `GET /admin/keys`
pub(super) async fn show(shared: web::Data<Readiness>) -> HttpResponse {
    answer(usecase::keys::report(&shared.state.ports).await)
}

/// `POST /admin/keys/reload`
///
/// Only what the ring's file says is taken up, so that asking in vain does no harm; but a web page in
/// an operator's browser shall not cause even that.
pub(super) async fn reload(request: HttpRequest, shared: web::Data<Readiness>) -> HttpResponse {
    if request.headers().contains_key(ORIGIN) {
        return told(StatusCode::FORBIDDEN, "this is for operators' tools, not for web pages\n");
    }
    answer(usecase::keys::reload(&shared.state.ports).await)
}

fn answer(found: Result<KeyReport, Error>) -> HttpResponse {
    match found {
        Ok(report) => told(StatusCode::OK, &report.to_string()),
        Err(failure) => {
            let chain = Chain::of(&failure).to_string();
            tracing::error!(error = %chain, "the key ring cannot be looked after");
            // Key ids and paths are as far as these words go.
            told(StatusCode::SERVICE_UNAVAILABLE, &format!("{chain}\n"))
        }
    }
}

fn told(status: StatusCode, text: &str) -> HttpResponse {
    HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(text.to_owned())
}
