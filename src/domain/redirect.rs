//! Where a browser may be sent afterwards: only where the operator said.
//!
//! A redirect that an attacker can choose hands him the user (RFC 9700, section 4.11). A URL is
//! therefore compared in its canonical form, and one that has to be changed to become canonical is
//! refused instead of mended: what we check is byte for byte what the browser is given. Whatever two
//! parsers might read differently (encoded characters in a path, backslashes, parameters of path
//! segments) is refused, too, so that nobody on the way sees another place than we did.
//!
//! `docs/redirects.md` tells operators the same.

use std::fmt;

use url::{Host, Url};

/// Why a pattern cannot stand in the allow-list.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidPattern {
    /// No URL, or not in its canonical form.
    #[error("not a URL in canonical form")]
    Url,
    /// `http` to a host that is not this machine, or a scheme that is no app's own.
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
#[derive(Clone, Eq, PartialEq)]
pub struct RedirectUrls {
    success: String,
    failure: String,
}

impl fmt::Debug for RedirectUrls {
    /// Apps put what they like into the rest of a URL that may go on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedirectUrls").finish_non_exhaustive()
    }
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

/// Schemes a browser would run, read from disk, hand to the system, or take for something else than
/// a place in an app; in order. An operator who lists one of them has made a mistake.
const FORBIDDEN_SCHEMES: [&str; 33] = [
    "about",
    "android-app",
    "blob",
    "chrome",
    "chrome-extension",
    "content",
    "cid",
    "data",
    "facetime",
    "file",
    "filesystem",
    "ftp",
    "gopher",
    "intent",
    "itms-services",
    "jar",
    "javascript",
    "ldap",
    "livescript",
    "mailto",
    "market",
    "mhtml",
    "moz-extension",
    "ms-appinstaller",
    "res",
    "resource",
    "search-ms",
    "sms",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

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
            let url = canonical(plain).map_err(|why| (place, why))?;
            match prefix {
                // A slash in a query is none of the path: what follows it may be another URL.
                Some(_) if url.query().is_some() => return Err((place, InvalidPattern::Wildcard)),
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

/// Takes `text` apart if it is a URL, spelled as a browser would spell it after parsing, of a
/// harmless scheme, without parts that mislead.
fn canonical(text: &str) -> Result<Url, InvalidPattern> {
    let url = Url::parse(text).map_err(|_| InvalidPattern::Url)?;
    if FORBIDDEN_SCHEMES.contains(&url.scheme()) {
        return Err(InvalidPattern::Scheme);
    }
    check_host(&url)?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(InvalidPattern::Parts);
    }
    let unchanged = url.as_str() == text && text.len() <= MAX_LENGTH;
    let sound = unchanged
        && text.bytes().all(is_uri_byte)
        && is_plain_path(url.path())
        && url.query().is_none_or(is_plain_query);
    if sound { Ok(url) } else { Err(InvalidPattern::Url) }
}

/// The parser writes hosts of the web in one form (lower case, no international letters, one
/// spelling of an address); that of an app's own scheme it leaves alone, so its form is checked.
fn check_host(url: &Url) -> Result<(), InvalidPattern> {
    let host = url.host().ok_or(InvalidPattern::Url)?;
    let text = url.host_str().unwrap_or_default();
    let is_this_machine = matches!(text, "localhost" | "127.0.0.1" | "[::1]");
    match url.scheme() {
        "https" => {}
        "http" if is_this_machine => {}
        "http" => return Err(InvalidPattern::Scheme),
        _ => {
            let plain = |byte: u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte)
            };
            if !matches!(host, Host::Domain(_)) || !text.bytes().all(plain) {
                return Err(InvalidPattern::Url);
            }
        }
    }
    // `app.example.` is the host `app.example` to a resolver and another one to a browser.
    if text.is_empty() || text.ends_with('.') { Err(InvalidPattern::Url) } else { Ok(()) }
}

/// The characters of RFC 3986, section 2, less `*`, which only patterns hold. What some parsers
/// take for something else (a backslash for a slash, say) is not among them.
const fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.' | b'_' | b'~' | b'%' | b':' | b'/' | b'?' | b'#' | b'[' | b']' | b'@'
        )
        || matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'+' | b',' | b';' | b'=')
}

/// Some server on the way decodes `%2e%2e%2f`, cuts the `;x` off `..;x`, or joins `//`, and so climbs
/// out of the prefix. None of it is needed in the address of a page that ends a flow.
fn is_plain_path(path: &str) -> bool {
    !path.contains("//") && !path.bytes().any(|byte| b"%;[]".contains(&byte))
}

/// Encoded characters are what a query is for, but whole ones, and no line breaks or other control
/// characters, which somebody might decode into a header.
fn is_plain_query(query: &str) -> bool {
    let whole = |encoded: &str| {
        let digits = encoded.get(..2).filter(|two| two.bytes().all(|it| it.is_ascii_hexdigit()));
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        byte.is_some_and(|byte| !byte.is_ascii_control())
    };
    query.split('%').skip(1).all(whole)
}

#[cfg(test)]
#[path = "redirect_tests.rs"]
mod tests;
