//! The page's own server: the page, the demo's sign-in, and the way through to the gateway.
//!
//! One origin serves all of it, so the page needs no cross-origin permission from the gateway. It
//! answers only to its own name: a foreign page that points its name at this machine gets nothing.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::{DefaultHeaders, Next, from_fn};
use actix_web::{App, Error, HttpResponse, web};
use reqwest::Client;
use serde_json::Value;

use super::assets::{ASSETS, INDEX, RETURN};
use super::backend::BackEnd;
use super::issuer::Issuer;
use super::{backend, pass, session};

/// Largest body the page or a shell sends.
const MAX_BODY: usize = 64 * 1_024;

/// What the site knows; one for all its workers.
pub(super) struct Site {
    /// Its own address, `127.0.0.1:8090`.
    pub(super) authority: String,
    /// Where the gateway answers.
    pub(super) gateway: String,
    /// Where the sandbox answers; the page may frame it.
    pub(super) sandbox: String,
    pub(super) issuer: Issuer,
    pub(super) client: Client,
    pub(super) back_end: BackEnd,
    /// What the page has to know, as it is sent.
    pub(super) facts: Value,
}

/// The app of one worker.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .app_data(web::PayloadConfig::new(MAX_BODY))
        .route("/", web::get().to(index))
        .route("/assets/{name}", web::get().to(asset))
        .route("/return/{outcome}", web::get().to(returned))
        .route("/demo/facts", web::get().to(facts))
        .route("/demo/session", web::post().to(session::start))
        .route("/demo/token", web::post().to(session::token))
        .route("/demo/service-session", web::post().to(session::service))
        .route("/demo/service-token", web::post().to(session::service_token))
        .route("/demo/webhooks", web::post().to(backend::take))
        .route("/demo/webhooks", web::get().to(backend::show))
        .route("/v1/{rest:.*}", web::to(pass::through))
        .default_service(web::to(HttpResponse::NotFound));
}

/// Makes the app with everything around it.
pub(super) fn app(
    site: web::Data<Site>,
) -> App<
    impl actix_web::dev::ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(site)
        .wrap(from_fn(own_name_only))
        .wrap(
            DefaultHeaders::new()
                .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
                .add((header::REFERRER_POLICY, "no-referrer"))
                .add((header::CACHE_CONTROL, "no-store")),
        )
        .configure(configure)
}

/// Refuses requests for another host (DNS rebinding); `localhost` is shown the way.
async fn own_name_only(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let authority = request
        .app_data::<web::Data<Site>>()
        .map(|site| site.authority.clone())
        .unwrap_or_default();
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if host == Some(authority.as_str()) {
        return next.call(request).await;
    }
    let port = authority.rsplit(':').next().unwrap_or_default();
    let is_localhost = host == Some(format!("localhost:{port}").as_str());
    let response = if is_localhost && request.method() == Method::GET {
        HttpResponse::TemporaryRedirect()
            .insert_header((header::LOCATION, format!("http://{authority}{}", request.path())))
            .finish()
    } else {
        HttpResponse::build(StatusCode::MISDIRECTED_REQUEST)
            .body(format!("The demo answers at http://{authority}/ only.\n"))
    };
    Err(InternalError::from_response("another host", response).into())
}

/// `GET /`
async fn index(site: web::Data<Site>) -> HttpResponse {
    html(INDEX, &format!("frame-src 'self' {}; frame-ancestors 'none'", site.sandbox))
}

/// `GET /return/{outcome}`
///
/// The outcome is for the page's script to read, and proves nothing to anybody.
async fn returned(outcome: web::Path<String>) -> HttpResponse {
    if !matches!(outcome.as_str(), "success" | "failure") {
        return HttpResponse::NotFound().finish();
    }
    html(RETURN, "frame-ancestors 'self'")
}

fn html(page: &'static str, frames: &str) -> HttpResponse {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; {frames}"
    );
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .body(page)
}

/// `GET /assets/{name}`
async fn asset(name: web::Path<String>) -> HttpResponse {
    ASSETS.iter().find(|asset| asset.name == name.as_str()).map_or_else(
        || HttpResponse::NotFound().finish(),
        |asset| HttpResponse::Ok().content_type(asset.mime).body(asset.body),
    )
}

/// `GET /demo/facts`
async fn facts(site: web::Data<Site>) -> HttpResponse {
    HttpResponse::Ok().json(&site.facts)
}
