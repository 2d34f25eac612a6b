//! Pictures, fetched from where the provider keeps them and passed on piece by piece.
//!
//! Invariant: a link leads to a host on the operator's list or nowhere, no redirect is followed, no
//! more than a piece is in memory, and nothing but what begins like a picture is passed on. No
//! failure carries the link.

use std::{fmt, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use reqwest::{Method, Request, Response, StatusCode};
use secrecy::ExposeSecret as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use super::{
    error::{SetupError, UpstreamError},
    http::{HttpClient, failure},
    meter::metered,
    webhook::Guard,
};
use crate::{
    config,
    domain::{ImageLink, ImageType},
};

/// Whoever fetches pictures.
pub trait Images: Send + Sync {
    /// Opens a picture, when `spent` of the time it may take is over already.
    /// [`UpstreamError::Refused`]: the link opens nothing (any more).
    fn open<'a>(
        &'a self,
        link: &'a ImageLink,
        spent: Duration,
    ) -> BoxFuture<'a, Result<OpenImage, UpstreamError>>;
}

/// Fetches pictures over HTTP.
pub struct RemoteImages {
    http: HttpClient,
    guard: Guard,
    /// Lower-case. With none, no picture is fetched.
    hosts: Vec<String>,
    /// Links by plain `http` are taken: nobody but this machine reaches the gateway.
    local: bool,
    timeout: Duration,
    most: u64,
    places: Arc<Semaphore>,
}

/// A picture that has begun to come. Dropped, the rest of it does not come.
pub struct OpenImage {
    /// What it is, by its first bytes.
    pub form: ImageType,
    /// How long it says that it is.
    pub length: Option<u64>,
    /// The bytes that told, until they are given.
    first: Option<Bytes>,
    response: Response,
    /// How many more bytes may come.
    left: u64,
    /// How it ended, for operators.
    ended: Ended,
    _place: OwnedSemaphorePermit,
}

/// Counts how the transfer of a picture ended, once.
struct Ended(Option<&'static str>);

impl RemoteImages {
    /// Prepares the way; `local` says that only this machine reaches the gateway, so that it may
    /// reach this machine.
    pub fn new(
        settings: &config::Provider,
        http: &HttpClient,
        local: bool,
    ) -> Result<Self, SetupError> {
        // The provider names the place; its host being listed must not open the network around us.
        let guard = Guard::new(local, Vec::new());
        Ok(Self {
            http: http.guarded(settings.connect_timeout, guard.clone())?,
            guard,
            hosts: settings.image_hosts.clone(),
            local,
            timeout: settings.image_timeout,
            most: settings.max_image,
            places: Arc::new(Semaphore::new(settings.max_concurrent_images)),
        })
    }

    fn admit(&self, link: &ImageLink) -> Result<Url, UpstreamError> {
        let url = Url::parse(link.url.expose_secret());
        let url = url.map_err(|_| UpstreamError::Garbled("an image link is no URL"))?;
        if url.scheme() != "https" && !(self.local && url.scheme() == "http") {
            return Err(UpstreamError::Garbled("an image link is not https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UpstreamError::Garbled("an image link names a user"));
        }
        let host = url.host_str().unwrap_or_default();
        if !self.hosts.iter().any(|allowed| allowed == host) {
            return Err(UpstreamError::Misconfigured(
                "an image link's host is not among image_hosts",
            ));
        }
        self.guard.check(&url).map_err(|_| UpstreamError::Garbled("an image link leads inside"))?;
        Ok(url)
    }

    async fn begin(&self, link: &ImageLink, spent: Duration) -> Result<OpenImage, UpstreamError> {
        let url = self.admit(link)?;
        // Nobody queues: a picture is not worth the memory of those who wait for it.
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| UpstreamError::Saturated)?;
        let left = self.timeout.saturating_sub(spent);
        let mut response = self.http.open(Request::new(Method::GET, url), left).await?;
        check_status(response.status())?;
        let length = response.content_length();
        if length.is_some_and(|length| length > self.most) {
            return Err(UpstreamError::Garbled("the image is too large"));
        }
        let first = beginning(&mut response).await?;
        let form = ImageType::of(&first).ok_or(UpstreamError::Garbled("no image came"))?;
        let ended = Ended(Some("abandoned"));
        let left = self.most;
        Ok(OpenImage { form, length, first: Some(first), response, left, ended, _place: place })
    }
}

impl Images for RemoteImages {
    fn open<'a>(
        &'a self,
        link: &'a ImageLink,
        spent: Duration,
    ) -> BoxFuture<'a, Result<OpenImage, UpstreamError>> {
        Box::pin(metered("image", self.begin(link, spent)))
    }
}

impl OpenImage {
    /// The next piece; `None` at the end of the whole picture. After a failure nothing more comes.
    pub async fn next(&mut self) -> Result<Option<Bytes>, UpstreamError> {
        let piece = match self.first.take() {
            Some(first) => Some(first),
            None => self.response.chunk().await.map_err(failure).inspect_err(|failure| {
                let timed_out = matches!(failure, UpstreamError::TimedOut);
                self.ended.so(if timed_out { "timed_out" } else { "broken" });
            })?,
        };
        let Some(piece) = piece else {
            self.ended.so("whole");
            return Ok(None);
        };
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        let left = self.left.checked_sub(length).ok_or_else(|| {
            self.ended.so("too_large");
            UpstreamError::Garbled("the image is too large")
        })?;
        self.left = left;
        Ok(Some(piece))
    }
}

impl Ended {
    fn so(&mut self, outcome: &'static str) {
        if self.0.take().is_some() {
            count(outcome);
        }
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        if let Some(outcome) = self.0 {
            count(outcome);
        }
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("gerbang_image_transfers_total", "outcome" => outcome).increment(1);
}

/// Object storage says in several ways that a link is over; a redirect is no picture.
fn check_status(status: StatusCode) -> Result<(), UpstreamError> {
    let code = status.as_u16();
    if status == StatusCode::OK {
        Ok(())
    } else if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
        Err(UpstreamError::Refused { status: code })
    } else if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        Err(UpstreamError::Unavailable { status: code, retry_after: None })
    } else {
        Err(UpstreamError::Garbled("the answer for an image is neither one nor a refusal"))
    }
}

/// Enough of the body to tell what it is, or all of a shorter one.
async fn beginning(response: &mut Response) -> Result<Bytes, UpstreamError> {
    let mut first = BytesMut::new();
    while first.len() < ImageType::TOLD_BY {
        let Some(chunk) = response.chunk().await.map_err(failure)? else { break };
        if first.is_empty() && chunk.len() >= ImageType::TOLD_BY {
            return Ok(chunk);
        }
        first.extend_from_slice(&chunk);
    }
    Ok(first.freeze())
}

impl fmt::Debug for RemoteImages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteImages").finish_non_exhaustive()
    }
}

impl fmt::Debug for OpenImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenImage").field("form", &self.form).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(local: bool) -> RemoteImages {
        let guard = Guard::new(local, Vec::new());
        let http =
            HttpClient::new(&config::Egress { proxy_url: None, ca: None }, Duration::from_secs(1))
                .unwrap();
        let hosts = ["a.example", "127.0.0.1", "10.0.0.7"].map(str::to_owned).to_vec();
        let (timeout, places) = (Duration::from_secs(1), Arc::new(Semaphore::new(1)));
        RemoteImages { http, guard, hosts, local, timeout, most: 1024, places }
    }

    #[test]
    fn links_lead_to_listed_hosts_by_https_alone() {
        let admits = |local, url: &str| {
            images(local).admit(&ImageLink { url: url.into(), expires_at: None }).is_ok()
        };

        for url in ["https://a.example/k?s=1", "https://A.EXAMPLE:443/", "https://a.example:8443/"]
        {
            assert!(admits(false, url) && admits(true, url), "{url}");
        }
        for url in ["http://127.0.0.1:9/k", "https://127.0.0.1/k", "https://127.1/k"] {
            assert!(admits(true, url) && !admits(false, url), "{url}");
        }
        for url in [
            "",
            "/k",
            "ftp://a.example/k",
            "https://b.example/k",
            "https://a.example.b.example/k",
            "https://a.example.:443/k",
            "https://a.example@b.example/k",
            "https://user@a.example/k",
            "https://b.example#a.example",
            "https://10.0.0.7/k",
            "https://169.254.169.254/",
            "file:///etc/passwd",
        ] {
            assert!(!admits(false, url) && !admits(true, url), "{url}");
        }
        assert!(!admits(false, "http://a.example/k"));
    }
}
