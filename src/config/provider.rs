//! `[provider]`: whom we ask, as whom, and how long we wait.
//!
//! Invariant: token and API hosts are set apart and never derived from one another, because the
//! provider's documents give them different names in each environment.

use std::time::Duration;

use secrecy::SecretString;

use super::values::BaseUrl;

/// The provider's addresses, our credentials there, and the limits on its answers.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Where partner tokens are minted.
    pub token_base_url: BaseUrl,
    /// Where flows are initiated and submissions are read.
    pub api_base_url: BaseUrl,
    /// Our name at the provider; sent as it is, never parsed.
    pub client_id: String,
    /// Our password at the provider.
    pub pass_key: SecretString,
    /// The label the provider assigned to our user ids; results carrying another are not ours.
    pub user_id_type: String,
    /// The onboarding partner codes by channel; a channel without one cannot be started.
    pub onboarding_partner: OnboardingPartner,
    /// The header names under which the code is sent, all of them with each call. The provider's
    /// documents disagree about the name.
    pub onboarding_header: Vec<String>,
    /// What the native SDK has to be told; present whenever the SDK channel is configured.
    pub sdk: Option<Sdk>,
    /// Hosts a launch URL may point to, lower-case; empty means any host by `https`. Too narrow
    /// refuses the provider's own links; empty trusts whatever the provider answers.
    pub launch_hosts: Vec<String>,
    /// How long making a connection may take. Too low fails on a busy network; too high delays the
    /// one safe retry.
    pub connect_timeout: Duration,
    /// How long minting a partner token may take. Too low fails cold starts; too high lets them
    /// queue behind a hanging issuer.
    pub token_timeout: Duration,
    /// How long reading submission details may take. Too low delays verdicts; too high holds the
    /// reconciler's places.
    pub details_timeout: Duration,
    /// How long one attempt at initiate-flow may take, also when its caller has gone. Too low
    /// throws away answers that were under way, and each is a session the provider has counted.
    pub initiate_timeout: Duration,
    /// The largest answer read, in bytes. Too low refuses real results; too high lets a broken
    /// upstream fill our memory.
    pub max_answer: usize,
    /// Calls of one kind in progress at once. Too low queues users in a rush; too high passes the
    /// rush on to the provider.
    pub max_concurrent: usize,
    /// Which session id a details read sends.
    pub details_session: DetailsSession,
}

/// Onboarding partner codes as the provider issued them; at least one is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnboardingPartner {
    /// The code for starts by the native SDK.
    pub sdk: Option<String>,
    /// The code for starts by the web flow.
    pub web: Option<String>,
}

/// What an app passes to the native SDK beside its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sdk {
    /// The SDK's `baseUrl`, as written: the SDK's samples end in a slash, and it decides alone.
    pub base_url: String,
    /// The SDK's environment, such as `STAGING` or `PRODUCTION`.
    pub environment: String,
}

/// Which session id a details read sends: the documents call it unique per call, yet need it here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetailsSession {
    /// The session id of the attempt whose result is read.
    Attempt,
    /// A new id for each read.
    Fresh,
}
