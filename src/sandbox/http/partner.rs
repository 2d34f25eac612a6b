//! The provider's three calls: partner token, initiate flow, submission details.
//!
//! Who calls is checked before what is asked: a wrong token is a 401 whatever else is wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::misbehave::perform;
use crate::sandbox::answer::{Answer, Cause, ErrorData, invalid, missing};
use crate::sandbox::book::{Session, Source, User};
use crate::sandbox::control::Control;
use crate::sandbox::director;
use crate::sandbox::initiate::{self, CallHeaders, Refusal, Wanted};
use crate::sandbox::journal::{Operation, RecordedRequest};
use crate::sandbox::outcome::Outcome;
use crate::sandbox::paper;
use crate::sandbox::token;
use crate::sandbox::world::{World, lock};

/// Headers whose values are never recorded.
const SECRET_HEADERS: [&str; 4] = ["x-onekyc-token", "client-id", "pass-key", "authorization"];

/// `GET /v1/esign/partner/authentication`
pub(super) async fn token(control: web::Data<Control>, request: HttpRequest) -> HttpResponse {
    let world = &control.world;
    perform(world, Operation::Token, &request, &[], async { give_token(world, &request) }).await
}

fn give_token(world: &World, request: &HttpRequest) -> Answer {
    let options = &world.options;
    let (client_id, pass_key) = (header(request, "client-id"), header(request, "pass-key"));
    let name_missing = if options.token_without_expires_at { invalid } else { missing };
    let mut causes = Vec::new();
    if client_id.is_empty() {
        causes.push(name_missing("MISSING_CLIENT_ID"));
    }
    if pass_key.is_empty() {
        causes.push(name_missing("MISSING_PASS_KEY"));
    }
    if !causes.is_empty() {
        return Answer::refused(400, ErrorData::Absent, &causes);
    }
    let known = options.credentials.client_id.as_bytes().ct_eq(client_id.as_bytes())
        & options.credentials.pass_key.expose_secret().as_bytes().ct_eq(pass_key.as_bytes());
    if !bool::from(known) {
        let cause = Cause { code: "110", cause: "UNAUTHORIZED" };
        return Answer::refused(401, ErrorData::Absent, &[cause]);
    }
    let life = options.partner_token_life;
    let (token, expires_at) = lock(&world.tokens).mint(world.now(), life);
    let mut data = json!({ "token": token, "expiry_seconds": number(world, life.as_secs()) });
    if let (false, Some(data)) = (options.token_without_expires_at, data.as_object_mut()) {
        data.insert("expires_at".to_owned(), epoch(world, expires_at));
    }
    Answer::data(data)
}

/// `POST /esign-partner/v1/initiate-flow`
pub(super) async fn initiate(
    control: web::Data<Control>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let world = &control.world;
    perform(world, Operation::Initiate, &request, &body, begin(world, &request, &body)).await
}

async fn begin(world: &Arc<World>, request: &HttpRequest, body: &[u8]) -> Answer {
    if let Err(refused) = authorize(world, request) {
        return refused;
    }
    let headers = call_headers(request);
    let wanted = match initiate::read(&headers, body, &world.options) {
        Ok(wanted) => wanted,
        Err(Refusal::Mistakes(causes)) => {
            return Answer::refused(400, ErrorData::Absent, &causes);
        }
        Err(Refusal::NotYours) => {
            let cause =
                Cause { code: "110", cause: "ONBOARDING_PARTNER_DOES_NOT_BELONG_TO_CLIENT" };
            return Answer::refused(403, ErrorData::Absent, &[cause]);
        }
    };
    if let Err(refused) = check_submission(world, request, &headers) {
        return refused;
    }
    let session = session(world, headers, wanted);
    let (id, token, source) = (Arc::clone(&session.id), Arc::clone(&session.token), session.source);
    let expires_at = session.expires_at;
    let outcome = {
        let mut book = lock(&world.book);
        let outcome = book.outcome_of(&session);
        if !book.open(session) {
            let cause = invalid("DUPLICATE_PARTNER_SESSION_ID");
            return Answer::refused(400, ErrorData::Absent, &[cause]);
        }
        outcome
    };
    // The call was announced when it came; whoever waits for its session looked too early then.
    world.journal.ring();
    if outcome == Outcome::CallbackFirst {
        director::capture_ahead(world, &id).await;
    }
    let life = world.options.user_token_life.as_secs();
    let mut data =
        json!({ "expirySeconds": number(world, life), "expiresAt": epoch(world, expires_at) });
    if let Some(data) = data.as_object_mut() {
        let (name, value) = match source {
            Source::Sdk => ("token", token.to_string()),
            Source::WebSdk => ("launchUrl", launch_url(world, &token)),
        };
        data.insert(name.to_owned(), Value::String(value));
    }
    Answer::data(data)
}

fn session(world: &World, headers: CallHeaders, wanted: Wanted) -> Session {
    Session {
        id: headers.session_id.into(),
        user: User { id: headers.user_id.into(), id_type: headers.user_id_type.into() },
        source: wanted.source,
        token: token::random("user").into(),
        expires_at: token::after(world.now(), world.options.user_token_life),
        phone: wanted.phone,
        email: wanted.email,
        english: wanted.english,
        success_url: wanted.success_url,
        failure_url: wanted.failure_url,
        submission_id: None,
    }
}

/// The token stands in the fragment, which no browser sends to any server.
fn launch_url(world: &World, token: &str) -> String {
    format!("{}/kyc/v2/index.html#/launch-v1?token={token}", world.base_url)
}

/// `GET /esign-partner/v1/submissions`
pub(super) async fn details(control: web::Data<Control>, request: HttpRequest) -> HttpResponse {
    let world = &control.world;
    perform(world, Operation::Details, &request, &[], async { tell_details(world, &request) }).await
}

fn tell_details(world: &World, request: &HttpRequest) -> Answer {
    if let Err(refused) = authorize(world, request) {
        return refused;
    }
    let headers = call_headers(request);
    let mistakes = initiate::header_mistakes(&headers, &world.options);
    if !mistakes.is_empty() {
        return Answer::refused(400, ErrorData::Absent, &mistakes);
    }
    if let Err(refused) = check_submission(world, request, &headers) {
        return refused;
    }
    let user = User { id: headers.user_id.into(), id_type: headers.user_id_type.into() };
    let gallery = world.gallery();
    let book = lock(&world.book);
    match book.current(&user) {
        Some(submission) => Answer::data(paper::details(
            &submission.heading,
            &submission.facts,
            &gallery,
            submission.changed_at,
        )),
        None if book.knows_user(&user) => not_found(
            "1514",
            "USER_NOT_FOUND_FOR_PARTNER_AND_PARTNER_USER_ID_AND_PARTNER_USER_ID_TYPE",
        ),
        None => not_found("1518", "USER_NOT_FOUND"),
    }
}

fn not_found(code: &'static str, cause: &'static str) -> Answer {
    Answer::refused(404, ErrorData::Empty, &[Cause { code, cause }])
}

/// A token header that is there but empty names no partner; one that is not there is no proof.
fn authorize(world: &World, request: &HttpRequest) -> Result<(), Answer> {
    let token = header(request, "x-onekyc-token");
    if token.is_empty() && request.headers().contains_key("x-onekyc-token") {
        let cause = missing("ESIGN_PARTNER_CAN_NOT_BE_EMPTY");
        return Err(Answer::refused(400, ErrorData::Absent, &[cause]));
    }
    match lock(&world.tokens).generation(token, world.now()) {
        Some(_) => Ok(()),
        None => Err(Answer::unauthorized()),
    }
}

/// A submission may be named in a header; it must then be this user's.
fn check_submission(
    world: &World,
    request: &HttpRequest,
    headers: &CallHeaders,
) -> Result<(), Answer> {
    let id = header(request, "x-submission-id");
    let book = lock(&world.book);
    let own = book.submission(id).is_some_and(|submission| {
        submission.heading.user_id == headers.user_id
            && submission.heading.user_id_type == headers.user_id_type
    });
    if id.is_empty() || own {
        return Ok(());
    }
    let cause = Cause { code: "1653", cause: "SUBMISSION_ID_DOES_NOT_BELONG_TO_CURRENT_USER" };
    Err(Answer::refused(400, ErrorData::Absent, &[cause]))
}

fn call_headers(request: &HttpRequest) -> CallHeaders {
    let owned = |name| header(request, name).to_owned();
    CallHeaders {
        user_id: owned("x-partner-user-id"),
        user_id_type: owned("x-partner-user-id-type"),
        session_id: owned("x-partner-session-id"),
        onboarding: ["x-esign-onboarding-partner", "x-onboarding-partner"]
            .map(owned)
            .into_iter()
            .filter(|value| !value.is_empty())
            .collect(),
        content_type: owned("content-type"),
    }
}

/// A header's value; empty when it is not there or not text.
fn header<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    let value = request.headers().get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().trim()
}

pub(super) fn arrived(world: &World, operation: Operation, request: &HttpRequest, body: &[u8]) {
    world.journal.arrived(operation, || {
        let generation =
            lock(&world.tokens).generation(header(request, "x-onekyc-token"), world.now());
        let headers: BTreeMap<_, _> = request
            .headers()
            .iter()
            .map(|(name, value)| {
                let secret = SECRET_HEADERS.contains(&name.as_str());
                let value = if secret { "[hidden]" } else { value.to_str().unwrap_or_default() };
                (name.as_str().to_owned(), value.to_owned())
            })
            .collect();
        RecordedRequest {
            operation,
            method: request.method().to_string(),
            path: request.path().to_owned(),
            headers,
            token_generation: generation,
            body: serde_json::from_slice(body).ok(),
        }
    });
}

/// The documents show strings; a server of another generation may send numbers.
fn number(world: &World, value: u64) -> Value {
    if world.options.times_as_numbers { json!(value) } else { json!(value.to_string()) }
}

fn epoch(world: &World, moment: Timestamp) -> Value {
    number(world, u64::try_from(moment.as_second()).unwrap_or_default())
}
