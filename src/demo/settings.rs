//! The gateway's settings in the demo, written as an operator would write them.
//!
//! They go through the same reading as any configuration, so the demo shows nothing that a real
//! gateway would refuse.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use uuid::Uuid;

use super::error::DemoError;
use super::issuer::{
    APP_AUDIENCE, BACKEND_AUDIENCE, EMAIL_REFERENCE, ISSUER, PHONE_REFERENCE, TYP,
};
use super::options::DemoOptions;
use super::ports::local;
use crate::config::{self, Settings};
use crate::sandbox::SandboxOptions;

/// The header by which the demo's provider proves itself.
pub(super) const CALLBACK_HEADER: &str = "x-callback-key";

/// What the parts of the demo agree on.
pub(super) struct Agreement<'a> {
    pub(super) options: &'a DemoOptions,
    /// The sandbox as it was started: its credentials and onboarding values are the gateway's.
    pub(super) sandbox: &'a SandboxOptions,
    /// Where the sandbox answers.
    pub(super) sandbox_url: &'a str,
    /// Where the page answers: the provider may send browsers back there and nowhere else.
    pub(super) page: SocketAddr,
    /// The value of `CALLBACK_HEADER`.
    pub(super) callback_key: &'a SecretString,
    /// What webhooks to the page are signed with.
    pub(super) webhook_secret: &'a str,
    /// The issuer's public keys.
    pub(super) key_set: &'a Value,
}

/// A secret nobody has to type.
pub(super) fn fresh_secret() -> SecretString {
    SecretString::from(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
}

/// Writes the issuer's keys into `folder` and reads the settings.
pub(super) fn agree(agreed: &Agreement<'_>, folder: &Path) -> Result<Settings, DemoError> {
    let keys = folder.join("issuer-jwks.json");
    fs::write(&keys, agreed.key_set.to_string()).map_err(DemoError::Folder)?;
    config::parse(&toml(agreed, &keys, &folder.join("gerbang.db")), "the demo's configuration")
        .map_err(DemoError::Settings)
}

fn toml(agreed: &Agreement<'_>, keys: &Path, database: &Path) -> String {
    let Agreement { options, sandbox, sandbox_url, page, .. } = agreed;
    let [hint, tick, partial] = pace(options.fast);
    let at = |path: &str| quoted(format!("http://{page}{path}"));
    format!(
        "[server]
listen = {listen}
admin_listen = {admin}
workers = 1
lame_duck = \"0s\"
shutdown_deadline = \"5s\"

[provider]
token_base_url = {base}
api_base_url = {base}
client_id = {client_id}
pass_key = {pass_key}
user_id_type = \"DEMO_USER\"
onboarding_partner = {{ sdk = {sdk}, web = {web} }}
sdk = {{ base_url = {sdk_base}, environment = \"SANDBOX\" }}
launch_hosts = [\"127.0.0.1\"]
image_hosts = [\"127.0.0.1\"]

{app_issuer}
{backend_issuer}
[[callbacks.headers]]
name = \"{CALLBACK_HEADER}\"
value = {callback_key}

[redirects]
allowed = [{allowed}]
default = {{ success = {success}, failure = {failure} }}

[storage]
url = {database}

[[webhooks]]
id = \"demo-back-end\"
url = {webhooks}
secret = {webhook_secret}

[verifications]
ttl = \"15m\"
attempts_per_day = 100

[reconcile]
after_hint = \"{hint}\"
after_silence = \"15s\"
max_interval = \"15s\"
partial_interval = \"{partial}\"
tick = \"{tick}\"
",
        listen = quoted(local(options.gateway_port)),
        admin = quoted(local(options.admin_port)),
        base = quoted(sandbox_url),
        sdk_base = quoted(format!("{sandbox_url}/")),
        client_id = quoted(&sandbox.credentials.client_id),
        pass_key = quoted(sandbox.credentials.pass_key.expose_secret()),
        sdk = quoted(&sandbox.onboarding_partners.sdk),
        web = quoted(&sandbox.onboarding_partners.web),
        app_issuer = issuer("app", APP_AUDIENCE, keys),
        backend_issuer = issuer("backend", BACKEND_AUDIENCE, keys),
        callback_key = quoted(agreed.callback_key.expose_secret()),
        allowed = at("/return/*"),
        success = at("/return/success"),
        failure = at("/return/failure"),
        webhooks = at("/demo/webhooks"),
        webhook_secret = quoted(agreed.webhook_secret),
        database = quoted(format!("sqlite://{}", database.display())),
    )
}

/// After which time a late result is asked for, how often that is looked at, and how often one that
/// came in part is asked for the rest.
const fn pace(fast: bool) -> [&'static str; 3] {
    if fast { ["1s", "100ms", "1s"] } else { ["3s", "500ms", "5s"] }
}

fn issuer(token_use: &str, audience: &str, keys: &Path) -> String {
    let contact = if token_use == "app" {
        format!(
            "contact = [\"claims\"]\nclaims = {{ phone_reference = \"{PHONE_REFERENCE}\", \
             email_reference = \"{EMAIL_REFERENCE}\" }}\n"
        )
    } else {
        String::new()
    };
    format!(
        "[[auth.issuers]]
use = \"{token_use}\"
issuer = \"{ISSUER}\"
audience = \"{audience}\"
algorithms = [\"EdDSA\"]
jwks_file = {}
typ = \"{TYP}\"
{contact}",
        quoted(keys.display()),
    )
}

/// A TOML string: JSON's escapes are among TOML's.
fn quoted(text: impl ToString) -> String {
    Value::String(text.to_string()).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Agreement, agree, fresh_secret};
    use crate::demo::backend;
    use crate::demo::options::DemoOptions;
    use crate::demo::ports::local;
    use crate::sandbox::SandboxOptions;

    #[test]
    fn the_settings_are_accepted_in_a_folder_with_an_odd_name() {
        for fast in [false, true] {
            let folder = tempfile::Builder::new().prefix("a \"b' c ").tempdir().unwrap();
            let agreed = Agreement {
                options: &DemoOptions { fast, ..DemoOptions::default() },
                sandbox: &SandboxOptions::default(),
                sandbox_url: "http://127.0.0.1:8070",
                page: local(8090),
                callback_key: &fresh_secret(),
                webhook_secret: &backend::fresh_secret().0,
                key_set: &json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA",
                    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] }),
            };

            let settings = agree(&agreed, folder.path());

            assert!(settings.is_ok(), "{}", settings.unwrap_err());
        }
    }
}
