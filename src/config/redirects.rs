//! `[redirects]`: where the provider may send a browser after the web flow.
//!
//! Invariant: what a pattern or a URL may look like is the domain's to say, for the default pair as
//! for those that apps name; here its refusals become mistakes with a remedy.

use super::mistake::Flaw;
use super::reader::{Read, Section};
use crate::domain::{AllowList, InvalidPattern, RedirectUrls};

/// Which way browsers take from the provider to the app.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RedirectMode {
    /// Straight to the app's URL.
    Direct,
    /// Through the gateway, which takes their coming as a hint and sends them on.
    Gateway,
}

/// The URLs apps may ask for, and those used when they do not ask.
#[derive(Debug, Clone)]
pub struct Redirects {
    /// Which way browsers take back.
    pub mode: RedirectMode,
    /// The allowed URLs. Too wide makes the gateway an open redirector; empty allows none.
    pub allowed: AllowList,
    /// The pair used when the app names none; without it a web start must name its own.
    pub default: Option<RedirectUrls>,
}

pub(super) fn read(section: &Section<'_>) -> Read<Redirects> {
    let mode = section.required("mode", mode);
    let patterns = section.list("allowed", |text| {
        AllowList::parse(&[text]).map(|_| text.to_owned()).map_err(|(_, why)| flaw(why))
    });
    let allowed = patterns.and_then(|patterns| {
        AllowList::parse(&patterns).map_err(|(_, why)| section.fault("allowed", flaw(why)))
    });
    let default = default(&section.table("default"));
    Ok(Redirects { mode: mode?, allowed: allowed?, default: default? })
}

fn mode(text: &str) -> Result<RedirectMode, Flaw> {
    match text {
        "direct" => Ok(RedirectMode::Direct),
        "gateway" => Ok(RedirectMode::Gateway),
        _ => Err(Flaw::new("is no choice", "write \"direct\" or \"gateway\"")),
    }
}

/// The operator's own pair; it need not stand in the list that binds the apps.
fn default(table: &Section<'_>) -> Read<Option<RedirectUrls>> {
    let success = table.optional("success", target);
    let failure = table.optional("failure", target);
    let (success, failure) = match (success?, failure?) {
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(table.missing("failure")),
        (None, Some(_)) => return Err(table.missing("success")),
        (Some(success), Some(failure)) => (success, failure),
    };
    let own = AllowList::parse(&[&success, &failure])
        .map_err(|(_, why)| table.fault("success", flaw(why)))?;
    let pair =
        own.admit(success, failure).map_err(|name| table.fault(name, flaw(InvalidPattern::Url)))?;
    Ok(Some(pair))
}

fn target(text: &str) -> Result<String, Flaw> {
    if text.ends_with('*') {
        return Err(Flaw::new("is a pattern", "write one whole URL"));
    }
    AllowList::parse(&[text]).map(|_| text.to_owned()).map_err(|(_, why)| flaw(why))
}

fn flaw(why: InvalidPattern) -> Flaw {
    match why {
        InvalidPattern::Url => Flaw::new(
            "is no URL in canonical form",
            "write it as a browser shows it, lower-case host first: \
             \"https://app.partner.example/kyc/*\" or \"partnerapp://kyc/*\"",
        ),
        InvalidPattern::Scheme => Flaw::new(
            "has a scheme that browsers must not be sent to",
            "use https, or your app's own scheme; http only for localhost",
        ),
        InvalidPattern::Parts => {
            Flaw::new("has a user name, a password or a fragment", "take it out")
        }
        InvalidPattern::Wildcard => Flaw::new(
            "has a `*` elsewhere than at its end, after a slash",
            "write one `*`, at the end: \"https://app.partner.example/kyc/*\"",
        ),
    }
}
