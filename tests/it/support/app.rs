//! A whole gateway with its provider, for one test: free ports, its own database, a clock that
//! stands still until the test moves it.

use std::{sync::Arc, time::Duration};

use gerbang::{
    config,
    domain::{Clock, Tasks},
    sandbox::{CallbackMethod, CallbackTarget, Control, Sandbox, SandboxOptions},
    server::{Gateway, Host},
};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, RequestBuilder};
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Answer, Contract, Issuer, ManualClock};

/// The header value agreed with the provider.
pub(crate) const CALLBACK_KEY: &str = "callback-key-of-this-test-run";

/// How long a test waits for something that should happen at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Wide enough for tests that try many things in the one minute that their clock shows.
const WIDE: &str = "user_starts_per_minute = 10000\nuser_reads_per_minute = 10000\n\
                    failed_authentications_per_minute = 10000";

pub(crate) struct TestApp {
    pub(crate) base_url: String,
    pub(crate) admin_url: String,
    pub(crate) clock: ManualClock,
    pub(crate) provider: Control,
    pub(crate) apps: Issuer,
    pub(crate) backends: Issuer,
    /// The partner's OTP service, which signs proofs of contact.
    pub(crate) otp: Issuer,
    pub(crate) http: reqwest::Client,
    pub(crate) directory: Arc<TempDir>,
    contract: &'static Contract,
    gateway: Option<Gateway>,
    sandbox: Option<Sandbox>,
    tasks: Tasks,
}

pub(crate) struct Builder {
    server: String,
    apps: String,
    redirects: String,
    edits: Vec<(String, String)>,
    settings: String,
    provider: SandboxOptions,
    calls_back: bool,
}

impl TestApp {
    pub(crate) fn builder() -> Builder {
        let provider = SandboxOptions {
            outcome_delay: Duration::ZERO,
            late_delay: Duration::from_hours(1),
            ..SandboxOptions::default()
        };
        Builder {
            server: String::new(),
            apps: String::new(),
            redirects: String::new(),
            edits: Vec::new(),
            settings: String::new(),
            provider,
            calls_back: true,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn start() -> Self {
        Self::builder().start().await
    }

    /// A token of the user `user` whose phone, ending in `outcome`, is verified.
    pub(crate) fn token(&self, user: &str, outcome: &str) -> String {
        self.token_with(json!({
            "sub": user,
            "phone_number": format!("+628123456{outcome:0>4}"),
            "phone_number_verified": true,
            "phone_reference": "otp-0001",
        }))
    }

    pub(crate) fn token_with(&self, claims: Value) -> String {
        self.apps.token(self.clock.now().as_second(), claims)
    }

    /// A proof that the phone of the user `user` was verified, with `claims` put over the usual ones.
    pub(crate) fn proof(&self, user: &str, name: &str, claims: Value) -> String {
        let now = self.clock.now().as_second();
        let mut all = json!({
            "aud": "gerbang-proofs", "sub": user, "jti": name, "exp": now + 300,
            "phone_number": "+6281234560000", "verified_at": now - 60,
        });
        let members = all.as_object_mut().unwrap();
        members.extend(claims.as_object().unwrap().clone());
        self.otp.token(now, all)
    }

    pub(crate) fn service_token(&self, scope: &str) -> String {
        let claims = json!({ "sub": "ledger", "client_id": "ledger", "scope": scope });
        self.backends.token(self.clock.now().as_second(), claims)
    }

    pub(crate) fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base_url)).bearer_auth(token)
    }

    /// Sends, and holds the answer against `openapi.yaml`.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = self.http.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.unwrap().to_vec();
        let answer = Answer { status, headers, body };
        self.check(method.as_str(), &path, &answer);
        answer
    }

    /// Holds an answer against `openapi.yaml`.
    pub(crate) fn check(&self, method: &str, path: &str, answer: &Answer) {
        let Answer { status, headers, body } = answer;
        if let Err(faults) = self.contract.check(method, path, *status, headers, body) {
            panic!("{method} {path} answered {status} against the contract: {faults:#}");
        }
    }

    /// Waits until every job has done what is due now and sleeps until its next turn.
    pub(crate) async fn idle(&self) {
        // Apply, read, expire; and one an endpoint of webhooks.
        let jobs = 3 + self.settings_text().matches("[[webhooks]]").count();
        let tick = SignedDuration::from_secs(1);
        let asleep = self.clock.wait_for_sleepers_until(self.now() + tick, jobs);
        tokio::time::timeout(PATIENCE, asleep).await.expect("a job does not rest");
    }

    /// Lets time pass once every job is asleep. One that has looked and does not sleep yet would
    /// reckon its next turn from the new time, and this clock stands still afterwards.
    pub(crate) async fn advance(&self, by: SignedDuration) {
        self.idle().await;
        self.clock.advance(by);
    }

    /// Stops the gateway and starts another on the same database.
    pub(crate) async fn restart(self) -> Self {
        self.restart_after(async || {}).await
    }

    /// Stops the gateway, lets `between` have the database, and starts another on it.
    pub(crate) async fn restart_after(mut self, between: impl AsyncFnOnce()) -> Self {
        let options = self.settings_text();
        if let Some(gateway) = self.gateway.take() {
            gateway.stop().await;
        }
        between().await;
        self.tasks = Tasks::on_current_runtime();
        let (gateway, base_url, admin_url) = open(&options, &self.clock, &self.tasks).await;
        self.gateway = Some(gateway);
        (self.base_url, self.admin_url) = (base_url, admin_url);
        self.provider.set_callback_target(Some(target(&self.base_url)));
        self
    }

    /// Ends everything and says whether anything was left running.
    pub(crate) async fn stop(mut self) {
        if let Some(gateway) = self.gateway.take() {
            gateway.stop().await;
        }
        if let Some(sandbox) = self.sandbox.take() {
            sandbox.stop().await;
        }
        assert_eq!(self.tasks.running(), 0, "work was left running");
    }

    fn settings_text(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("gerbang.toml")).unwrap()
    }
}

impl Builder {
    /// More settings of the section `[server]`.
    pub(crate) fn server(mut self, line: &str) -> Self {
        self.server.push_str(line);
        self.server.push('\n');
        self
    }

    /// More settings of the apps' issuer.
    pub(crate) fn apps(mut self, line: &str) -> Self {
        self.apps.push_str(line);
        self.apps.push('\n');
        self
    }

    /// How contacts of the apps' users are proven, such as `["proof"]`.
    pub(crate) fn contact(mut self, ways: &str) -> Self {
        self.apps.push_str("contact = ");
        self.apps.push_str(ways);
        if ways.contains("proof") {
            self.apps.push_str(
                "\nproof = { issuer = \"otp\", audience = \"gerbang-proofs\", \
                 algorithms = [\"EdDSA\"], public_key_file = \"{path}/otp.pem\" }",
            );
        }
        self
    }

    /// More settings of the section `[redirects]`.
    pub(crate) fn redirects(mut self, line: &str) -> Self {
        self.redirects.push_str(line);
        self.redirects.push('\n');
        self
    }

    /// The section `[limits]`, without which a test may call as often as it likes.
    pub(crate) fn limits(self, lines: &str) -> Self {
        self.edit(WIDE, lines)
    }

    /// Changes a piece of the usual settings.
    pub(crate) fn edit(mut self, from: &str, to: &str) -> Self {
        self.edits.push((from.to_owned(), to.to_owned()));
        self
    }

    /// More settings, in TOML, after the usual ones.
    pub(crate) fn settings(mut self, toml: &str) -> Self {
        self.settings.push_str(toml);
        self.settings.push('\n');
        self
    }

    pub(crate) fn provider(mut self, change: impl FnOnce(&mut SandboxOptions)) -> Self {
        change(&mut self.provider);
        self
    }

    /// The provider never calls back.
    pub(crate) fn without_callbacks(mut self) -> Self {
        self.calls_back = false;
        self
    }

    pub(crate) async fn start(self) -> TestApp {
        gerbang::auth::install_crypto();
        let directory = Arc::new(tempfile::tempdir().unwrap());
        let clock = ManualClock::at(Timestamp::from_second(1_800_000_000).unwrap());
        let (apps, backends) = (Issuer::new("apps"), Issuer::new("backends"));
        let otp = Issuer::new("otp");
        std::fs::write(directory.path().join("otp.pem"), otp.public_pem()).unwrap();
        std::fs::write(directory.path().join("backends.pem"), backends.public_pem()).unwrap();
        let options = SandboxOptions { clock: clock.for_sandbox(), ..self.provider };
        let sandbox = Sandbox::start(options).unwrap();
        let service = "[[auth.issuers]]\nuse = \"backend\"\nissuer = \"backends\"\n\
                       audience = \"gerbang\"\nalgorithms = [\"EdDSA\"]\n";
        let key = directory.path().join("backends.pem");
        let more = format!(
            "[limits]\n{WIDE}\n{service}public_key_file = \"{}\"\n{}",
            key.display(),
            self.settings
        );
        let users = self.apps.replace("{path}", &directory.path().display().to_string());
        let texts = [self.server.as_str(), &users, &self.redirects, &more];
        write_settings_with(&directory, sandbox.base_url(), &apps, texts);
        let file = directory.path().join("gerbang.toml");
        let mut settings = std::fs::read_to_string(&file).unwrap();
        for (from, to) in &self.edits {
            assert!(settings.contains(from), "{from}");
            settings = settings.replacen(from, to, 1);
        }
        std::fs::write(file, &settings).unwrap();
        let tasks = Tasks::on_current_runtime();
        let (gateway, base_url, admin_url) = open(&settings, &clock, &tasks).await;
        if self.calls_back {
            sandbox.control().set_callback_target(Some(target(&base_url)));
        }
        TestApp {
            base_url,
            admin_url,
            clock,
            provider: sandbox.control().clone(),
            apps,
            backends,
            otp,
            http: reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap(),
            directory,
            contract: Contract::load().unwrap(),
            gateway: Some(gateway),
            sandbox: Some(sandbox),
            tasks,
        }
    }
}

async fn open(settings: &str, clock: &ManualClock, tasks: &Tasks) -> (Gateway, String, String) {
    let settings = config::parse(settings, "test").unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let host = Host { clock: Arc::new(clock.clone()), tasks: tasks.clone() };
    let gateway = Gateway::start(settings, host).await.unwrap();
    let base_url = format!("http://{}", gateway.addr());
    let admin_url = format!("http://{}", gateway.admin_addr());
    (gateway, base_url, admin_url)
}

fn target(base_url: &str) -> CallbackTarget {
    CallbackTarget {
        url: format!("{base_url}/callbacks/provider"),
        method: CallbackMethod::Post,
        header: ("x-callback-key".to_owned(), SecretString::from(CALLBACK_KEY)),
    }
}

/// Writes `gerbang.toml` for a gateway between `apps` and the provider at `provider`.
pub(crate) fn write_settings(directory: &TempDir, provider: &str, apps: &Issuer, more: &str) {
    write_settings_with(directory, provider, apps, ["", "", "", more]);
}

fn write_settings_with(
    directory: &TempDir,
    provider: &str,
    apps: &Issuer,
    [server, users, redirects, more]: [&str; 4],
) {
    let path = directory.path().display();
    std::fs::write(directory.path().join("apps.pem"), apps.public_pem()).unwrap();
    let settings = format!(
        r#"
[server]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
public_url = "http://127.0.0.1:8080"
workers = 1
lame_duck = "0s"
{server}

[provider]
token_base_url = "{provider}"
api_base_url = "{provider}"
client_id = "sandbox-client"
pass_key = "sandbox-pass-key"
user_id_type = "EXAMPLE_APP_USER_ID"
image_hosts = ["127.0.0.1"]
sdk = {{ base_url = "{provider}/", environment = "STAGING" }}

[provider.onboarding_partner]
sdk = "SANDBOX-SDK-STANDALONE_IDENTITY_VERIFICATION"
web = "SANDBOX-WEB_SDK-STANDALONE_IDENTITY_VERIFICATION"

[callbacks]
headers = [{{ name = "x-callback-key", value = "{CALLBACK_KEY}" }}]

[redirects]
allowed = ["https://app.partner.example/kyc/*", "partnerapp://kyc/*"]
{redirects}

[storage]
url = "sqlite://{path}/gerbang.db"

[[auth.issuers]]
use = "app"
issuer = "apps"
audience = "gerbang"
algorithms = ["EdDSA"]
public_key_file = "{path}/apps.pem"
app = "test-app"
claims = {{ phone_reference = "phone_reference" }}
{users}

{more}
"#
    );
    std::fs::write(directory.path().join("gerbang.toml"), settings).unwrap();
}
