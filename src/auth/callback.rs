//! Proof that a callback comes from the provider: a header value that only the two of us know.
//!
//! Invariant: the time a check takes tells nothing about the values. All are compared, whichever
//! fits, and what is compared are hashes, so that not even a length shows.

use std::net::IpAddr;

use aws_lc_rs::digest::{Digest, SHA256, digest};
use ipnet::IpNet;
use secrecy::ExposeSecret;
use subtle::{Choice, ConstantTimeEq};

use crate::config::Callbacks;

/// Lets the provider in, and nobody else.
#[derive(Clone, Debug)]
pub struct CallbackGate {
    expected: Vec<Expected>,
    networks: Vec<IpNet>,
}

#[derive(Clone, Debug)]
struct Expected {
    name: String,
    /// Of the value; the value itself is not kept.
    hash: Digest,
}

impl CallbackGate {
    /// Takes the configured headers. With none of them configured nobody is let in.
    pub fn new(settings: &Callbacks) -> Self {
        let expected = settings.headers.iter().map(|header| Expected {
            name: header.name.clone(),
            hash: digest(&SHA256, header.value.expose_secret().as_bytes()),
        });
        Self { expected: expected.collect(), networks: settings.networks.clone() }
    }

    /// Whether callbacks are taken from the address that `client` finds; one that cannot be found
    /// belongs to no network. Without configured networks every address will do, and none is asked.
    pub fn admits_from(&self, client: impl FnOnce() -> Option<IpAddr>) -> bool {
        let belongs = |address| self.networks.iter().any(|network| network.contains(&address));
        self.networks.is_empty() || client().is_some_and(belongs)
    }

    /// Whether a request carries one of the agreed headers; `values` gives all lines of the header
    /// of a (lower-case) name. A header that is there twice counts for nothing: somebody on the way
    /// may have looked at the other.
    pub fn admits<'a>(&self, values: impl Fn(&str) -> Vec<&'a [u8]>) -> bool {
        let mut fits = Choice::from(0);
        for expected in &self.expected {
            if let [value] = values(&expected.name)[..] {
                fits |= digest(&SHA256, value).as_ref().ct_eq(expected.hash.as_ref());
            }
        }
        fits.into()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::CallbackHeader;

    fn gate(headers: &[(&str, &str)]) -> CallbackGate {
        let header = |(name, value): &(&str, &str)| CallbackHeader {
            name: (*name).to_owned(),
            value: (*value).into(),
        };
        CallbackGate::new(&Callbacks {
            path: "/callbacks/provider".into(),
            headers: headers.iter().map(header).collect(),
            networks: Vec::new(),
            confirm: true,
            confirm_for: Duration::from_hours(72),
            max_body: 1024,
        })
    }

    fn lets_in(gate: &CallbackGate, sent: &[(&str, &str)]) -> bool {
        let sent: Vec<(String, Vec<u8>)> =
            sent.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        gate.admits(|name| {
            sent.iter().filter(|(it, _)| it == name).map(|(_, value)| value.as_slice()).collect()
        })
    }

    #[test]
    fn either_of_two_values_lets_in_while_one_is_rotated() {
        let gate = gate(&[("x-callback-key", "old value"), ("x-callback-key", "new value")]);

        assert!(lets_in(&gate, &[("x-callback-key", "old value")]));
        assert!(lets_in(&gate, &[("x-callback-key", "new value"), ("x-other", "1")]));
    }

    #[test]
    fn a_new_name_can_be_rotated_in_as_well() {
        let gate = gate(&[("authorization", "Basic dTpw"), ("x-callback-key", "value")]);

        assert!(lets_in(&gate, &[("authorization", "Basic dTpw")]));
        assert!(lets_in(&gate, &[("authorization", "wrong"), ("x-callback-key", "value")]));
    }

    #[test]
    fn everything_else_stays_outside() {
        let gate = gate(&[("x-callback-key", "value")]);

        for sent in [
            &[][..],
            &[("x-callback-key", "")],
            &[("x-callback-key", "valu")],
            &[("x-callback-key", "value ")],
            &[("x-callback-key", "VALUE")],
            &[("x-other", "value")],
            &[("x-callback-key", "value"), ("x-callback-key", "value")],
            &[("x-callback-key", "value"), ("x-callback-key", "other")],
        ] {
            assert!(!lets_in(&gate, sent), "{sent:?}");
        }
    }

    #[test]
    fn without_a_configured_header_nobody_is_let_in() {
        assert!(!lets_in(&gate(&[]), &[("x-callback-key", "")]));
        assert!(!lets_in(&gate(&[]), &[]));
    }
}
