//! Signs webhooks and takes them to one endpoint.
//!
//! Invariant: of what an endpoint answers, the status and how long to wait are all that is looked
//! at; and neither its address nor anything it says is logged.

use std::{fmt, time::Duration};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use reqwest::{
    Method, Request, StatusCode,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};
use secrecy::SecretString;
use url::Url;

use super::{
    body,
    guard::{Forbidden, Guard},
    signature::Keys,
};
use crate::{
    config::Webhook,
    domain::{DeliveryOutcome, DueDelivery, Endpoint, Tried},
    upstream::{
        error::{SetupError, UpstreamError},
        gtf::retry_after,
        http::HttpClient,
    },
};

/// How long making a connection may take; in another country it takes longer than in ours.
const CONNECT: Duration = Duration::from_secs(3);

/// Whoever takes webhooks to one endpoint.
pub trait Courier: Send + Sync {
    /// Where it goes.
    fn endpoint(&self) -> &Endpoint;

    /// Takes one there, once, at `at`.
    fn take<'a>(&'a self, due: &'a DueDelivery, at: Timestamp) -> BoxFuture<'a, Tried>;
}

/// A signed POST, by Standard Webhooks.
pub struct SignedPost {
    endpoint: Endpoint,
    url: Url,
    keys: Keys,
    timeout: Duration,
    guard: Guard,
    http: HttpClient,
}

impl SignedPost {
    /// Prepares the way; `local` says that only this machine reaches the gateway, so that it may
    /// reach this machine.
    pub fn new(settings: &Webhook, http: &HttpClient, local: bool) -> Result<Self, SetupError> {
        let guard = Guard::new(local, settings.allow_networks.clone());
        let endpoint = Endpoint {
            id: settings.id.clone(),
            url: SecretString::from(settings.url.as_str()),
            events: settings.events.clone(),
        };
        Ok(Self {
            endpoint,
            url: settings.url.clone(),
            keys: Keys::new(&settings.keys),
            timeout: settings.timeout,
            http: http.guarded(CONNECT, guard.clone())?,
            guard,
        })
    }

    async fn post(&self, due: &DueDelivery, at: Timestamp) -> Tried {
        if self.guard.check(&self.url).is_err() {
            return ended(DeliveryOutcome::ForbiddenAddress);
        }
        // Neither can fail for what is made of ids, words and times.
        let Ok(body) = body::of(due) else { return ended(DeliveryOutcome::Damaged) };
        let Some(request) = self.request(due, body, at) else {
            return ended(DeliveryOutcome::Damaged);
        };
        match self.http.knock(request, self.timeout).await {
            Ok((status, headers)) => {
                let wait = retry_after(&headers, at);
                Tried {
                    outcome: meaning(status),
                    status: Some(status.as_u16()),
                    retry_after: wait.and_then(|wait| SignedDuration::try_from(wait).ok()),
                }
            }
            Err(failure) => ended(why(&failure)),
        }
    }

    fn request(&self, due: &DueDelivery, body: Vec<u8>, at: Timestamp) -> Option<Request> {
        let id = due.delivery.id.to_string();
        let timestamp = at.as_second();
        let signature = self.keys.sign(&id, timestamp, &body);
        let mut request = Request::new(Method::POST, self.url.clone());
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in [
            ("webhook-id", id),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signature),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::try_from(value).ok()?);
        }
        *request.body_mut() = Some(body.into());
        Some(request)
    }
}

impl Courier for SignedPost {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn take<'a>(&'a self, due: &'a DueDelivery, at: Timestamp) -> BoxFuture<'a, Tried> {
        Box::pin(self.post(due, at))
    }
}

impl fmt::Debug for SignedPost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedPost").field("endpoint", &self.endpoint.id).finish_non_exhaustive()
    }
}

const fn ended(outcome: DeliveryOutcome) -> Tried {
    Tried { outcome, status: None, retry_after: None }
}

fn meaning(status: StatusCode) -> DeliveryOutcome {
    if status.is_success() {
        DeliveryOutcome::Delivered
    } else if status == StatusCode::GONE {
        DeliveryOutcome::Gone
    } else {
        DeliveryOutcome::Refused
    }
}

fn why(failure: &UpstreamError) -> DeliveryOutcome {
    match failure {
        UpstreamError::Unreachable(cause) if Forbidden::is_behind(cause.as_ref()) => {
            DeliveryOutcome::ForbiddenAddress
        }
        UpstreamError::Unreachable(_) => DeliveryOutcome::Unreachable,
        UpstreamError::TimedOut => DeliveryOutcome::TimedOut,
        UpstreamError::Broken(_)
        | UpstreamError::Unavailable { .. }
        | UpstreamError::Saturated
        | UpstreamError::Resting { .. }
        | UpstreamError::Unauthorized
        | UpstreamError::Misconfigured(_)
        | UpstreamError::ContactRefused(_)
        | UpstreamError::DuplicateSession
        | UpstreamError::Refused { .. }
        | UpstreamError::Garbled(_) => DeliveryOutcome::Broken,
    }
}
