//! What single texts of a configuration may say.
//!
//! Invariant: whatever is sent as a header, put into a URL or compared with a token is checked for
//! its characters here, so that a stray line break is a message at start and not a fault at noon.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use jiff::SignedDuration;
use url::{Host, Url};

use super::mistake::Flaw;
use super::values::BaseUrl;
use crate::domain::AppId;

/// Whether plain `http` is acceptable: only where nobody but this machine can reach the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The listener is on a loopback address.
    Local,
    /// Others can reach it.
    Public,
    /// The listener's own setting is wrong, so what depends on it cannot be judged.
    Unknown,
}

/// Bounds of durations, short to write in the sections.
pub(super) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(super) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(super) const fn mins(mins: u64) -> Duration {
    Duration::from_mins(mins)
}

pub(super) const fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

/// A duration within `range`.
pub(super) fn duration(text: &str, range: &RangeInclusive<Duration>) -> Result<Duration, Flaw> {
    let signed: SignedDuration = text.trim().parse().map_err(|_| {
        Flaw::new(
            "is no duration",
            "write a number and a unit (ms, s, m, h), such as \"10s\" or \"72h\"",
        )
    })?;
    let duration = Duration::try_from(signed).ok();
    duration.filter(|duration| range.contains(duration)).ok_or_else(|| {
        let low = duration.is_none_or(|duration| duration < *range.start());
        Flaw::new(
            if low { "is too short" } else { "is too long" },
            format!("choose from {} to {}", show(*range.start()), show(*range.end())),
        )
    })
}

/// A duration as it would be written in a configuration.
pub(super) fn show(duration: Duration) -> String {
    SignedDuration::try_from(duration).map_or_else(|_| "ever".to_owned(), |it| format!("{it:#}"))
}

/// An address and port to listen on.
pub(super) fn socket_addr(text: &str) -> Result<SocketAddr, Flaw> {
    text.parse().map_err(|_| {
        Flaw::new(
            "is no address with a port",
            "write an IP address and a port, such as \"127.0.0.1:8080\" or \"[::]:8080\"",
        )
    })
}

/// A network such as `10.0.0.0/8`, or a single address.
pub(super) fn network(text: &str) -> Result<IpNet, Flaw> {
    let example = "write a network such as \"10.0.0.0/8\" or \"2001:db8::/32\", or one address";
    let single = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let network = text.parse::<IpNet>().ok().or_else(single);
    let network = network.ok_or_else(|| Flaw::new("is no network", example))?;
    if network.trunc() != network {
        return Err(Flaw::new(
            "names an address inside a network, not the network",
            format!("write \"{}\" for the whole of it", network.trunc()),
        ));
    }
    // Addresses are compared in their canonical form, which this one would never meet.
    if network.addr().to_canonical() != network.addr() {
        return Err(Flaw::new("hides IPv4 in IPv6", "write it as an IPv4 network"));
    }
    Ok(network)
}

/// The name that an app's tokens carry.
pub(super) fn app_id(text: &str) -> Result<AppId, Flaw> {
    AppId::parse(text).ok_or_else(|| {
        Flaw::new("is no name of an app", "write 1 to 128 visible ASCII characters without spaces")
    })
}

/// A path of a file; what it names is looked at by whoever opens it.
pub(super) fn path(text: &str) -> Result<PathBuf, Flaw> {
    if text.trim().is_empty() || text.contains('\0') {
        return Err(Flaw::new("is no path", "give the path of a file"));
    }
    Ok(PathBuf::from(text))
}

/// Text that may stand in a header and in an identifier: visible ASCII, at most 256 of it.
pub(super) fn visible(text: &str) -> Result<String, Flaw> {
    let fits = (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| text.to_owned()).ok_or_else(|| {
        Flaw::new(
            "is empty, too long, or has characters other than visible ASCII",
            "write 1 to 256 visible ASCII characters without spaces",
        )
    })
}

/// A whole header value: visible ASCII with single spaces or more inside, none at its ends.
pub(super) fn header_value(text: &str) -> Result<(), Flaw> {
    let inside = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    if text.is_empty() || text.trim() != text || !text.bytes().all(inside) {
        return Err(Flaw::new(
            "is empty or has characters that no header can carry",
            "write visible ASCII characters, without line breaks and without spaces at either end",
        ));
    }
    Ok(())
}

/// A header's name, lower-case.
pub(super) fn header_name(text: &str) -> Result<String, Flaw> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !(1..=64).contains(&text.len()) || !text.bytes().all(allowed) {
        return Err(Flaw::new(
            "is no header name",
            "write 1 to 64 letters, digits and hyphens, such as \"x-callback-key\"",
        ));
    }
    let name = text.to_ascii_lowercase();
    // Both ends of a connection, and every proxy between, write these themselves.
    let taken = [
        "connection",
        "content-length",
        "content-type",
        "cookie",
        "date",
        "expect",
        "forwarded",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-forwarded-for",
    ];
    if taken.contains(&name.as_str()) {
        return Err(Flaw::new("is a header that HTTP uses itself", "choose another name"));
    }
    Ok(name)
}

/// An `http` or `https` address with a host and without credentials.
pub(super) fn web_url(text: &str, reach: Reach) -> Result<Url, Flaw> {
    let example = "write an address such as \"https://host.example\"";
    let url = Url::parse(text).map_err(|_| Flaw::new("is no URL", example))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(Flaw::new("is no web address", example));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Flaw::new(
            "has a user name or password in it",
            "take them out; credentials have settings of their own",
        ));
    }
    if url.fragment().is_some() {
        return Err(Flaw::new("has a fragment (#…)", "take it out"));
    }
    if url.scheme() == "http" && reach == Reach::Public {
        return Err(Flaw::new(
            "is not https",
            "use https; plain http is accepted only while server.listen is a loopback address",
        ));
    }
    Ok(url)
}

/// An address that paths are appended to.
pub(super) fn base_url(text: &str, reach: Reach) -> Result<BaseUrl, Flaw> {
    let url = web_url(text, reach)?;
    if url.query().is_some() {
        return Err(Flaw::new("has a query (?…)", "take it out"));
    }
    Ok(BaseUrl::from_checked(url))
}

/// A host's name alone, lower-case.
pub(super) fn host(text: &str) -> Result<String, Flaw> {
    let host = text.to_ascii_lowercase();
    match Host::parse(&host) {
        // Equal only if nothing had to be decoded or cut off.
        Ok(parsed) if parsed.to_string() == host && !host.contains('*') => Ok(host),
        Ok(_) | Err(_) => Err(Flaw::new(
            "is no host name",
            "write the host alone, without scheme, port and path: \"pages.provider.example\"",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown_in_one_form() {
        let range = Duration::from_millis(1)..=Duration::from_hours(720);
        for text in ["10s", "15m", "72h", "250ms"] {
            assert_eq!(duration(text, &range).map(show), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_no_duration_says_so() {
        let range = Duration::from_secs(1)..=Duration::from_mins(1);
        let cases = [
            ("10", "is no duration"),
            ("", "is no duration"),
            ("1d", "is no duration"),
            ("9999999999999999999h", "is no duration"),
            ("-5s", "is too short"),
            ("0s", "is too short"),
            ("61s", "is too long"),
        ];
        for (text, problem) in cases {
            let found = duration(text, &range).map_err(|flaw| flaw.problem);

            assert_eq!(found, Err(problem.to_owned()), "{text}");
        }
    }

    #[test]
    fn networks_are_whole_and_canonical() {
        for (text, shown) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("192.0.2.1", "192.0.2.1/32"),
            ("2001:DB8::/32", "2001:db8::/32"),
            ("::1", "::1/128"),
        ] {
            assert_eq!(network(text).map(|it| it.to_string()), Ok(shown.to_owned()));
        }
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0",
            "010.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:10.0.0.0/104",
            "2001:db8::1/32",
            "fe80::1%eth0",
            "localhost",
            "*",
        ] {
            assert!(network(text).is_err(), "{text}");
        }
    }

    #[test]
    fn hosts_are_names_alone() {
        assert_eq!(host("Pages.Provider.example").as_deref(), Ok("pages.provider.example"));
        for text in ["", "https://a.example", "a.example/x", "a.example:443", "a b", "*.a.example"]
        {
            assert!(host(text).is_err(), "{text}");
        }
    }
}
