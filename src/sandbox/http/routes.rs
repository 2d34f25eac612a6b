//! Every path of the sandbox, in one place.
//!
//! `/v1` and `/esign-partner` are the provider's paths; whatever starts with `/sandbox` is ours.

use actix_web::{HttpResponse, web};

use super::{control, object, page, partner, session};
use crate::sandbox::answer::{Answer, Cause, ErrorData};

/// Largest body of any call.
const MAX_BODY: usize = 256 * 1_024;

pub(in crate::sandbox) fn configure(config: &mut web::ServiceConfig) {
    config
        .app_data(web::PayloadConfig::new(MAX_BODY))
        .route("/v1/esign/partner/authentication", web::get().to(partner::token))
        .route("/esign-partner/v1/initiate-flow", web::post().to(partner::initiate))
        .route("/esign-partner/v1/submissions", web::get().to(partner::details))
        .route("/objects/STANDALONE_IDENTITY_VERIFICATION/{name}", web::get().to(object::picture))
        .route("/kyc/v2/index.html", web::get().to(page::capture))
        .route("/sandbox/sdk", web::get().to(page::sdk))
        .route("/sandbox/session", web::get().to(session::show))
        .route("/sandbox/session/capture", web::post().to(session::capture))
        .route("/sandbox/outcomes", web::get().to(control::outcomes))
        .route("/sandbox/counters", web::get().to(control::counters))
        .route("/sandbox/requests", web::get().to(control::requests))
        .route("/sandbox/sessions", web::get().to(control::sessions))
        .route("/sandbox/sessions/{id}/capture", web::post().to(control::capture))
        .route("/sandbox/submissions", web::get().to(control::submissions))
        .route("/sandbox/forced", web::post().to(control::force))
        .route("/sandbox/forced", web::delete().to(control::clear_forced))
        .route("/sandbox/faults", web::get().to(control::faults))
        .route("/sandbox/faults", web::post().to(control::push_fault))
        .route("/sandbox/faults", web::delete().to(control::clear_faults))
        .route("/sandbox/tokens/revoke", web::post().to(control::revoke_tokens))
        .route("/sandbox/callbacks", web::get().to(control::callbacks))
        .route("/sandbox/callbacks", web::post().to(control::send_callback))
        .route("/sandbox/callback-target", web::put().to(control::set_target))
        .default_service(web::to(unknown));
}

async fn unknown() -> HttpResponse {
    let cause = Cause { code: "404", cause: "NOT_FOUND" };
    Answer::refused(404, ErrorData::Absent, &[cause]).into_response()
}
