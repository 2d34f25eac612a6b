//! What initiate-flow answers: a token for the SDK, or a launch URL.
//!
//! Invariant: a launch URL made here leads where the operator lets users be led, over TLS.

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use url::{Host, Url};

use super::{
    lifetime::Lifetime,
    wire::{self, Issued},
};
use crate::{
    config,
    domain::{Channel, Credential, IssuedCredential},
    upstream::error::UpstreamError,
};

/// How long a credential is taken for good if its answer does not say; far below the 60 days of
/// the provider's samples.
const FALLBACK: SignedDuration = SignedDuration::from_hours(1);

/// Where launch URLs may lead.
pub(super) struct LaunchRule {
    /// Lower-case hosts; empty means any.
    hosts: Vec<String>,
    /// The provider is on this machine and has no certificate.
    plain_http: bool,
}

/// When a credential was asked for, and when it came.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) asked_at: Timestamp,
    pub(super) now: Timestamp,
}

impl LaunchRule {
    pub(super) fn new(settings: &config::Provider) -> Self {
        let api = settings.api_base_url.endpoint("/");
        let here = match api.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        Self { hosts: settings.launch_hosts.clone(), plain_http: here && api.scheme() == "http" }
    }

    fn check(&self, text: &str) -> Result<(), UpstreamError> {
        // The parser drops line breaks and tabs; the app is given the text as it came.
        let odd = text.chars().any(|letter| letter.is_control() || letter.is_whitespace());
        let url = Url::parse(text).ok().filter(|_| !odd);
        let url = url.ok_or(UpstreamError::Garbled("the launch URL is no URL"))?;
        if url.scheme() != "https" && !(self.plain_http && url.scheme() == "http") {
            return Err(UpstreamError::Garbled("the launch URL is not https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UpstreamError::Garbled("the launch URL names a user"));
        }
        let host = url.host_str().unwrap_or_default();
        if !self.hosts.is_empty() && !self.hosts.iter().any(|allowed| allowed == host) {
            return Err(UpstreamError::Garbled("the launch URL's host is not among launch_hosts"));
        }
        Ok(())
    }
}

/// Reads the `data` of an answer.
pub(super) fn read(
    data: &str,
    channel: Channel,
    rule: &LaunchRule,
    times: Times,
) -> Result<IssuedCredential, UpstreamError> {
    let issued: Issued = wire::object(data).ok_or(UpstreamError::Garbled("`data` is no object"))?;
    let lifetime = Lifetime { seconds: issued.expiry_seconds, until: issued.expires_at };
    let expires_at = lifetime.end(times.asked_at, times.now, FALLBACK)?;
    let credential = match channel {
        Channel::Sdk => {
            let token = issued.token.ok_or(UpstreamError::Garbled("no token in it"))?;
            Credential::SdkToken(SecretString::from(token))
        }
        Channel::Web => {
            let url = issued.launch_url.ok_or(UpstreamError::Garbled("no launch URL in it"))?;
            rule.check(&url)?;
            Credential::LaunchUrl(SecretString::from(url))
        }
    };
    Ok(IssuedCredential { credential, expires_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(rule: &LaunchRule, url: &str) -> bool {
        rule.check(url).is_ok()
    }

    #[test]
    fn any_https_host_will_do_if_none_is_named() {
        let rule = LaunchRule { hosts: vec![], plain_http: false };

        assert!(allows(&rule, "https://web.example.com/kyc/v2/index.html#/launch-v1?token=a.b.c"));
        for url in [
            "http://web.example.com/",
            "http://127.0.0.1/",
            "javascript:alert(1)",
            "data:text/html,x",
            "/kyc",
            "",
            "https://",
            "https://user@web.example.com/",
            "https://user:pass@web.example.com/",
            "https://web.example.com/\n",
            "https://web.exa\tmple.com/",
            " https://web.example.com/",
        ] {
            assert!(!allows(&rule, url), "{url}");
        }
    }

    #[test]
    fn named_hosts_are_the_only_ones() {
        let rule = LaunchRule { hosts: vec!["web.example.com".into()], plain_http: false };

        assert!(allows(&rule, "https://WEB.example.com/x"));
        assert!(!allows(&rule, "https://web.example.com.evil.example/x"));
        assert!(!allows(&rule, "https://evil.example/web.example.com"));
    }

    #[test]
    fn a_provider_on_this_machine_needs_no_certificate() {
        let rule = LaunchRule { hosts: vec![], plain_http: true };

        assert!(allows(&rule, "http://127.0.0.1:9100/kyc#/launch-v1?token=x"));
        assert!(!allows(&rule, "ftp://127.0.0.1/"));
    }
}
