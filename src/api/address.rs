//! Where a request really comes from: the one place that reads forwarded headers.
//!
//! Invariant: only what a configured proxy wrote is believed. The walk goes from the connection
//! outwards and ends at the first address that is no such proxy, since whatever stands further out
//! was sent by that address and may say anything. What cannot be read there is nobody's address,
//! never a guess.

use std::net::{IpAddr, SocketAddr};

use actix_web::{
    HttpRequest,
    http::header::{FORWARDED, HeaderMap, HeaderName, X_FORWARDED_FOR},
};
use ipnet::IpNet;

/// The proxies in front of the gateway.
#[derive(Clone, Debug)]
pub struct TrustedProxies(Vec<IpNet>);

/// Where a request comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Source {
    /// Whoever holds the other end of the connection.
    pub(crate) peer: IpAddr,
    /// The caller; `None` when a trusted proxy's word about it cannot be read.
    pub(crate) client: Option<IpAddr>,
}

/// The address of one hop, as far as it can be read.
type Hop = Option<IpAddr>;

/// What a header says.
enum Lines {
    Absent,
    Unreadable,
    Joined(String),
}

impl TrustedProxies {
    /// Takes the networks of the proxies; without any, the connection's own address counts.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Where `request` comes from; `None` if its connection has no address, which TCP rules out.
    pub(crate) fn source_of(&self, request: &HttpRequest) -> Option<Source> {
        let peer = request.peer_addr().as_ref().map(SocketAddr::ip)?.to_canonical();
        Some(Source { peer, client: self.client(peer, request.headers()) })
    }

    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Hop {
        if !self.trusts(peer) {
            return Some(peer);
        }
        let walk = |hops: Option<Vec<Hop>>| self.walk(peer, &hops?);
        match (lines(headers, &FORWARDED), lines(headers, &X_FORWARDED_FOR)) {
            (Lines::Unreadable, _) | (_, Lines::Unreadable) => None,
            (Lines::Absent, Lines::Absent) => Some(peer),
            (Lines::Joined(forwarded), Lines::Absent) => walk(forwarded_hops(&forwarded)),
            (Lines::Absent, Lines::Joined(list)) => walk(Some(listed_hops(&list))),
            // A proxy writes one of the two and passes the other on as it came.
            (Lines::Joined(forwarded), Lines::Joined(list)) => {
                let one = walk(forwarded_hops(&forwarded))?;
                let other = walk(Some(listed_hops(&list)))?;
                (one == other).then_some(one)
            }
        }
    }

    /// From the connection outwards to the first hop that is no proxy of ours.
    fn walk(&self, peer: IpAddr, hops: &[Hop]) -> Hop {
        let mut client = peer;
        for hop in hops.iter().rev() {
            client = (*hop)?;
            if !self.trusts(client) {
                break;
            }
        }
        Some(client)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// All lines of a header as one list (RFC 9110, section 5.3).
fn lines(headers: &HeaderMap, name: &HeaderName) -> Lines {
    let texts: Option<Vec<&str>> = headers.get_all(name).map(|line| line.to_str().ok()).collect();
    match texts {
        None => Lines::Unreadable,
        Some(texts) if texts.is_empty() => Lines::Absent,
        Some(texts) => Lines::Joined(texts.join(", ")),
    }
}

/// The hops of `X-Forwarded-For`, outermost first.
fn listed_hops(list: &str) -> Vec<Hop> {
    list.split(',').map(|hop| node(hop.trim())).collect()
}

/// The hops of `Forwarded`, outermost first; `None` if it breaks the grammar of RFC 7239. A
/// quotation mark that the caller left open would swallow what the proxy wrote after it.
fn forwarded_hops(text: &str) -> Option<Vec<Hop>> {
    let hop = |element: &str| {
        let mut found = None;
        for pair in split(element, ';')?.into_iter().filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=')?;
            if name.eq_ignore_ascii_case("for") && found.replace(value).is_some() {
                return None;
            }
        }
        Some(found.and_then(|value| node(unquoted(value))))
    };
    split(text, ',')?.into_iter().map(hop).collect()
}

/// Splits at `separator` outside of quoted strings; `None` if one of these does not end.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = text.split(|character| {
        let is_separator = character == separator && !quoted;
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        is_separator
    });
    let parts = parts.map(str::trim).collect();
    (!quoted).then_some(parts)
}

/// A value without its quotation marks. No address needs an escaped character, so none is undone.
fn unquoted(value: &str) -> &str {
    let inside = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inside.unwrap_or(value)
}

/// An address, with a port or without; `unknown` and invented names are none.
fn node(text: &str) -> Hop {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse::<IpAddr>().ok().or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::{http::header::HeaderValue, test::TestRequest};

    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn client(peer: &str, headers: &[(HeaderName, &str)]) -> Option<String> {
        let networks = ["10.0.0.0/8", "2001:db8:ffff::/48"];
        let proxies = TrustedProxies(networks.map(|text| text.parse().unwrap()).into());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        proxies.client(peer.parse().unwrap(), &map).map(|address| address.to_string())
    }

    #[test]
    fn a_stranger_is_taken_at_its_own_address_whatever_it_claims() {
        for peer in ["203.0.113.9", "2001:db8::9"] {
            let claims = [(X_FORWARDED_FOR, "10.0.0.1"), (FORWARDED, "for=192.0.2.1")];
            assert_eq!(client(peer, &claims).as_deref(), Some(peer));
        }
    }

    #[test]
    fn the_right_most_hop_that_is_no_proxy_counts() {
        for (list, counts) in [
            ("198.51.100.7", "198.51.100.7"),
            ("192.0.2.1, 198.51.100.7", "198.51.100.7"),
            ("192.0.2.1, 198.51.100.7, 10.1.2.3", "198.51.100.7"),
            ("nonsense,198.51.100.7 ,  10.1.2.3", "198.51.100.7"),
            ("10.9.9.9, 10.8.8.8", "10.9.9.9"),
            ("198.51.100.7:4711", "198.51.100.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:443, 2001:db8:ffff::1", "2001:db8::7"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
            ("::ffff:10.3.3.3", "10.3.3.3"),
        ] {
            let seen = client(PROXY, &[(X_FORWARDED_FOR, list)]);
            assert_eq!(seen.as_deref(), Some(counts), "{list}");
        }
    }

    #[test]
    fn forwarded_is_read_as_its_grammar_has_it() {
        for (value, counts) in [
            ("for=198.51.100.7", "198.51.100.7"),
            ("For=198.51.100.7;proto=https;by=10.0.0.1", "198.51.100.7"),
            ("for=192.0.2.1, for=198.51.100.7;host=\"a,b;c\"", "198.51.100.7"),
            ("for=\"[2001:db8::7]:4711\"", "2001:db8::7"),
            ("for=\"198.51.100.7:80\" ; proto=http , for=10.1.1.1", "198.51.100.7"),
            ("for=unknown, for=198.51.100.7", "198.51.100.7"),
            (";for=198.51.100.7;;", "198.51.100.7"),
            ("for=\"_a\\\"b\", for=198.51.100.7", "198.51.100.7"),
        ] {
            assert_eq!(client(PROXY, &[(FORWARDED, value)]).as_deref(), Some(counts), "{value}");
        }
    }

    #[test]
    fn what_a_proxy_says_unclearly_is_nobodys_address() {
        for value in [
            "",
            "for=unknown",
            "for=_hidden",
            "for=",
            "proto=https",
            "for=198.51.100.7;for=192.0.2.1",
            "for=\"198.51.100.7",
            "for=\"x, for=198.51.100.7",
            "for=192.0.2.1;x=\", for=198.51.100.7",
            "for=198.51.100.7, for=unknown, for=10.1.1.1",
            "for",
            "for=2001:db8::7%eth0",
        ] {
            assert_eq!(client(PROXY, &[(FORWARDED, value)]), None, "{value}");
        }
        for list in
            ["", "unknown", "198.51.100.7,", "198.51.100.07", "198.51.100", "\"192.0.2.1", "é"]
        {
            assert_eq!(client(PROXY, &[(X_FORWARDED_FOR, list)]), None, "{list}");
        }
    }

    #[test]
    fn lines_count_as_one_list_in_their_order() {
        let lines = [(X_FORWARDED_FOR, "192.0.2.1"), (X_FORWARDED_FOR, "198.51.100.7, 10.1.1.1")];
        assert_eq!(client(PROXY, &lines).as_deref(), Some("198.51.100.7"));
        let open = [(FORWARDED, "for=\"x"), (FORWARDED, "for=198.51.100.7")];
        assert_eq!(client(PROXY, &open), None);
    }

    #[test]
    fn two_headers_count_only_if_they_agree() {
        let both = |one, other| client(PROXY, &[(FORWARDED, one), (X_FORWARDED_FOR, other)]);

        assert_eq!(
            both("for=198.51.100.7", "192.0.2.1, 198.51.100.7"),
            Some("198.51.100.7".into())
        );
        assert_eq!(both("for=192.0.2.1", "198.51.100.7"), None);
        assert_eq!(both("for=unknown", "198.51.100.7"), None);
        assert_eq!(both("for=198.51.100.7", "unknown"), None);
    }

    #[test]
    fn without_a_header_the_proxy_itself_calls() {
        assert_eq!(client(PROXY, &[]).as_deref(), Some(PROXY));
    }

    #[test]
    fn a_listener_for_both_families_sees_the_same_proxies() {
        let proxies = TrustedProxies(vec!["10.0.0.0/8".parse().unwrap()]);
        let request = TestRequest::default()
            .peer_addr("[::ffff:10.0.0.1]:4711".parse().unwrap())
            .insert_header((X_FORWARDED_FOR, "198.51.100.7"));

        let source = proxies.source_of(&request.to_http_request()).unwrap();

        assert_eq!(source.peer.to_string(), PROXY);
        assert_eq!(source.client.unwrap().to_string(), "198.51.100.7");
    }
}
