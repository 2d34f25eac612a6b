//! Keeps webhooks from being sent into, and pictures from being fetched from, places that only look like the internet.
//!
//! Whoever controls a receiver's name controls where it leads, and may change that between a check
//! and a connection. So names are looked up here, every address is judged, and the connection is
//! made to one of those that were found good: there is no second look-up.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::domain::AddressClass;

/// Where connections may lead.
#[derive(Clone, Debug)]
pub(in crate::upstream) struct Guard(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    /// This machine may be reached, because nobody else reaches us.
    local: bool,
    /// Private networks that may be reached.
    networks: Vec<IpNet>,
}

/// The address is none that webhooks may be sent to.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name leads to no address that may be connected to")]
pub(in crate::upstream) struct Forbidden;

impl Guard {
    pub(in crate::upstream) fn new(local: bool, networks: Vec<IpNet>) -> Self {
        Self(Arc::new(Rules { local, networks }))
    }

    /// Judges an address that stands in a URL as it is: for such no name is looked up.
    pub(in crate::upstream) fn check(&self, url: &Url) -> Result<(), Forbidden> {
        let admitted = match url.host() {
            Some(Host::Ipv4(address)) => self.admits(address.into()),
            Some(Host::Ipv6(address)) => self.admits(address.into()),
            Some(Host::Domain(_)) => true,
            None => false,
        };
        admitted.then_some(()).ok_or(Forbidden)
    }

    fn admits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        match AddressClass::of(address) {
            AddressClass::Public => true,
            AddressClass::Private => {
                self.0.networks.iter().any(|network| network.contains(&address))
            }
            AddressClass::Loopback => self.0.local,
            AddressClass::Forbidden => false,
        }
    }

    /// Those of `found` that may be connected to.
    fn sift(&self, found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, Forbidden> {
        let good: Vec<_> = found.filter(|address| self.admits(address.ip())).collect();
        if good.is_empty() { Err(Forbidden) } else { Ok(good) }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let good: Addrs = Box::new(guard.sift(found)?.into_iter());
            Ok(good)
        })
    }
}

impl Forbidden {
    /// Whether a failed call failed because of this.
    pub(super) fn is_behind(failure: &(dyn std::error::Error + 'static)) -> bool {
        let mut cause = Some(failure);
        while let Some(error) = cause {
            if error.is::<Self>() {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(local: bool, networks: &[&str]) -> Guard {
        Guard::new(local, networks.iter().map(|text| text.parse().unwrap()).collect())
    }

    fn sift(guard: &Guard, found: &[&str]) -> Option<Vec<String>> {
        let found = found.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 443));
        let good = guard.sift(found).ok()?;
        Some(good.iter().map(|address| address.ip().to_string()).collect())
    }

    #[test]
    fn of_mixed_addresses_only_the_good_ones_are_left() {
        let guard = guard(false, &[]);

        let mixed = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "8.8.8.8", "::1", "fe80::1"];
        assert_eq!(sift(&guard, &mixed), Some(vec!["8.8.8.8".to_owned()]));
        assert_eq!(sift(&guard, &["127.0.0.1", "::ffff:10.0.0.1", "0.0.0.0"]), None);
        assert_eq!(sift(&guard, &[]), None);
    }

    #[test]
    fn private_networks_open_by_name_and_nothing_else_does() {
        let guard = guard(false, &["10.20.0.0/16", "fd00::/16"]);

        for good in ["10.20.1.1", "::ffff:10.20.1.1", "fd00::1"] {
            assert!(sift(&guard, &[good]).is_some(), "{good}");
        }
        for bad in ["10.21.0.1", "192.168.0.1", "fd01::1", "fd00:ec2::254", "127.0.0.1"] {
            assert!(sift(&guard, &[bad]).is_none(), "{bad}");
        }
    }

    #[test]
    fn addresses_in_urls_are_judged_in_every_spelling() {
        let (ours, theirs) = (guard(true, &[]), guard(false, &[]));
        let check = |guard: &Guard, text: &str| guard.check(&text.parse().unwrap()).is_ok();

        for local in ["http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://[::1]/"]
        {
            assert!(check(&ours, local) && !check(&theirs, local), "{local}");
        }
        for never in ["http://169.254.169.254/", "http://[::ffff:a9fe:a9fe]/", "http://0/"] {
            assert!(!check(&ours, never) && !check(&theirs, never), "{never}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_here_is_not_followed() {
        let resolve = async |guard: Guard| {
            let found = guard.resolve("localhost".parse().unwrap()).await;
            found.map(Iterator::count).map_err(|error| Forbidden::is_behind(&*error))
        };

        assert_eq!(resolve(guard(false, &[])).await, Err(true));
        assert!(resolve(guard(true, &[])).await.is_ok_and(|count| count > 0));
    }
}
