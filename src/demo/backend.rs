//! Stands where the partner's back end stands: takes the gateway's webhooks and shows what came.
//!
//! A webhook counts if its signature does, as in any receiver. What came is kept in memory, the
//! newest few, and given to the page and to a shell.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;

use super::site::Site;
use crate::domain::Clock;

/// How many are kept.
const KEPT: usize = 200;
/// How old a timestamp may be, in seconds.
const TOLERANCE: u64 = 300;
/// Longest wait for news, in seconds.
const LONGEST_WAIT: u64 = 25;
/// What is shown of a webhook's head.
const SHOWN: [&str; 4] = ["content-type", "webhook-id", "webhook-timestamp", "webhook-signature"];

/// The demo's back end.
pub(super) struct BackEnd {
    key: hmac::Key,
    clock: Arc<dyn Clock>,
    came: watch::Sender<Came>,
}

/// What came so far.
#[derive(Default)]
struct Came {
    last: u64,
    kept: VecDeque<Received>,
}

/// One webhook, as it came.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Received {
    number: u64,
    at: Timestamp,
    headers: Vec<(&'static str, String)>,
    body: Value,
}

impl Received {
    fn is_about(&self, verification: &str) -> bool {
        self.body.pointer("/data/id").and_then(Value::as_str) == Some(verification)
    }
}

/// A secret as the settings take it, and the key that it is.
pub(super) fn fresh_secret() -> (String, hmac::Key) {
    let bytes = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes).concat();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
    (format!("whsec_{}", BASE64_STANDARD.encode(bytes)), key)
}

impl BackEnd {
    pub(super) fn new(key: hmac::Key, clock: Arc<dyn Clock>) -> Self {
        Self { key, clock, came: watch::Sender::new(Came::default()) }
    }

    /// Whether one of the signatures is by our key, and the time is now (Standard Webhooks).
    fn is_genuine(&self, head: impl Fn(&str) -> Option<String>, body: &[u8]) -> bool {
        let [id, timestamp, signatures] =
            ["webhook-id", "webhook-timestamp", "webhook-signature"].map(head);
        let (Some(id), Some(timestamp), Some(signatures)) = (id, timestamp, signatures) else {
            return false;
        };
        let now = self.clock.now().as_second();
        let is_recent = timestamp.parse::<i64>().is_ok_and(|at| now.abs_diff(at) <= TOLERANCE);
        let mut signed = format!("{id}.{timestamp}.").into_bytes();
        signed.extend_from_slice(body);
        let is_ours = |signature: &str| {
            let tag = signature.strip_prefix("v1,").map(|tag| BASE64_STANDARD.decode(tag));
            tag.is_some_and(|tag| {
                tag.is_ok_and(|tag| hmac::verify(&self.key, &signed, &tag).is_ok())
            })
        };
        is_recent && signatures.split(' ').any(is_ours)
    }

    fn keep(&self, headers: Vec<(&'static str, String)>, body: Value) {
        self.came.send_modify(|came| {
            came.last += 1;
            let at = self.clock.now();
            came.kept.push_back(Received { number: came.last, at, headers, body });
            if came.kept.len() > KEPT {
                came.kept.pop_front();
            }
        });
    }
}

impl Came {
    fn about(&self, asked: &Asked) -> Vec<Received> {
        let is_asked =
            |one: &&Received| one.number > asked.after && one.is_about(asked.verification.as_str());
        self.kept.iter().filter(is_asked).cloned().collect()
    }
}

/// `POST /demo/webhooks`: the gateway tells the back end.
pub(super) async fn take(site: web::Data<Site>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let head = |name: &str| {
        request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    if !site.back_end.is_genuine(head, &body) {
        return HttpResponse::Unauthorized().finish();
    }
    let Ok(body) = serde_json::from_slice(&body) else {
        return HttpResponse::BadRequest().finish();
    };
    let headers = SHOWN.iter().filter_map(|name| Some((*name, head(name)?))).collect();
    site.back_end.keep(headers, body);
    HttpResponse::NoContent().finish()
}

/// Which webhooks are asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    verification: String,
    /// Those after the one of this number.
    #[serde(default)]
    after: u64,
    /// How many seconds to wait if there is none.
    #[serde(default)]
    wait: u64,
}

/// `GET /demo/webhooks`: what the back end was told of one verification.
pub(super) async fn show(site: web::Data<Site>, asked: web::Query<Asked>) -> HttpResponse {
    let mut news = site.back_end.came.subscribe();
    let some = news.wait_for(|came| !came.about(&asked).is_empty());
    let wait = Duration::from_secs(asked.wait.min(LONGEST_WAIT));
    let items = match tokio::time::timeout(wait, some).await {
        Ok(Ok(came)) => came.about(&asked),
        Ok(Err(_)) | Err(_) => Vec::new(),
    };
    HttpResponse::Ok().json(serde_json::json!({ "items": items }))
}
