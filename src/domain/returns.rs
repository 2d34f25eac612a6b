//! The way back from capture through the gateway: an address of ours that only the provider knows.

use std::fmt;

use uuid::Uuid;

use super::{
    id::{InvalidId, VerificationId},
    news::CaptureOutcome,
    redirect::RedirectUrls,
};

/// What stands for one attempt in the address that the provider is given. Whoever has it can give a
/// hint that capture ended and is sent to the app; so it is unguessable and never printed or logged.
#[derive(Clone, Eq, PartialEq)]
pub struct ReturnRef(String);

/// Bytes as hexadecimal digits: two random UUIDs, 244 bits that nobody can guess.
const LENGTH: usize = 64;

impl ReturnRef {
    /// A fresh one.
    pub fn new() -> Self {
        Self(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
    }

    /// Takes what stands in an address.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let fits = text.len() == LENGTH
            && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| Self(text.to_owned())).ok_or(InvalidId)
    }

    /// The text, for the address and to be hashed.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the provider is given, below the gateway's own address `base`.
    pub fn urls(&self, base: &str) -> RedirectUrls {
        let url = |outcome: ReturnOutcome| format!("{base}/return/{}/{}", self.0, outcome.as_str());
        RedirectUrls::remembered(url(ReturnOutcome::Success), url(ReturnOutcome::Failure))
    }
}

impl Default for ReturnRef {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ReturnRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReturnRef(…)")
    }
}

/// Which of the two addresses the browser came to. It proves nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReturnOutcome {
    /// The one for success.
    Success,
    /// The one for failure.
    Failure,
}

impl ReturnOutcome {
    /// The spelling in the address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }

    /// Reads [`ReturnOutcome::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Success, Self::Failure].into_iter().find(|outcome| outcome.as_str() == text)
    }

    /// What it hints at. A failure says no more than that the user is back: neither that something
    /// was captured nor that the credential is broken.
    pub const fn hint(self) -> CaptureOutcome {
        match self {
            Self::Success => CaptureOutcome::Completed,
            Self::Failure => CaptureOutcome::Cancelled,
        }
    }

    /// Where the browser goes: the app's own URL, told which verification it comes from.
    pub fn landing(self, urls: &RedirectUrls, verification: VerificationId) -> String {
        let url = match self {
            Self::Success => urls.success(),
            Self::Failure => urls.failure(),
        };
        let joint = match url.split_once('?') {
            None => "?",
            Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
            Some(_) => "&",
        };
        format!("{url}{joint}verificationId={verification}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_one_is_another_and_is_read_back() {
        let (one, other) = (ReturnRef::new(), ReturnRef::new());

        assert_ne!(one, other);
        assert_eq!(ReturnRef::parse(one.expose()), Ok(one));
    }

    #[test]
    fn what_we_never_gave_is_none() {
        let good = ReturnRef::new().expose().to_owned();
        for text in
            ["", "x", &good[1..], &format!("{good}0"), &good.to_uppercase(), &"é".repeat(32)]
        {
            assert_eq!(ReturnRef::parse(text), Err(InvalidId), "{text}");
        }
    }

    #[test]
    fn it_is_not_printed() {
        let one = ReturnRef::new();

        assert!(!format!("{one:?}").contains(one.expose()));
    }

    #[test]
    fn the_verification_is_added_to_what_the_url_holds() {
        let id: VerificationId = "ver_01m8398debe9h88802w8wvqcq2".parse().unwrap();
        for (url, expected) in [
            ("https://a.example/done", "https://a.example/done?verificationId="),
            ("https://a.example/", "https://a.example/?verificationId="),
            ("https://a.example/done?", "https://a.example/done?verificationId="),
            ("https://a.example/done?x=1", "https://a.example/done?x=1&verificationId="),
            ("https://a.example/done?x=1&", "https://a.example/done?x=1&verificationId="),
            ("https://a.example/done?x=/?y", "https://a.example/done?x=/?y&verificationId="),
            ("app.example://kyc", "app.example://kyc?verificationId="),
            ("app.example://kyc/done", "app.example://kyc/done?verificationId="),
        ] {
            let urls = RedirectUrls::remembered(url.to_owned(), "https://a.example/no".to_owned());

            let landing = ReturnOutcome::Success.landing(&urls, id);

            assert_eq!(landing, format!("{expected}{id}"));
            assert_eq!(url::Url::parse(&landing).unwrap().as_str(), landing);
        }
    }
}
