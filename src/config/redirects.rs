//! `[redirects]`: where the provider may send a browser after the web flow.
//!
//! Invariant: nothing here matches URLs. Patterns are checked for their form; what they mean is
//! the domain's to say.

use url::Url;

use super::mistake::Flaw;
use super::parse::Reach;
use super::reader::{Read, Section};

/// The URLs apps may ask for, and those used when they do not ask.
#[derive(Debug, Clone)]
pub struct Redirects {
    /// Patterns of allowed URLs. Too wide makes the gateway an open redirector; empty allows none.
    pub allowed: Vec<RedirectPattern>,
    /// The pair used when the app names none; without it a web start must name its own.
    pub default: Option<RedirectPair>,
}

/// An allowed URL, or its beginning followed by `*`; well-formed, not yet understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectPattern(pub(super) String);

impl RedirectPattern {
    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where the browser goes when capture ended well, and when it did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectPair {
    /// After a capture that ended well.
    pub success: String,
    /// After one that did not.
    pub failure: String,
}

pub(super) fn read(section: &Section<'_>, reach: Reach) -> Read<Redirects> {
    let allowed = section.list("allowed", |text| pattern(text, reach));
    let default = default(&section.table("default"), reach);
    Ok(Redirects { allowed: allowed?, default: default? })
}

fn default(table: &Section<'_>, reach: Reach) -> Read<Option<RedirectPair>> {
    let success = table.optional("success", |text| target(text, reach));
    let failure = table.optional("failure", |text| target(text, reach));
    match (success?, failure?) {
        (None, None) => Ok(None),
        (Some(success), Some(failure)) => Ok(Some(RedirectPair { success, failure })),
        (Some(_), None) => Err(table.missing("failure")),
        (None, Some(_)) => Err(table.missing("success")),
    }
}

fn pattern(text: &str, reach: Reach) -> Result<RedirectPattern, Flaw> {
    let fixed = text.strip_suffix('*').unwrap_or(text);
    if fixed.contains('*') {
        return Err(Flaw::new("has a `*` elsewhere than at its end", "write one `*`, at the end"));
    }
    if fixed.len() != text.len() && !fixed.ends_with('/') {
        // "https://app.example*" would also match https://app.example.evil.example.
        return Err(Flaw::new(
            "has a `*` that does not stand for whole path segments",
            "put a slash before it: \"https://app.partner.example/kyc/*\"",
        ));
    }
    target(fixed, reach)?;
    Ok(RedirectPattern(text.to_owned()))
}

/// A place a browser or a phone can be sent to: `https`, or a scheme of the partner's own app.
fn target(text: &str, reach: Reach) -> Result<String, Flaw> {
    let form = || {
        Flaw::new(
            "is no URL to return to",
            "write \"https://app.partner.example/kyc/done\" or \"partnerapp://kyc/done\"",
        )
    };
    let visible = text.len() <= 2048 && text.bytes().all(|byte| byte.is_ascii_graphic());
    let url = Url::parse(text).ok().filter(|_| visible).ok_or_else(form)?;
    let names_place =
        url.has_host() && text.split_once("://").is_some_and(|(_, rest)| !rest.is_empty());
    if !names_place
        || !url.username().is_empty()
        || url.password().is_some()
        || url.fragment().is_some()
    {
        return Err(form());
    }
    match url.scheme() {
        "http" if reach == Reach::Public => Err(Flaw::new(
            "is not https",
            "use https or your app's own scheme; plain http is accepted only while server.listen \
             is a loopback address",
        )),
        // Schemes that browsers run or read locally instead of following.
        "javascript" | "data" | "file" | "blob" | "about" | "ftp" | "ws" | "wss" => Err(form()),
        _ => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_a_place_and_end_in_whole_segments() {
        for text in [
            "https://app.partner.example/kyc/*",
            "https://app.partner.example/kyc/done",
            "partnerapp://kyc/*",
            "https://app.partner.example/*",
        ] {
            assert!(pattern(text, Reach::Public).is_ok(), "{text}");
        }
        for text in [
            "*",
            "https://*",
            "https://*.partner.example/",
            "https://app.partner.example*",
            "https://app.partner.example/a*",
            "http://app.partner.example/*",
            "https://user@app.partner.example/*",
            "https://app.partner.example/#/*",
            "javascript://app.partner.example/*",
            "/kyc/*",
            "",
        ] {
            assert!(pattern(text, Reach::Public).is_err(), "{text}");
        }
        assert!(pattern("http://127.0.0.1:9000/*", Reach::Local).is_ok());
    }
}
