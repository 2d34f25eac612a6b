//! A sandbox with a clock that stands still, and the calls a partner makes.
//!
//! Calls return what came back and assert nothing; nothing here waits for a time.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use gerbang::sandbox::{Captured, Control, Outcome, Sandbox, SandboxClock, SandboxOptions};
use jiff::Timestamp;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::sync::watch;

/// A clock that moves when told to.
#[derive(Debug)]
pub(super) struct StillClock {
    time: watch::Sender<Timestamp>,
    sleeps: watch::Sender<u32>,
}

impl StillClock {
    fn new() -> Self {
        let start = "2026-06-01T03:00:00Z".parse().unwrap();
        Self { time: watch::Sender::new(start), sleeps: watch::Sender::new(0) }
    }

    pub(super) fn advance(&self, duration: Duration) {
        self.time.send_modify(|now| *now = now.checked_add(duration).unwrap());
    }

    /// Ends when somebody has gone to sleep `times` times in all.
    pub(super) async fn slept(&self, times: u32) {
        within(self.sleeps.subscribe().wait_for(|sleeps| *sleeps >= times)).await.unwrap();
    }
}

impl SandboxClock for StillClock {
    fn now(&self) -> Timestamp {
        *self.time.borrow()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let mut time = self.time.subscribe();
        let end = self.now().checked_add(duration).unwrap();
        self.sleeps.send_modify(|sleeps| *sleeps += 1);
        Box::pin(async move {
            // A clock that is gone will never reach the end.
            if time.wait_for(|now| *now >= end).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) text: String,
}

impl Seen {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(super) fn data(&self) -> Value {
        self.json()["data"].take()
    }

    /// `code cause` of every entry of `errors`.
    pub(super) fn causes(&self) -> Vec<String> {
        let entry = |error: &Value| format!("{} {}", str_of(error, "code"), str_of(error, "cause"));
        self.json()["errors"].as_array().unwrap().iter().map(entry).collect()
    }
}

pub(super) fn str_of(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// A sandbox and a partner's client.
pub(super) struct House {
    pub(super) sandbox: Sandbox,
    pub(super) clock: Arc<StillClock>,
    pub(super) client: Client,
}

impl House {
    pub(super) fn start() -> Self {
        Self::start_with(|_| {})
    }

    /// Results come at once unless `change` says otherwise; the long delay is a minute.
    pub(super) fn start_with(change: impl FnOnce(&mut SandboxOptions)) -> Self {
        let clock = Arc::new(StillClock::new());
        let shared: Arc<dyn SandboxClock> = Arc::<StillClock>::clone(&clock);
        let mut options = SandboxOptions {
            outcome_delay: Duration::ZERO,
            late_delay: Duration::from_mins(1),
            clock: shared,
            ..SandboxOptions::default()
        };
        change(&mut options);
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        Self { sandbox: Sandbox::start(options).unwrap(), clock, client }
    }

    pub(super) fn control(&self) -> &Control {
        self.sandbox.control()
    }

    pub(super) async fn try_call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Seen, reqwest::Error> {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.sandbox.base_url())
        };
        let mut request = self.client.request(method, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body.to_string());
            if !headers.iter().any(|(name, _)| *name == "content-type") {
                request = request.header("content-type", "application/json");
            }
        }
        let answer = self.client.execute(request.build()?).await?;
        let content_type = answer.headers().get("content-type");
        let content_type = content_type.map(|value| value.to_str().unwrap()).unwrap_or_default();
        Ok(Seen {
            status: answer.status().as_u16(),
            content_type: content_type.to_owned(),
            text: String::from_utf8_lossy(&answer.bytes().await?).into_owned(),
        })
    }

    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Seen {
        self.try_call(method, path, headers, body).await.unwrap()
    }

    pub(super) async fn get(&self, path: &str) -> Seen {
        self.call(Method::GET, path, &[], None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Seen {
        self.call(Method::POST, path, &[], Some(body)).await
    }

    pub(super) async fn token_call(&self) -> Seen {
        let headers = [("client-id", "sandbox-client"), ("pass-key", "sandbox-pass-key")];
        self.call(Method::GET, "/v1/esign/partner/authentication", &headers, None).await
    }

    pub(super) async fn token(&self) -> String {
        str_of(&self.token_call().await.data(), "token")
    }

    pub(super) async fn initiate_with(&self, headers: &[(&str, &str)], body: &Value) -> Seen {
        self.call(Method::POST, "/esign-partner/v1/initiate-flow", headers, Some(body)).await
    }

    /// A correct SDK call for `user` with a phone that ends in `digits`.
    pub(super) async fn initiate(&self, user: &str, session: &str, digits: &str) -> Seen {
        let token = self.token().await;
        self.initiate_with(&headers(&token, user, session), &sdk_body(digits)).await
    }

    pub(super) async fn details(&self, user: &str) -> Seen {
        let token = self.token().await;
        let headers = headers(&token, user, "a-session-of-its-own");
        self.call(Method::GET, "/esign-partner/v1/submissions", &headers, None).await
    }

    /// Initiate and capture, with the outcome of `digits`.
    pub(super) async fn captured(&self, user: &str, session: &str, digits: &str) -> Captured {
        assert_eq!(self.initiate(user, session, digits).await.status, 200);
        self.control().finish_capture(session).unwrap()
    }

    /// The same, with the outcome named.
    pub(super) async fn captured_as(
        &self,
        user: &str,
        session: &str,
        outcome: Outcome,
    ) -> Captured {
        assert_eq!(self.initiate(user, session, "00").await.status, 200);
        self.control().finish_capture_as(session, outcome).unwrap()
    }

    /// Ends when the first submission's status is this.
    pub(super) async fn until_status(&self, status: &str) {
        self.until(|control| {
            control.submissions().first().is_some_and(|submission| submission.status == status)
        })
        .await;
    }

    /// Ends when nothing is going on any more.
    pub(super) async fn until_quiet(&self) {
        self.until(|control| control.scripts_running() == 0).await;
    }

    pub(super) async fn until(&self, happened: impl FnMut(&Control) -> bool) {
        within(self.control().wait_until(happened)).await;
    }
}

/// A deadline for what must happen; long enough for a busy machine.
pub(super) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.unwrap()
}

pub(super) fn headers<'a>(
    token: &'a str,
    user: &'a str,
    session: &'a str,
) -> Vec<(&'a str, &'a str)> {
    vec![
        ("x-onekyc-token", token),
        ("x-esign-onboarding-partner", "SANDBOX-SDK-STANDALONE_IDENTITY_VERIFICATION"),
        ("x-partner-user-id", user),
        ("x-partner-user-id-type", "EXAMPLE_USER"),
        ("x-partner-session-id", session),
    ]
}

pub(super) fn sdk_body(digits: &str) -> Value {
    json!({
        "flow": "STANDALONE_IDENTITY_VERIFICATION",
        "source": "SDK",
        "additionalDetails": {
            "phoneNumber": format!("62000000000{digits}"),
            "dataVerification": {
                "phoneNumber": { "isVerified": true, "verificationReferenceId": "otp-1" }
            },
            "userLocale": "id_ID"
        }
    })
}

pub(super) fn web_body(digits: &str) -> Value {
    let mut body = sdk_body(digits);
    body["source"] = json!("WEB_SDK");
    body["successRedirectionUrl"] = json!("https://app.example.com/ok?keep=1#there");
    body["failureRedirectionUrl"] = json!("https://app.example.com/failed");
    body
}
