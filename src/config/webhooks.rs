//! `[[webhooks]]`: which back ends are told of changes, and how they know that it is us.
//!
//! Invariant: every endpoint has a secret, so nothing is ever sent unsigned; and none has an address
//! that the gateway would refuse to connect to, as far as that can be seen without asking a name
//! server.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ipnet::IpNet;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use url::{Host, Url};
use zeroize::Zeroizing;

use super::mistake::Flaw;
use super::parse::{self, Reach, millis, secs};
use super::reader::{Read, Section};
use crate::domain::{AddressClass, EndpointId, WebhookEvent, is_private_network};

/// One back end that is told.
#[derive(Clone)]
pub struct Webhook {
    /// The operator's name for it.
    pub id: EndpointId,
    /// Where webhooks are sent.
    pub url: Url,
    /// The keys they are signed with: the present one, then the one before if there is one.
    pub keys: Vec<SecretSlice<u8>>,
    /// What is told.
    pub events: Vec<WebhookEvent>,
    /// Private networks the address may lie in.
    pub allow_networks: Vec<IpNet>,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl fmt::Debug for Webhook {
    /// The address is left out: many a receiver is known by its path alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("id", &self.id).finish_non_exhaustive()
    }
}

pub(super) fn read(root: &Section<'_>, reach: Reach) -> Read<Vec<Webhook>> {
    let entries = root.entries("webhooks");
    let read: Vec<Read<Webhook>> = entries.iter().map(|entry| webhook(entry, reach)).collect();
    let mut apart = Ok(());
    for (at, (entry, one)) in entries.iter().zip(&read).enumerate() {
        let Ok(one) = one else { continue };
        if read.iter().take(at).flatten().any(|other| other.id == one.id) {
            apart = Err(entry.fault(
                "id",
                Flaw::new("repeats that of an earlier entry", "give each endpoint its own name"),
            ));
        }
    }
    apart.and(read.into_iter().collect())
}

fn webhook(entry: &Section<'_>, reach: Reach) -> Read<Webhook> {
    entry.refuse_gap()?;
    let id = entry.required("id", id);
    let allow_networks = entry.list("allow_networks", private_network);
    let allowed = allow_networks.as_deref().unwrap_or_default();
    let url = entry.required("url", |text| address(text, reach, allowed));
    let present = entry.secret(["secret", "secret_file"], |text| key(text).map(drop));
    let present = present.and_then(|it| it.ok_or_else(|| entry.missing("secret_file")));
    let previous =
        entry.secret(["previous_secret", "previous_secret_file"], |text| key(text).map(drop));
    let events = entry.list("events", event);
    let timeout = entry.duration("timeout", millis(100)..=secs(30));
    let keys = [Some(present?), previous?];
    let keys = keys.iter().flatten().map(SecretString::expose_secret).filter_map(|it| key(it).ok());
    let events = events?;
    Ok(Webhook {
        id: id?,
        url: url?,
        keys: keys.collect(),
        events: if events.is_empty() { WebhookEvent::ALL.to_vec() } else { events },
        allow_networks: allow_networks?,
        timeout: timeout?,
    })
}

fn id(text: &str) -> Result<EndpointId, Flaw> {
    EndpointId::parse(text).ok_or_else(|| {
        Flaw::new("is no name of an endpoint", "write 1 to 64 of the characters a-z 0-9 _ -")
    })
}

fn event(text: &str) -> Result<WebhookEvent, Flaw> {
    WebhookEvent::parse(text).ok_or_else(|| {
        let all: Vec<_> = WebhookEvent::ALL.iter().map(|event| event.as_str()).collect();
        Flaw::new("is no event", format!("write one of: {}", all.join(", ")))
    })
}

/// A network that is in private use as a whole; nothing else needs to be, or can be, allowed.
fn private_network(text: &str) -> Result<IpNet, Flaw> {
    let network = parse::network(text)?;
    if is_private_network(network.network(), network.broadcast()) {
        return Ok(network);
    }
    Err(Flaw::new(
        "is not, or not as a whole, a private network",
        "name one within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10 or fc00::/7; \
         public addresses need no mention, and all others are never connected to",
    ))
}

/// An address that may be connected to, as far as it can be told: names are looked up and judged at
/// each connection.
fn address(text: &str, reach: Reach, allowed: &[IpNet]) -> Result<Url, Flaw> {
    let url = parse::web_url(text, reach)?;
    let literal = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::from(address),
        Some(Host::Ipv6(address)) => IpAddr::from(address),
        Some(Host::Domain(_)) | None => return Ok(url),
    };
    let literal = literal.to_canonical();
    let may = match AddressClass::of(literal) {
        AddressClass::Public => true,
        AddressClass::Private => allowed.iter().any(|network| network.contains(&literal)),
        AddressClass::Loopback => reach != Reach::Public,
        AddressClass::Forbidden => false,
    };
    may.then_some(url).ok_or_else(|| {
        Flaw::new(
            "is an address that webhooks are not sent to",
            "use a public one, or list its private network in allow_networks; loopback is for \
             gateways that listen on loopback themselves, and link-local addresses are never used",
        )
    })
}

/// The key in a secret, in the form of Standard Webhooks.
fn key(text: &str) -> Result<SecretSlice<u8>, Flaw> {
    let flaw = |problem: &str| {
        let remedy = "make one: printf 'whsec_%s' \"$(openssl rand -base64 32)\"";
        Flaw::new(problem, remedy)
    };
    let encoded = text.strip_prefix("whsec_").ok_or_else(|| flaw("does not begin with whsec_"))?;
    let bytes = BASE64_STANDARD.decode(encoded).map(Zeroizing::new);
    let bytes = bytes.map_err(|_| flaw("is not in base64 after whsec_"))?;
    if !(24..=64).contains(&bytes.len()) {
        return Err(flaw("is not of 24 to 64 bytes"));
    }
    Ok(SecretSlice::from(bytes.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_have_the_form_of_the_standard() {
        let bytes = |text| key(text).map(|key| key.expose_secret().len()).ok();

        assert_eq!(bytes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), Some(24));
        for text in [
            "",
            "whsec_",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_c2hvcnQ=",
            "whsec_not base64 at all, whatever its length",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        ] {
            assert_eq!(bytes(text), None, "{text}");
        }
        assert_eq!(bytes(&format!("whsec_{}", BASE64_STANDARD.encode([7; 65]))), None);
    }

    #[test]
    fn addresses_that_are_never_connected_to_are_mistakes() {
        let inside = [parse::network("10.20.0.0/16").unwrap()];
        let may = |text: &str, reach| address(text, reach, &inside).is_ok();

        for text in ["https://a.example/x?y=z", "https://8.8.8.8/", "https://10.20.0.1:8443/"] {
            assert!(may(text, Reach::Public), "{text}");
        }
        assert!(may("http://127.0.0.1:9000/", Reach::Local));
        for text in [
            "http://a.example/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://10.21.0.1/",
            "https://[::ffff:10.21.0.1]/",
            "https://169.254.169.254/latest",
            "https://[fe80::1]/",
            "https://0.0.0.0/",
        ] {
            assert!(!may(text, Reach::Public), "{text}");
        }
        assert!(!may("http://169.254.169.254/", Reach::Local));
    }

    #[test]
    fn only_private_networks_can_be_allowed() {
        for text in ["10.0.0.0/8", "192.168.7.0/24", "10.1.2.3", "fd00:1::/32"] {
            assert!(private_network(text).is_ok(), "{text}");
        }
        for text in ["0.0.0.0/0", "127.0.0.0/8", "169.254.0.0/16", "8.8.8.0/24", "::/0", "::1"] {
            assert!(private_network(text).is_err(), "{text}");
        }
    }
}
