//! What kind of place an IP address is, for whoever must not be sent just anywhere.
//!
//! Invariant: what is not known to be public is not called public. An address that stands for
//! another one (IPv4 inside IPv6) is judged by the one it stands for, or not taken at all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The kinds of addresses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AddressClass {
    /// Anybody's, on the internet.
    Public,
    /// Of a network that belongs to whoever runs it: RFC 1918, RFC 6598, RFC 4193.
    Private,
    /// This machine.
    Loopback,
    /// Nowhere a message should ever go: link-local, metadata services, unspecified, multicast,
    /// broadcast, reserved, for documentation, or a way around one of these.
    Forbidden,
}

/// Networks in private use: their bits as a number, and how many of them count.
const PRIVATE_V4: [(Ipv4Addr, u32); 4] = [
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
];

/// Where clouds answer with credentials, beside the link-local 169.254.169.254: two within private
/// ranges, and one that looks public.
const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(168, 63, 129, 16),
];
const METADATA_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254),
    Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254),
];

/// Not for the internet, by the registry of special-purpose addresses (RFC 6890).
const SPECIAL_V4: [(Ipv4Addr, u32); 11] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, reserved, broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// Within the range of global unicast and yet not for it: protocol assignments with Teredo,
/// documentation twice, 6to4.
const SPECIAL_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0x0db8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
];

const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
const UNIQUE_LOCAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7);
/// IPv4 behind a translator (RFC 6052): the last four bytes are the real address.
const TRANSLATED_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

impl AddressClass {
    /// The kind of `address`.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }
}

/// Whether the whole network from `first` to `last` is one in private use.
pub fn is_private_network(first: IpAddr, last: IpAddr) -> bool {
    match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            PRIVATE_V4.iter().any(|network| within_v4(first, *network) && within_v4(last, *network))
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => {
            within_v6(first, UNIQUE_LOCAL_V6) && within_v6(last, UNIQUE_LOCAL_V6)
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

fn of_v4(address: Ipv4Addr) -> AddressClass {
    if address.is_loopback() {
        AddressClass::Loopback
    } else if METADATA_V4.contains(&address)
        || SPECIAL_V4.iter().any(|network| within_v4(address, *network))
    {
        AddressClass::Forbidden
    } else if PRIVATE_V4.iter().any(|network| within_v4(address, *network)) {
        AddressClass::Private
    } else {
        AddressClass::Public
    }
}

fn of_v6(address: Ipv6Addr) -> AddressClass {
    if address.is_loopback() {
        return AddressClass::Loopback;
    }
    if within_v6(address, TRANSLATED_V6) {
        let [.., a, b, c, d] = address.octets();
        // A translator in our own network would bring even what is private there within reach.
        return match of_v4(Ipv4Addr::new(a, b, c, d)) {
            AddressClass::Public => AddressClass::Public,
            AddressClass::Private | AddressClass::Loopback | AddressClass::Forbidden => {
                AddressClass::Forbidden
            }
        };
    }
    if METADATA_V6.contains(&address)
        || SPECIAL_V6.iter().any(|network| within_v6(address, *network))
    {
        AddressClass::Forbidden
    } else if within_v6(address, GLOBAL_V6) {
        AddressClass::Public
    } else if within_v6(address, UNIQUE_LOCAL_V6) {
        AddressClass::Private
    } else {
        AddressClass::Forbidden
    }
}

fn within_v4(address: Ipv4Addr, (network, bits): (Ipv4Addr, u32)) -> bool {
    (address.to_bits() ^ network.to_bits()).leading_zeros() >= bits
}

fn within_v6(address: Ipv6Addr, (network, bits): (Ipv6Addr, u32)) -> bool {
    (address.to_bits() ^ network.to_bits()).leading_zeros() >= bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(text: &str) -> AddressClass {
        AddressClass::of(text.parse().unwrap())
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for text in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2400:cb00::1",
            "2001:200::1",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ] {
            assert_eq!(class(text), AddressClass::Public, "{text}");
        }
    }

    #[test]
    fn private_networks_are_private_however_they_are_written() {
        for text in [
            "10.0.0.1",
            "10.255.255.255",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "::ffff:10.0.0.1",
            "fc00::1",
            "fdff::1",
        ] {
            assert_eq!(class(text), AddressClass::Private, "{text}");
        }
    }

    #[test]
    fn this_machine_is_loopback_however_it_is_written() {
        for text in ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(class(text), AddressClass::Loopback, "{text}");
        }
    }

    #[test]
    fn nothing_else_may_be_reached() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::ffff:169.254.169.254",
            "::ffff:0.0.0.0",
            "::169.254.169.254",
            "::7f00:1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b::a00:1",
            "64:ff9b:1::a00:1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "4000::1",
        ] {
            assert_eq!(class(text), AddressClass::Forbidden, "{text}");
        }
    }

    #[test]
    fn only_whole_networks_in_private_use_are_such() {
        let is = |first: &str, last: &str| {
            is_private_network(first.parse().unwrap(), last.parse().unwrap())
        };

        assert!(is("10.0.0.0", "10.255.255.255") && is("fd12::", "fd12:ffff::"));
        assert!(!is("10.0.0.0", "11.255.255.255") && !is("0.0.0.0", "255.255.255.255"));
        assert!(!is("127.0.0.0", "127.255.255.255") && !is("169.254.0.0", "169.254.255.255"));
        assert!(!is("10.0.0.1", "192.168.0.1") && !is("::", "fdff::"));
    }
}
