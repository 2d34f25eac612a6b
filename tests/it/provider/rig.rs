//! A provider client and a sandbox for it to ask.

use std::sync::Arc;

use gerbang::{
    auth::install_crypto,
    config::{self, Settings},
    domain::{
        Channel, Contact, EmailAddress, Locale, PhoneNumber, RedirectUrls, SessionId, Tasks,
        UserId, VerificationReference,
    },
    sandbox::{Control, Sandbox, SandboxOptions},
    upstream::{Gtf, HttpClient, InitiateFlow, Provider, SubmissionQuery},
};

use crate::support::ManualClock;

/// What the sandbox's records call our header values.
pub(crate) const USER: &str = "cust-000481";

pub(crate) struct Rig {
    pub(crate) clock: ManualClock,
    pub(crate) sandbox: Sandbox,
    pub(crate) provider: Arc<dyn Provider>,
}

impl Rig {
    pub(crate) fn start() -> Self {
        Self::with(|_| {}, |_| {})
    }

    /// With other options of the sandbox, or other settings of the client.
    pub(crate) fn with(
        options: impl FnOnce(&mut SandboxOptions),
        settings: impl FnOnce(&mut config::Provider),
    ) -> Self {
        install_crypto();
        let clock = ManualClock::new();
        let mut chosen = SandboxOptions { clock: clock.for_sandbox(), ..SandboxOptions::default() };
        options(&mut chosen);
        let sandbox = Sandbox::start(chosen).unwrap();
        let mut configured = self::settings(sandbox.base_url());
        settings(&mut configured.provider);
        let provider = client(&configured, &clock);
        Self { clock, sandbox, provider }
    }

    pub(crate) fn control(&self) -> &Control {
        self.sandbox.control()
    }
}

/// A client of whatever listens at the settings' addresses.
pub(crate) fn client(settings: &Settings, clock: &ManualClock) -> Arc<dyn Provider> {
    let http = HttpClient::new(&settings.egress, settings.provider.connect_timeout).unwrap();
    let tasks = Tasks::on_current_runtime();
    Arc::new(Gtf::new(&settings.provider, &http, clock.shared(), tasks).unwrap())
}

/// Settings of a gateway that asks the sandbox at `base`.
pub(crate) fn settings(base: &str) -> Settings {
    let toml = format!(
        r#"
        [provider]
        token_base_url = "{base}"
        api_base_url = "{base}"
        client_id = "sandbox-client"
        pass_key = "sandbox-pass-key"
        user_id_type = "EXAMPLE_APP_USER_ID"
        onboarding_partner.sdk = "SANDBOX-SDK-STANDALONE_IDENTITY_VERIFICATION"
        onboarding_partner.web = "SANDBOX-WEB_SDK-STANDALONE_IDENTITY_VERIFICATION"
        sdk = {{ base_url = "{base}/", environment = "STAGING" }}
        [[auth.issuers]]
        use = "app"
        issuer = "https://login.partner.example"
        audience = "kyc"
        algorithms = ["EdDSA"]
        jwks_url = "http://127.0.0.1:9/jwks.json"
        [[callbacks.headers]]
        name = "x-callback-key"
        value = "0123456789abcdef"
        [redirects]
        allowed = ["https://app.partner.example/kyc/*"]
        "#
    );
    config::parse(&toml, "the test").unwrap()
}

/// A start by phone in the SDK.
pub(crate) fn flow() -> InitiateFlow {
    InitiateFlow {
        user: UserId::parse(USER).unwrap(),
        session: SessionId::new(),
        channel: Channel::Sdk,
        contact: Contact::Phone(PhoneNumber::parse("081234567800").unwrap()),
        reference: VerificationReference::parse("otp-7f31").unwrap(),
        locale: Locale::English,
        redirects: None,
    }
}

/// A start by email in the browser.
pub(crate) fn web_flow() -> InitiateFlow {
    InitiateFlow {
        channel: Channel::Web,
        contact: Contact::Email(EmailAddress::parse("wening@example.com").unwrap()),
        redirects: Some(RedirectUrls::remembered(
            "https://app.partner.example/kyc/ok".into(),
            "https://app.partner.example/kyc/no".into(),
        )),
        ..flow()
    }
}

/// A read for the attempt that `flow` made.
pub(crate) fn query(flow: &InitiateFlow) -> SubmissionQuery {
    SubmissionQuery { user: flow.user.clone(), session: flow.session.clone() }
}
