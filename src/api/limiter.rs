//! How often callers may call, counted in this process.
//!
//! Invariant: memory is bounded by who called within the last minute, and holds keyed hashes, no
//! name and no address. Addresses, which anybody can have many of, share a fixed number of places.

use std::{
    fmt,
    hash::{BuildHasher as _, Hash, RandomState},
    net::IpAddr,
    num::NonZeroU32,
    sync::Arc,
};

use actix_web::{
    HttpRequest,
    http::{
        Method,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
};
use governor::{
    Quota, RateLimiter,
    clock::Clock as _,
    middleware::{NoOpMiddleware, StateInformationMiddleware},
    nanos::Nanos,
    state::keyed::DashMapStateStore,
};

use super::pace::Pace;
use crate::{
    config,
    domain::{AppCaller, BackendCaller, Clock},
};

/// The header that says which allowances there are; draft-ietf-httpapi-ratelimit-headers-11.
pub(crate) const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// The header that says what is left of them.
pub(crate) const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// All limits of one gateway.
#[derive(Debug)]
pub struct Limiter {
    starts: Allowance,
    reads: Allowance,
    apps: Allowance,
    backends: Allowance,
    failures: Allowance,
    /// Keyed anew at each start, so that nobody can choose names that share a place.
    names: RandomState,
}

/// How one caller stands after a call; goes into the answer's headers.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    policy: HeaderValue,
    name: &'static str,
    left: u32,
    /// Seconds until there is more.
    more_in: u64,
}

/// A call too many.
#[derive(Clone, Debug)]
pub(crate) struct Exceeded {
    /// Which limit, as the metric calls it.
    pub(crate) limit: &'static str,
    /// For whom, in words for the caller.
    pub(crate) detail: &'static str,
    /// How the caller stands.
    pub(crate) standing: Standing,
}

/// Places for addresses that sent bad tokens; two that share one are counted together.
const ADDRESS_PLACES: u64 = 1 << 16;

impl Limiter {
    /// Full allowances for everybody.
    pub fn new(settings: &config::Limits, clock: &Arc<dyn Clock>) -> Self {
        let pace = Pace::new(Arc::clone(clock));
        let allowance = |name, a_minute, detail| Allowance::new(name, a_minute, detail, &pace);
        Self {
            starts: allowance(
                "user_starts",
                settings.user_starts_per_minute,
                "This user has started or renewed too often within a minute.",
            ),
            reads: allowance(
                "user_reads",
                settings.user_reads_per_minute,
                "This user has called too often within a minute.",
            ),
            apps: allowance(
                "app_requests",
                settings.app_requests_per_minute,
                "All users of this app together have called too often within a minute.",
            ),
            backends: allowance(
                "backend_requests",
                settings.backend_requests_per_minute,
                "This back end has called too often within a minute.",
            ),
            failures: allowance(
                "failed_authentications",
                settings.failed_authentications_per_minute,
                "Too many bad tokens came from this address within a minute.",
            ),
            names: RandomState::new(),
        }
    }

    /// Counts a user's call. The user's allowance comes first, so that one user's excess costs the
    /// app nothing; and it alone is told, since the app's says how busy others are.
    pub(crate) fn count_user(
        &self,
        request: &HttpRequest,
        caller: &AppCaller,
    ) -> Result<Standing, Exceeded> {
        let own = if is_start(request) { &self.starts } else { &self.reads };
        let standing = own.take(self.names.hash_one(&caller.user))?;
        self.apps.take(self.names.hash_one(&caller.app))?;
        Ok(standing)
    }

    /// Counts a back end's call.
    pub(crate) fn count_backend(&self, caller: &BackendCaller) -> Result<Standing, Exceeded> {
        self.backends.take(self.names.hash_one(&caller.client))
    }

    /// Counts a token from `address` that was not believed.
    pub(crate) fn count_failure(&self, address: IpAddr) -> Result<Standing, Exceeded> {
        let place = self.names.hash_one(Neighbourhood(address)) % ADDRESS_PLACES;
        self.failures.take(place)
    }

    /// Forgets everybody whose allowance is full again.
    pub fn forget_idle(&self) {
        for one in [&self.starts, &self.reads, &self.apps, &self.backends, &self.failures] {
            one.gauge.retain_recent();
            one.gauge.shrink_to_fit();
        }
    }
}

/// Whether a call makes the provider do something. A report of capture does not.
fn is_start(request: &HttpRequest) -> bool {
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    !reads && !request.path().ends_with("/capture")
}

/// One address; in IPv6 the network that one subscriber is given, who can use any address of it.
struct Neighbourhood(IpAddr);

impl Hash for Neighbourhood {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        match self.0 {
            IpAddr::V4(address) => address.octets().hash(state),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                [a, b, c, d].hash(state);
            }
        }
    }
}

/// One kind of limit, with an allowance for each name.
struct Allowance {
    name: &'static str,
    detail: &'static str,
    policy: HeaderValue,
    /// Seconds in which one more call is allowed, rounded up.
    step: u64,
    gauge: RateLimiter<u64, DashMapStateStore<u64>, Pace, StateInformationMiddleware>,
}

impl Allowance {
    fn new(name: &'static str, a_minute: u32, detail: &'static str, pace: &Pace) -> Self {
        // The settings allow no 0; were there one, it would not open the door.
        let most = NonZeroU32::new(a_minute).unwrap_or(NonZeroU32::MIN);
        let policy = HeaderValue::from_str(&format!("\"{name}\";q={most};w=60"));
        let store = DashMapStateStore::default();
        let quota = Quota::per_minute(most);
        let plain: RateLimiter<_, _, _, NoOpMiddleware<Nanos>> =
            RateLimiter::new(quota, store, pace.clone());
        Self {
            name,
            detail,
            policy: policy.unwrap_or(HeaderValue::from_static("")),
            step: 60_u64.div_ceil(u64::from(most.get())),
            gauge: plain.with_middleware::<StateInformationMiddleware>(),
        }
    }

    fn take(&self, key: u64) -> Result<Standing, Exceeded> {
        let standing = |left, more_in| Standing {
            policy: self.policy.clone(),
            name: self.name,
            left,
            more_in,
        };
        match self.gauge.check_key(&key) {
            Ok(state) => Ok(standing(state.remaining_burst_capacity(), self.step)),
            Err(until) => {
                let wait = until.wait_time_from(self.gauge.clock().now());
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                let standing = standing(0, seconds.max(1));
                Err(Exceeded { limit: self.name, detail: self.detail, standing })
            }
        }
    }
}

impl fmt::Debug for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Allowance").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Standing {
    /// Seconds after which another call is worth it.
    pub(crate) const fn more_in(&self) -> u64 {
        self.more_in
    }

    /// Writes itself into an answer's headers.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let left = format!("\"{}\";r={};t={}", self.name, self.left, self.more_in);
        if let Ok(left) = HeaderValue::from_str(&left) {
            headers.insert(RATELIMIT_POLICY, self.policy.clone());
            headers.insert(RATELIMIT, left);
        }
    }
}
