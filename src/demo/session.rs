//! The demo's sign-in: stands where the partner's own login and OTP stand.
//!
//! Whoever asks is believed, as if an OTP had been checked. What comes out is what a partner's
//! sign-in gives its app: an access token that says who the user is and which contact is verified.

use actix_web::{HttpResponse, http::header, web};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::issuer::{Issuer, Minted};
use super::site::Site;
use crate::domain::{Contact, EmailAddress, PhoneNumber};

/// Who signs in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    contact: String,
    /// Asks for a token that is no longer good, to be shown what follows.
    #[serde(default)]
    expired: bool,
}

impl SignIn {
    fn token(&self, issuer: &Issuer, contact: &Contact) -> Minted {
        if self.expired { issuer.expired_app_token(contact) } else { issuer.app_token(contact) }
    }

    fn contact(&self) -> Option<Contact> {
        if self.contact.contains('@') {
            EmailAddress::parse(&self.contact).ok().map(Contact::Email)
        } else {
            PhoneNumber::parse(&self.contact).ok().map(Contact::Phone)
        }
    }
}

/// `POST /demo/session`: for the page, in JSON.
pub(super) async fn start(site: web::Data<Site>, body: Bytes) -> HttpResponse {
    let Ok(sign_in) = serde_json::from_slice::<SignIn>(&body) else { return refused() };
    let Some(contact) = sign_in.contact() else { return refused() };
    let minted = sign_in.token(&site.issuer, &contact);
    HttpResponse::Ok().json(json!({
        "accessToken": minted.token,
        "expiresAt": minted.expires_at.to_string(),
        "userId": site.issuer.user_id(&contact),
        "contact": sign_in.contact,
    }))
}

/// `POST /demo/token`: for a shell, a form in and the bare token out.
pub(super) async fn token(site: web::Data<Site>, body: Bytes) -> HttpResponse {
    let Ok(sign_in) = serde_html_form::from_bytes::<SignIn>(&body) else { return refused() };
    let Some(contact) = sign_in.contact() else { return refused() };
    text(sign_in.token(&site.issuer, &contact).token)
}

/// `POST /demo/service-session`: the token of the demo's back end, in JSON.
pub(super) async fn service(site: web::Data<Site>) -> HttpResponse {
    let minted = site.issuer.service_token();
    HttpResponse::Ok().json(json!({
        "serviceToken": minted.token,
        "expiresAt": minted.expires_at.to_string(),
    }))
}

/// `POST /demo/service-token`: the same for a shell.
pub(super) async fn service_token(site: web::Data<Site>) -> HttpResponse {
    text(site.issuer.service_token().token)
}

fn text(token: String) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/plain")).body(token)
}

fn refused() -> HttpResponse {
    HttpResponse::UnprocessableEntity().json(json!({
        "title": "This is no contact",
        "detail": "Send `contact`: an Indonesian phone number or an email address.",
    }))
}
