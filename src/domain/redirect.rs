//! Where a browser may be sent afterwards: only where the operator said.
//!
//! A redirect that an attacker can choose hands him the user (RFC 9700, section 4.11). A URL is
//! therefore compared in its canonical form, and one that has to be changed to become canonical is
//! refused instead of mended: what we check is byte for byte what the provider is given.

use url::Url;

/// Why a pattern cannot stand in the allow-list.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidPattern {
    /// No URL, or not in its canonical form.
    #[error("not a URL in canonical form")]
    Url,
    /// `http` to a host that is not this machine, or a scheme that runs code or reads files.
    #[error("use https, or the custom scheme of an app")]
    Scheme,
    /// User name, password or fragment.
    #[error("a user name, a password or a fragment is not allowed")]
    Parts,
    /// A `*` somewhere else than at the end of the path, after a `/`.
    #[error("`*` may only stand at the very end, after a `/`")]
    Wildcard,
}

/// A redirect URL that is not on the allow-list.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not on the list of allowed redirect URLs")]
pub struct RedirectRefused;

/// Where the browser goes after success and after failure; both allowed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RedirectUrls {
    success: String,
    failure: String,
}

impl RedirectUrls {
    /// What was allowed once, read back from the store.
    pub const fn remembered(success: String, failure: String) -> Self {
        Self { success, failure }
    }

    /// After success.
    pub fn success(&self) -> &str {
        &self.success
    }

    /// After failure.
    pub fn failure(&self) -> &str {
        &self.failure
    }
}

/// The operator's list: exact URLs, and prefixes that end in `/*`.
#[derive(Clone, Debug, Default)]
pub struct AllowList {
    exact: Vec<String>,
    prefixes: Vec<String>,
}

/// Schemes a browser would run, read from disk, or take for something else than a place.
const FORBIDDEN_SCHEMES: [&str; 10] =
    ["about", "blob", "data", "file", "filesystem", "ftp", "javascript", "vbscript", "ws", "wss"];

/// Longer URLs are cut or refused by browsers and proxies on the way.
const MAX_LENGTH: usize = 2048;

impl AllowList {
    /// Parses the patterns; the error names the first that is wrong.
    pub fn parse<S: AsRef<str>>(patterns: &[S]) -> Result<Self, (usize, InvalidPattern)> {
        let mut list = Self::default();
        for (place, pattern) in patterns.iter().enumerate() {
            let pattern = pattern.as_ref();
            let prefix = pattern.strip_suffix('*');
            let plain = prefix.unwrap_or(pattern);
            if plain.contains('*') || prefix.is_some_and(|prefix| !prefix.ends_with('/')) {
                return Err((place, InvalidPattern::Wildcard));
            }
            canonical(plain).map_err(|why| (place, why))?;
            match prefix {
                Some(prefix) => list.prefixes.push(prefix.to_owned()),
                None => list.exact.push(pattern.to_owned()),
            }
        }
        Ok(list)
    }

    /// Whether `url` may be sent to.
    pub fn allows(&self, url: &str) -> bool {
        canonical(url).is_ok()
            && (self.exact.iter().any(|exact| exact == url)
                || self.prefixes.iter().any(|prefix| url.starts_with(prefix.as_str())))
    }

    /// Both URLs, if both are allowed; the error says which is not (`"success"` or `"failure"`).
    pub fn admit(&self, success: String, failure: String) -> Result<RedirectUrls, &'static str> {
        if !self.allows(&success) {
            return Err("success");
        }
        if !self.allows(&failure) {
            return Err("failure");
        }
        Ok(RedirectUrls { success, failure })
    }
}

/// Checks that `text` is a URL, spelled as a browser would spell it after parsing, of a harmless
/// scheme, without parts that mislead.
fn canonical(text: &str) -> Result<(), InvalidPattern> {
    let url = Url::parse(text).map_err(|_| InvalidPattern::Url)?;
    if FORBIDDEN_SCHEMES.contains(&url.scheme()) {
        return Err(InvalidPattern::Scheme);
    }
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(InvalidPattern::Url)?;
    if url.scheme() == "http" && !matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
        return Err(InvalidPattern::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(InvalidPattern::Parts);
    }
    // Encoded dots and slashes: some server on the way decodes them and climbs out of the prefix.
    let path = url.path().to_ascii_lowercase();
    let climbs = ["%2e", "%2f", "%5c", "%00", "//"].iter().any(|hidden| path.contains(hidden))
        // Some servers take `..;x` for `..`.
        || path.split(['/', ';']).any(|segment| segment == "." || segment == "..");
    let unchanged = url.as_str() == text && text.len() <= MAX_LENGTH && text.is_ascii();
    (unchanged && !climbs).then_some(()).ok_or(InvalidPattern::Url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> AllowList {
        AllowList::parse(&[
            "https://app.example.com/kyc/*",
            "https://app.example.com/done?from=kyc",
            "partnerapp://kyc/*",
            "http://127.0.0.1:9000/*",
        ])
        .unwrap()
    }

    #[test]
    fn listed_urls_are_allowed() {
        for url in [
            "https://app.example.com/kyc/",
            "https://app.example.com/kyc/ok?x=1&y=%20",
            "https://app.example.com/done?from=kyc",
            "partnerapp://kyc/ok",
            "http://127.0.0.1:9000/back",
        ] {
            assert!(list().allows(url), "{url}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let long = format!("https://app.example.com/kyc/{}", "x".repeat(MAX_LENGTH));
        for url in [
            "",
            "kyc",
            "//app.example.com/kyc/x",
            "https://app.example.com/kyc",
            "https://app.example.com/kyc/../admin",
            "https://app.example.com/kyc/%2e%2e/admin",
            "https://app.example.com/kyc/%2E%2E%2Fadmin",
            "https://app.example.com/kyc/..;/admin",
            "https://app.example.com/kyc//evil",
            "https://app.example.com.evil.example/kyc/x",
            "https://evil.example/kyc/x",
            "https://app.example.com:444/kyc/x",
            "https://app.example.com:443/kyc/x",
            "http://app.example.com/kyc/x",
            "HTTPS://app.example.com/kyc/x",
            "https://APP.example.com/kyc/x",
            "https://user@app.example.com/kyc/x",
            "https://app.example.com@evil.example/kyc/x",
            "https://app.example.com/kyc/x#frag",
            "https://app.example.com/kyc/x#",
            "https://app.example.com\\kyc\\x",
            "https://app.example.com/kyc/x\n",
            " https://app.example.com/kyc/x",
            "https://app.example.com/kyc/\tx",
            "https://app.example.com/kyc/é",
            "https://app.example.com/done",
            "https://app.example.com/done?from=kyc&x=1",
            "partnerapp:kyc/ok",
            "partnerapp://other/ok",
            "PartnerApp://kyc/ok",
            "javascript://app.example.com/kyc/%0aalert(1)",
            "data:text/html,x",
            long.as_str(),
        ] {
            assert!(!list().allows(url), "{url}");
        }
    }

    #[test]
    fn patterns_that_would_open_the_door_are_mistakes() {
        for (pattern, why) in [
            ("*", InvalidPattern::Wildcard),
            ("https://*", InvalidPattern::Url),
            ("https://*.example.com/", InvalidPattern::Wildcard),
            ("https://app.example.com/kyc*", InvalidPattern::Wildcard),
            ("http://app.example.com/*", InvalidPattern::Scheme),
            ("javascript://x/*", InvalidPattern::Scheme),
            ("https://u:p@app.example.com/*", InvalidPattern::Parts),
            ("https://app.example.com/#*", InvalidPattern::Wildcard),
            ("https://App.example.com/*", InvalidPattern::Url),
            ("app", InvalidPattern::Url),
        ] {
            assert_eq!(AllowList::parse(&[pattern]).unwrap_err(), (0, why), "{pattern}");
        }
    }
}
