//! What a sandbox is started with.
//!
//! The defaults give a provider on a free loopback port that knows one client, calls nobody back
//! and takes two seconds for each step of a result.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::clock::{SandboxClock, SystemSandboxClock};

/// Everything that can be chosen before the start.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each named where it is set"
)]
pub struct SandboxOptions {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Base of launch URLs and image links as others reach it; the bound address when `None`.
    pub public_url: Option<String>,
    /// Where results are sent; `None` until `Control::set_callback_target` is called.
    pub callback: Option<CallbackTarget>,
    /// The one client the sandbox knows.
    pub credentials: SandboxCredentials,
    /// The label every call must carry in `x-partner-user-id-type`; any label when `None`.
    pub user_id_type: Option<String>,
    /// The onboarding value that belongs to each source.
    pub onboarding_partners: OnboardingPartners,
    /// Life of a partner token.
    pub partner_token_life: Duration,
    /// Life of an SDK token or launch URL.
    pub user_token_life: Duration,
    /// Speak the older generation of the token API: no `expires_at`, code 1539 for what is missing.
    pub token_without_expires_at: bool,
    /// Send life times and expiry times as JSON numbers; the documents show strings.
    pub times_as_numbers: bool,
    /// From a change of a submission to its callback.
    pub callback_delay: Duration,
    /// From the capture to the first result, and from each result to the next.
    pub outcome_delay: Duration,
    /// The extra wait of outcomes whose callback, or whose details, come late.
    pub late_delay: Duration,
    /// How often a callback is tried before it is given up; at least once.
    pub callback_attempts: u32,
    /// Wait before the second try of a callback; doubles with each further one.
    pub callback_backoff: Duration,
    /// The sandbox's time.
    pub clock: Arc<dyn SandboxClock>,
    /// Threads that answer; at least one.
    pub workers: usize,
    /// One log line for each call.
    pub access_log: bool,
    /// Keep the requests and callbacks for `Control`. Counters are always kept. Off under load.
    pub record: bool,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            public_url: None,
            callback: None,
            credentials: SandboxCredentials::default(),
            user_id_type: None,
            onboarding_partners: OnboardingPartners::default(),
            partner_token_life: Duration::from_mins(30),
            user_token_life: Duration::from_hours(60 * 24),
            token_without_expires_at: false,
            times_as_numbers: false,
            callback_delay: Duration::ZERO,
            outcome_delay: Duration::from_secs(2),
            late_delay: Duration::from_secs(30),
            callback_attempts: 5,
            callback_backoff: Duration::from_secs(1),
            clock: Arc::new(SystemSandboxClock),
            workers: 1,
            access_log: false,
            record: true,
        }
    }
}

/// What a client proves itself with at the token call.
#[derive(Clone, Debug)]
pub struct SandboxCredentials {
    /// Sent as `client-id`.
    pub client_id: String,
    /// Sent as `pass-key`.
    pub pass_key: SecretString,
}

impl Default for SandboxCredentials {
    fn default() -> Self {
        Self {
            client_id: "sandbox-client".to_owned(),
            pass_key: SecretString::from("sandbox-pass-key"),
        }
    }
}

/// The onboarding-partner value of each source.
#[derive(Clone, Debug)]
pub struct OnboardingPartners {
    /// For source `SDK`.
    pub sdk: String,
    /// For source `WEB_SDK`.
    pub web: String,
}

impl Default for OnboardingPartners {
    fn default() -> Self {
        Self {
            sdk: "SANDBOX-SDK-STANDALONE_IDENTITY_VERIFICATION".to_owned(),
            web: "SANDBOX-WEB_SDK-STANDALONE_IDENTITY_VERIFICATION".to_owned(),
        }
    }
}

/// Where results are sent, and what proves that they come from the provider.
#[derive(Clone, Debug)]
pub struct CallbackTarget {
    /// The full address.
    pub url: String,
    /// Agreed at set-up with the provider.
    pub method: CallbackMethod,
    /// The header agreed at set-up: its name and its value.
    pub header: (String, SecretString),
}

/// The methods a partner may choose for its callback endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum CallbackMethod {
    /// What the reference shows.
    #[default]
    Post,
    /// Also offered.
    Put,
    /// Also offered.
    Patch,
}
