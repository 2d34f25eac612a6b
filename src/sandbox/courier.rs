//! Callbacks on their way: the agreed header and method, no redirects, no proxy, a few tries.
//!
//! A 2xx ends a delivery; anything else is tried again with a doubling wait, as often as the
//! options say. The header's value is never recorded.

use std::sync::Mutex;
use std::time::Duration;

use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;

use super::options::{CallbackMethod, CallbackTarget};
use super::world::{World, lock};

/// One try to tell the partner something.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallbackAttempt {
    /// The submission, if the body names one.
    pub submission_id: Option<String>,
    /// The status told, if the body has one.
    pub status: Option<String>,
    /// The result told, if the body has one.
    pub result: Option<String>,
    /// Counted from 1 for each callback.
    pub attempt: u32,
    /// What came back.
    pub answer: CallbackAnswer,
    /// What was sent.
    pub body: Value,
}

/// What came back from the partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CallbackAnswer {
    /// An HTTP status.
    Answered {
        /// Any status; 2xx is a delivery.
        status: u16,
    },
    /// No answer: not reachable, too slow, or not HTTP.
    Failed {
        /// Without the address.
        why: String,
    },
    /// Nowhere to send it: no target was set.
    NoTarget,
}

impl CallbackAnswer {
    /// Whether the partner has it.
    pub fn is_delivered(&self) -> bool {
        matches!(self, Self::Answered { status: 200..=299 })
    }
}

/// The sender of one sandbox.
pub(super) struct Courier {
    client: Client,
    target: Mutex<Option<CallbackTarget>>,
}

impl Courier {
    pub(super) fn new(target: Option<CallbackTarget>) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(2))
            .timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self { client, target: Mutex::new(target) })
    }

    pub(super) fn set_target(&self, target: Option<CallbackTarget>) {
        *lock(&self.target) = target;
    }

    async fn send(&self, body: &Value) -> CallbackAnswer {
        let Some(target) = lock(&self.target).clone() else {
            return CallbackAnswer::NoTarget;
        };
        match self.try_send(&target, body).await {
            Ok(status) => CallbackAnswer::Answered { status },
            Err(why) => CallbackAnswer::Failed { why },
        }
    }

    async fn try_send(&self, target: &CallbackTarget, body: &Value) -> Result<u16, String> {
        let (name, value) = &target.header;
        let name = HeaderName::try_from(name.as_str()).map_err(|error| error.to_string())?;
        let mut value = HeaderValue::try_from(value.expose_secret())
            .map_err(|_| "the header's value cannot be sent".to_owned())?;
        value.set_sensitive(true);
        let method = match target.method {
            CallbackMethod::Post => reqwest::Method::POST,
            CallbackMethod::Put => reqwest::Method::PUT,
            CallbackMethod::Patch => reqwest::Method::PATCH,
        };
        let request = self
            .client
            .request(method, target.url.as_str())
            .header(CONTENT_TYPE, "application/json")
            .header(name, value)
            .body(body.to_string())
            .build()
            .map_err(|error| error.without_url().to_string())?;
        let answer =
            self.client.execute(request).await.map_err(|error| error.without_url().to_string())?;
        Ok(answer.status().as_u16())
    }
}

/// Tells the partner `body`, with all tries, and says how the last one ended.
pub(super) async fn deliver(world: &World, body: &Value) -> CallbackAnswer {
    let mut wait = world.options.callback_backoff;
    let mut attempt = 1;
    loop {
        let answer = tell_once(world, body, attempt).await;
        let tried_enough = attempt >= world.options.callback_attempts;
        if answer.is_delivered() || tried_enough || answer == CallbackAnswer::NoTarget {
            return answer;
        }
        world.pause(wait).await;
        wait = wait.saturating_mul(2);
        attempt += 1;
    }
}

/// Tells the partner `body` once.
pub(super) async fn tell_once(world: &World, body: &Value, attempt: u32) -> CallbackAnswer {
    let answer = world.courier.send(body).await;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    world.journal.called_back(CallbackAttempt {
        submission_id: text("submissionId"),
        status: text("status"),
        result: text("result"),
        attempt,
        answer: answer.clone(),
        body: body.clone(),
    });
    answer
}
