//! The HTTP client under every call of this room.
//!
//! Invariant: no call is without a deadline and a byte limit, no redirect is followed, no proxy is
//! taken from the environment, and no failure carries a URL.

use std::{fmt, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::{
    Client, ClientBuilder, Proxy, Request, Response, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};
use rustls::ClientConfig;
use secrecy::ExposeSecret;
use thread_local::ThreadLocal;

use super::{
    budget::RetryBudget,
    error::{SetupError, UpstreamError},
    tls,
    webhook::Guard,
};
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
    shared: Arc<Shared>,
}

struct Shared {
    /// A client a thread: a connection is driven by the runtime it was opened on, and a call that
    /// went out through another worker's connection would wake that worker twice.
    clients: ThreadLocal<Client>,
    recipe: Recipe,
}

/// What every thread's client is made of.
struct Recipe {
    tls: ClientConfig,
    proxy: Option<Proxy>,
    connect_timeout: Duration,
    /// Who looks names up, if not the system alone.
    guard: Option<Guard>,
}

/// The most that is read of an answer nobody looks at, so that its connection can be used again.
const UNREAD: usize = 16 * 1024;

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
        let proxy = egress.proxy_url.as_ref().map(|url| Proxy::all(url.expose_secret()));
        let proxy = proxy.transpose().map_err(|_| SetupError::Proxy)?;
        let tls = tls::config(egress.ca.as_ref())?;
        Self::built(Recipe { tls, proxy, connect_timeout, guard: None })
    }

    /// A client of its own, for addresses that others have a say in: connects only where `guard`
    /// permits. Where a proxy is forced on us it makes the connections, and has to guard them.
    pub(super) fn guarded(
        &self,
        connect_timeout: Duration,
        guard: Guard,
    ) -> Result<Self, SetupError> {
        let Recipe { tls, proxy, .. } = &self.shared.recipe;
        // The guard would judge the proxy's own name.
        let guard = Some(guard).filter(|_| proxy.is_none());
        let (tls, proxy) = (tls.clone(), proxy.clone());
        Self::built(Recipe { tls, proxy, connect_timeout, guard })
    }

    fn built(recipe: Recipe) -> Result<Self, SetupError> {
        let shared = Shared { clients: ThreadLocal::new(), recipe };
        // What cannot be built must be known before anything is served.
        shared.client().map_err(|error| SetupError::Client(error.without_url()))?;
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Makes the call that `request` prepares, and reads the whole answer. A connection that could not
    /// be made is tried once more if `budget` has it: nothing was sent, so nothing can happen twice.
    pub(super) async fn exchange(
        &self,
        request: impl Fn() -> Request,
        limits: Limits,
        budget: &RetryBudget,
    ) -> Result<Answer, UpstreamError> {
        let client = self.shared.client().map_err(failure)?;
        let call = async || {
            budget.earn();
            let mut request = request();
            *request.timeout_mut() = Some(limits.deadline);
            name_the_request(request.headers_mut());
            client.execute(request).await.map_err(failure)
        };
        let response = match call().await {
            Err(UpstreamError::Unreachable(_)) if budget.spend() => call().await?,
            outcome => outcome?,
        };
        read(response, limits.max_answer).await
    }

    /// Makes the call, once, and hands the answer out as it comes: its body, too, has to be there
    /// within `deadline`, and its size is for the caller to bound. It goes to somebody else's storage,
    /// so it does not say which request of ours it is made for.
    pub(super) async fn open(
        &self,
        mut request: Request,
        deadline: Duration,
    ) -> Result<Response, UpstreamError> {
        *request.timeout_mut() = Some(deadline);
        let client = self.shared.client().map_err(failure)?;
        client.execute(request).await.map_err(failure)
    }

    /// Makes the call, once, and takes the head of the answer, whatever its body is.
    pub(super) async fn knock(
        &self,
        mut request: Request,
        deadline: Duration,
    ) -> Result<(StatusCode, HeaderMap), UpstreamError> {
        *request.timeout_mut() = Some(deadline);
        let client = self.shared.client().map_err(failure)?;
        let mut response = client.execute(request).await.map_err(failure)?;
        let mut unread = UNREAD;
        // Whatever goes wrong from here on, the answer was given.
        while let Ok(Some(chunk)) = response.chunk().await {
            match unread.checked_sub(chunk.len()) {
                Some(less) => unread = less,
                None => break,
            }
        }
        Ok((response.status(), std::mem::take(response.headers_mut())))
    }
}

impl Shared {
    /// The client of this thread.
    fn client(&self) -> Result<&Client, reqwest::Error> {
        self.clients.get_or_try(|| self.recipe.build())
    }
}

impl Recipe {
    fn build(&self) -> Result<Client, reqwest::Error> {
        let builder = ClientBuilder::new()
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .referer(false)
            // What may be sent once more, and how often, is decided here alone.
            .retry(reqwest::retry::never())
            .no_proxy()
            // Answers are small, and secrets beside text that a caller chose are not to be
            // compressed together.
            .no_gzip()
            .tls_backend_preconfigured(self.tls.clone())
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(IDLE)
            .http2_keep_alive_interval(PROBE.0)
            .http2_keep_alive_timeout(PROBE.1);
        let builder = match &self.guard {
            Some(guard) => builder.dns_resolver(guard.clone()),
            None => builder,
        };
        match &self.proxy {
            Some(proxy) => builder.proxy(proxy.clone()).build(),
            None => builder.build(),
        }
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
    put(HeaderName::from_static("x-request-id"), trace.request_id());
    put(HeaderName::from_static("traceparent"), trace.traceparent().unwrap_or_default());
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
pub(super) fn failure(error: reqwest::Error) -> UpstreamError {
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
