//! Values that several sections share: addresses to join paths to, and files read at load.
//!
//! Invariant: a value made here was parsed; nobody has to check it again.

use std::fmt;
use std::path::PathBuf;

use url::Url;

/// An address that paths are appended to: `http` or `https`, with neither credentials nor query
/// nor fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Takes an address that was found to have no credentials, query or fragment.
    pub(super) fn from_checked(url: Url) -> Self {
        Self(url)
    }

    /// The address with `path`, which starts with a slash, behind it.
    pub fn endpoint(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        url
    }

    /// The address without a slash at its end.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A file whose text was read when the settings were, so that a missing file stops the start.
#[derive(Clone)]
pub struct TextFile {
    /// Where it was found.
    pub path: PathBuf,
    /// What it said.
    pub text: String,
}

impl fmt::Debug for TextFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextFile").field("path", &self.path).finish_non_exhaustive()
    }
}
