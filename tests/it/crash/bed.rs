//! A provider that outlives its gateways, the gateway of the moment, and how to reach it.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use gerbang::{
    domain::{Clock as _, SystemClock},
    sandbox::{Control, Sandbox, SandboxOptions},
};
use reqwest::{Client, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::support::{CALLBACK_KEY, Issuer, PATIENCE, Process, write_settings};

/// Nobody here is to be refused for doing much in a short time.
const WIDE: &str = r#"
[limits]
user_starts_per_minute = 100000
user_reads_per_minute = 100000
[verifications]
attempts_per_day = 1000
[[auth.issuers]]
use = "backend"
issuer = "backends"
audience = "gerbang"
algorithms = ["EdDSA"]
"#;

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What was done, to be told at the end.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) starts: AtomicU64,
    pub(crate) replays: AtomicU64,
    pub(crate) renewals: AtomicU64,
    pub(crate) callbacks: AtomicU64,
    pub(crate) approved: AtomicU64,
    /// Requests that a kill left without an answer.
    pub(crate) cut_off: AtomicU64,
}

impl Tally {
    pub(crate) fn count(what: &AtomicU64) {
        what.fetch_add(1, Ordering::Relaxed);
    }
}

pub(crate) struct Bed {
    pub(crate) directory: TempDir,
    pub(crate) provider: Control,
    pub(crate) tally: Tally,
    sandbox: Sandbox,
    apps: Issuer,
    backends: Issuer,
    http: Client,
    /// Where the gateway of the moment is; empty while there is none.
    place: watch::Sender<String>,
    over: AtomicBool,
}

impl Bed {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// With some of the usual settings changed: what stood there, and what stands there instead.
    pub(crate) fn with(edits: &[(&str, &str)]) -> Self {
        gerbang::auth::install_crypto();
        let directory = tempfile::tempdir().unwrap();
        let options = SandboxOptions { outcome_delay: Duration::ZERO, ..SandboxOptions::default() };
        let sandbox = Sandbox::start(options).unwrap();
        let (apps, backends) = (Issuer::new("apps"), Issuer::new("backends"));
        let key = directory.path().join("backends.pem");
        std::fs::write(&key, backends.public_pem()).unwrap();
        let more = format!("{WIDE}public_key_file = \"{}\"\n", key.display());
        write_settings(&directory, sandbox.base_url(), &apps, &more);
        let file = directory.path().join("gerbang.toml");
        let mut settings = std::fs::read_to_string(&file).unwrap();
        for (from, to) in edits {
            assert!(settings.contains(from), "{from}");
            settings = settings.replacen(from, to, 1);
        }
        std::fs::write(file, settings).unwrap();
        Self {
            directory,
            provider: sandbox.control().clone(),
            tally: Tally::default(),
            sandbox,
            apps,
            backends,
            http: Client::builder().no_proxy().timeout(PATIENCE).build().unwrap(),
            place: watch::Sender::new(String::new()),
            over: AtomicBool::new(false),
        }
    }

    /// Starts the next gateway and tells everybody where it is.
    pub(crate) fn raise(&self) -> Process {
        let process = Process::start(&self.directory);
        self.place.send_replace(process.base_url.clone());
        process
    }

    pub(crate) fn kill(&self, process: Process) {
        // First, so that whoever loses its answer knows why.
        self.place.send_replace(String::new());
        process.kill();
    }

    /// Nobody begins anything new.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    pub(crate) async fn stop(self) {
        self.sandbox.stop().await;
    }

    pub(crate) fn token(&self, user: &str) -> String {
        let claims = json!({
            "sub": user, "phone_number": "+6281234560001", "phone_number_verified": true,
        });
        self.apps.token(SystemClock.now().as_second(), claims)
    }

    pub(crate) fn service_token(&self) -> String {
        let claims = json!({ "sub": "ledger", "scope": "verification:read" });
        self.backends.token(SystemClock.now().as_second(), claims)
    }

    /// Asks one gateway to start a verification of `user`.
    pub(crate) fn start(&self, base: &str, user: &str) -> RequestBuilder {
        let request = self.http.post(format!("{base}/v1/verifications"));
        request.bearer_auth(self.token(user)).json(&json!({ "channel": "sdk" }))
    }

    /// Tells one gateway that the capture of `user` ended well.
    pub(crate) fn call_back(&self, base: &str, user: &str) -> RequestBuilder {
        let session = self.provider.newest_session(user).unwrap();
        let body = json!({
            "submissionId": session.submission_id, "userId": user,
            "userIdType": "EXAMPLE_APP_USER_ID", "partnerSessionId": session.session_id,
            "status": "COMPLETED", "result": "VALID",
        });
        let request = self.http.post(format!("{base}/callbacks/provider")).json(&body);
        request.header("x-callback-key", CALLBACK_KEY)
    }

    /// Lets `user` capture under the newest session.
    pub(crate) fn capture(&self, user: &str) {
        let session = self.provider.newest_session(user).unwrap().session_id;
        self.provider.finish_capture(&session).unwrap();
    }

    /// Asks one gateway for the user's verifications.
    pub(crate) fn list(&self, base: &str, user: &str) -> RequestBuilder {
        self.http.get(format!("{base}/v1/verifications")).bearer_auth(self.token(user))
    }

    /// What one gateway's `/readyz` or `/livez` says; 0 if nobody answers.
    pub(crate) async fn asked(&self, process: &Process, path: &str) -> u16 {
        let answer = self.http.get(format!("{}{path}", process.admin_url)).send().await;
        answer.map_or(0, |answer| answer.status().as_u16())
    }

    /// Waits until `/readyz` answers so.
    pub(crate) async fn ready(&self, process: &Process, status: u16) {
        let wait = async {
            while self.asked(process, "/readyz").await != status {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("readiness did not change in time");
    }

    /// Waits until the user's only verification is approved.
    pub(crate) async fn approved(&self, base: &str, user: &str) {
        let wait = async {
            loop {
                let listed = once(self.list(base, user)).await.unwrap().json();
                assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed:#}");
                if listed["items"][0]["status"] == "approved" {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("approval, in time");
    }

    /// Sends a request until it is answered, by whichever gateway is there then. One that was cut
    /// off may have been carried out: that is what the tests are about.
    pub(crate) async fn ask(&self, request: impl Fn(&Client, &str) -> RequestBuilder) -> Answer {
        let mut place = self.place.subscribe();
        loop {
            let base = place.wait_for(|base| !base.is_empty()).await.unwrap().clone();
            match once(request(&self.http, &base)).await {
                Ok(answer) => return answer,
                Err(error) => {
                    assert_ne!(*place.borrow(), base, "failed without a kill: {error:?}");
                    Tally::count(&self.tally.cut_off);
                }
            }
        }
    }
}

pub(crate) async fn once(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let (status, headers) = (response.status(), response.headers().clone());
    Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
}
