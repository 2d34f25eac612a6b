//! `[provider]`: whom we ask, as whom, and how long we wait.
//!
//! Invariant: token and API hosts are set apart and never derived from one another, because the
//! provider's documents give them different names in each environment.

use std::time::Duration;

use secrecy::SecretString;

use super::mistake::Flaw;
use super::parse::{self, Reach, millis, secs};
use super::reader::{Read, Section};
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
    /// Hosts that links to pictures may point to, lower-case; with none no picture is fetched. Too
    /// wide lets whoever writes the provider's answers send us elsewhere.
    pub image_hosts: Vec<String>,
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
    /// How long a picture may take, from the first byte of the connection to its last. Too low
    /// breaks pictures off; too high lets slow ones hold their places.
    pub image_timeout: Duration,
    /// The largest answer read, in bytes. Too low refuses real results; too high lets a broken
    /// upstream fill our memory.
    pub max_answer: usize,
    /// Calls of one kind in progress at once, and starts. Too low queues users in a rush; too high
    /// passes the rush on to the provider.
    pub max_concurrent: usize,
    /// Starts that wait while as many are in progress; more are refused. Too low refuses bursts that
    /// would soon have passed; too high holds memory for those who will be refused later.
    pub max_waiting: usize,
    /// How long a start waits for its turn. Too low refuses bursts, and everybody while the first
    /// partner token is fetched; too high lets users wait for nothing when more come than go.
    pub patience: Duration,
    /// The largest picture passed on, in bytes. Too low refuses real ones; too high lets a broken
    /// storage fill the line.
    pub max_image: u64,
    /// Pictures under way at once; more are refused. Too low refuses your own people at work, too
    /// high lets pictures take the line and the connections from starts.
    pub max_concurrent_images: usize,
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

pub(super) fn read(section: &Section<'_>, reach: Reach) -> Read<Provider> {
    let base_url = |text: &str| parse::base_url(text, reach);
    let token_base_url = section.required("token_base_url", base_url);
    let api_base_url = section.required("api_base_url", base_url);
    let client_id = section.required("client_id", parse::visible);
    let pass_key = section
        .secret(["pass_key", "pass_key_file"], parse::header_value)
        .and_then(|key| key.ok_or_else(|| section.missing("pass_key_file")));
    let user_id_type = section.required("user_id_type", parse::visible);
    let onboarding_partner = onboarding_partner(section);
    let onboarding_header = onboarding_header(section);
    let sdk = sdk(section, reach);
    let launch_hosts = section.list("launch_hosts", parse::host);
    let image_hosts = section.list("image_hosts", parse::host);
    let connect_timeout = section.duration("connect_timeout", millis(50)..=secs(30));
    let token_timeout = section.duration("token_timeout", millis(100)..=secs(60));
    let details_timeout = section.duration("details_timeout", millis(100)..=secs(60));
    let initiate_timeout = section.duration("initiate_timeout", millis(100)..=secs(300));
    let image_timeout = section.duration("image_timeout", millis(100)..=secs(300));
    let max_answer = section.number("max_answer", 4096..=16 * 1024 * 1024);
    let max_concurrent = section.number("max_concurrent", 1..=10_000);
    let max_waiting = section.number("max_waiting", 0..=100_000);
    let patience = section.duration("patience", millis(1)..=secs(10));
    let max_image = section.number("max_image", 1024..=256 * 1024 * 1024);
    let max_concurrent_images = section.number("max_concurrent_images", 1..=1000);
    let details_session = section.required("details_session", details_session);
    Ok(Provider {
        token_base_url: token_base_url?,
        api_base_url: api_base_url?,
        client_id: client_id?,
        pass_key: pass_key?,
        user_id_type: user_id_type?,
        onboarding_partner: onboarding_partner?,
        onboarding_header: onboarding_header?,
        sdk: sdk?,
        launch_hosts: launch_hosts?,
        image_hosts: image_hosts?,
        connect_timeout: connect_timeout?,
        token_timeout: token_timeout?,
        details_timeout: details_timeout?,
        initiate_timeout: initiate_timeout?,
        image_timeout: image_timeout?,
        max_answer: max_answer?,
        max_concurrent: max_concurrent?,
        max_waiting: max_waiting?,
        patience: patience?,
        max_image: max_image?,
        max_concurrent_images: max_concurrent_images?,
        details_session: details_session?,
    })
}

fn onboarding_partner(section: &Section<'_>) -> Read<OnboardingPartner> {
    let table = section.table("onboarding_partner");
    let sdk = table.optional("sdk", parse::visible);
    let web = table.optional("web", parse::visible);
    let partner = OnboardingPartner { sdk: sdk?, web: web? };
    if partner.sdk.is_none() && partner.web.is_none() {
        return Err(section.fault(
            "onboarding_partner",
            Flaw::new(
                "names no channel",
                "set `sdk`, `web` or both to the codes that the provider issued",
            ),
        ));
    }
    Ok(partner)
}

fn onboarding_header(section: &Section<'_>) -> Read<Vec<String>> {
    let names = section.list("onboarding_header", parse::header_name)?;
    let mut once = names.clone();
    once.sort();
    once.dedup();
    if names.is_empty() || names.len() > 4 || once.len() != names.len() {
        return Err(section.fault(
            "onboarding_header",
            Flaw::new(
                "names no header, too many, or one twice",
                "name 1 to 4 different headers, such as \"x-esign-onboarding-partner\"",
            ),
        ));
    }
    Ok(names)
}

/// What the native SDK is told; needed as soon as its channel is open.
fn sdk(section: &Section<'_>, reach: Reach) -> Read<Option<Sdk>> {
    let table = section.table("sdk");
    let base_url =
        table.optional("base_url", |text| parse::base_url(text, reach).map(|_| text.to_owned()));
    let environment = table.optional("environment", parse::visible);
    let is_open = section.table("onboarding_partner").has("sdk");
    let needed = |name, value: Read<Option<String>>| {
        value.and_then(|value| value.ok_or_else(|| table.missing(name)))
    };
    if !is_open && !table.has("base_url") && !table.has("environment") {
        return Ok(None);
    }
    let (base_url, environment) =
        (needed("base_url", base_url), needed("environment", environment));
    Ok(Some(Sdk { base_url: base_url?, environment: environment? }))
}

fn details_session(text: &str) -> Result<DetailsSession, Flaw> {
    match text {
        "attempt" => Ok(DetailsSession::Attempt),
        "fresh" => Ok(DetailsSession::Fresh),
        _ => Err(Flaw::new("is no choice", "write \"attempt\" or \"fresh\"")),
    }
}
