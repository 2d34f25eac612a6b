//! The HTTP client under every call of this room.
//!
//! Invariant: no call is without a deadline and a byte limit, no redirect is followed, no proxy is
//! taken from the environment, and no failure carries a URL.

use std::{fmt, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::{
    Certificate, Client, ClientBuilder, Proxy, Request, Response, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};
use secrecy::ExposeSecret;

use super::error::{SetupError, UpstreamError};
use crate::{config::Egress, domain::Trace};

/// What the other side reads in its access log.
const USER_AGENT: &str = concat!("gerbang/", env!("CARGO_PKG_VERSION"));

/// How long an idle connection is kept. Load balancers close theirs after 15 seconds or more; a
/// call sent into a connection that is being closed is lost, and an initiate-flow cannot be resent.
const IDLE: Duration = Duration::from_secs(10);

/// How often a quiet HTTP/2 connection with calls on it is probed, and how long the answer may
/// take. All calls share one such connection; if it died silently, all of them would hang.
const PROBE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(5));

/// Makes calls; cheap to clone, and clones share their connections.
#[derive(Clone)]
pub struct HttpClient {
    client: Client,
}

/// What bounds one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// From the first byte of the connection to the last of the answer.
    pub(super) deadline: Duration,
    /// The largest body read, in bytes.
    pub(super) max_answer: usize,
}

/// A whole answer, whatever its status.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl HttpClient {
    /// Builds the client; fails if `egress` names what cannot be used.
    pub fn new(egress: &Egress, connect_timeout: Duration) -> Result<Self, SetupError> {
        let builder = ClientBuilder::new()
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            // Answers are small, and secrets beside text that a caller chose are not to be
            // compressed together.
            .no_gzip()
            .connect_timeout(connect_timeout)
            .pool_idle_timeout(IDLE)
            .http2_keep_alive_interval(PROBE.0)
            .http2_keep_alive_timeout(PROBE.1);
        let builder = match &egress.proxy_url {
            Some(url) => {
                let proxy = Proxy::all(url.expose_secret()).map_err(|_| SetupError::Proxy)?;
                builder.proxy(proxy)
            }
            None => builder,
        };
        let builder = match &egress.ca {
            Some(file) => {
                let extra = Certificate::from_pem_bundle(file.text.as_bytes())
                    .map_err(|_| SetupError::Certificates)?;
                builder.tls_certs_merge(extra)
            }
            None => builder,
        };
        let client = builder.build().map_err(|error| SetupError::Client(error.without_url()))?;
        Ok(Self { client })
    }

    /// Makes the call and reads the whole answer. A connection that could not be made is tried
    /// once more: nothing was sent, so nothing can happen twice.
    pub(super) async fn exchange(
        &self,
        mut request: Request,
        limits: Limits,
    ) -> Result<Answer, UpstreamError> {
        *request.timeout_mut() = Some(limits.deadline);
        name_the_request(request.headers_mut());
        let spare = request.try_clone();
        let first = self.client.execute(request).await.map_err(failure);
        let response = match (first, spare) {
            (Err(UpstreamError::Unreachable(_)), Some(again)) => {
                self.client.execute(again).await.map_err(failure)?
            }
            (outcome, _) => outcome?,
        };
        read(response, limits.max_answer).await
    }
}

/// Says which request of ours the call is made for, so that both sides' logs can be laid side by
/// side.
fn name_the_request(headers: &mut HeaderMap) {
    let Some(trace) = Trace::current() else { return };
    let mut put = |name, value: &str| {
        if let Some(value) = HeaderValue::from_str(value).ok().filter(|value| !value.is_empty()) {
            headers.insert(name, value);
        }
    };
    put(HeaderName::from_static("x-request-id"), &trace.request_id);
    put(HeaderName::from_static("traceparent"), trace.traceparent.as_deref().unwrap_or_default());
}

/// Reads at most `most` bytes. An announced length is believed if it is too large, never if it is
/// small.
async fn read(mut response: Response, most: usize) -> Result<Answer, UpstreamError> {
    let too_large = || UpstreamError::Garbled("the answer is too large");
    let announced = response.content_length().map(usize::try_from);
    if announced.is_some_and(|length| length.is_ok_and(|length| length > most) || length.is_err()) {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(failure)? {
        if body.len().saturating_add(chunk.len()) > most {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    Ok(Answer { status, headers, body: body.freeze() })
}

/// The one place where failures of the transport get their meaning.
fn failure(error: reqwest::Error) -> UpstreamError {
    let error = error.without_url();
    if error.is_connect() {
        UpstreamError::Unreachable(Arc::new(error))
    } else if error.is_timeout() {
        UpstreamError::TimedOut
    } else {
        UpstreamError::Broken(Arc::new(error))
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").finish_non_exhaustive()
    }
}
