//! How often callers may call, counted in this process.
//!
//! Invariant: memory is bounded by who called within the last minutes, and holds keyed hashes, no
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

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use actix_web::test::TestRequest;

    use super::*;
    use crate::{api::pace::tests::Hand, domain::AppId};

    const FEW: config::Limits = config::Limits {
        user_starts_per_minute: 1,
        user_reads_per_minute: 1,
        app_requests_per_minute: 1,
        backend_requests_per_minute: 2,
        failed_authentications_per_minute: 1,
    };

    fn limiter() -> (Limiter, Arc<Hand>) {
        let hand = Hand::new();
        let clock: Arc<dyn Clock> = Arc::<Hand>::clone(&hand);
        (Limiter::new(&FEW, &clock), hand)
    }

    #[test]
    fn whoever_has_not_called_for_two_minutes_is_forgotten() {
        let (limiter, hand) = limiter();
        for last in 1..=100 {
            let _ = limiter.count_failure(Ipv4Addr::new(192, 0, 2, last).into());
        }
        // Now and then two of them share a place.
        let counted = limiter.failures.gauge.len();
        limiter.forget_idle();
        let kept = limiter.failures.gauge.len();

        hand.turn(121);
        limiter.forget_idle();

        assert!(counted > 1, "{counted}");
        assert_eq!(kept, counted, "who called just now is still known");
        assert!(limiter.failures.gauge.is_empty());
    }

    #[test]
    fn addresses_without_number_take_a_fixed_number_of_places() {
        let (limiter, _) = limiter();
        for at in 0..200_000_u32 {
            let _ = limiter.count_failure(Ipv4Addr::from_bits(at).into());
        }

        assert!(limiter.failures.gauge.len() <= 1 << 16);
    }

    #[test]
    fn one_subscriber_is_one_network_in_ipv6() {
        let (limiter, _) = limiter();
        let count =
            |text: &str| limiter.count_failure(text.parse::<Ipv6Addr>().unwrap().into()).is_ok();

        assert!(count("2001:db8:1:2::1"));
        assert!(!count("2001:db8:1:2:ffff::9"));
        assert!(count("2001:db8:1:3::1"));
    }

    #[test]
    fn methods_that_change_something_are_starts_unless_they_report() {
        let is = |method: Method, path: &str| {
            is_start(&TestRequest::default().method(method).uri(path).to_http_request())
        };

        assert!(is(Method::POST, "/v1/verifications"));
        assert!(is(Method::POST, "/v1/verifications/x/renew"));
        assert!(is(Method::PUT, "/v1/verifications"), "what is not known is dear");
        assert!(!is(Method::POST, "/v1/verifications/x/capture"));
        assert!(!is(Method::GET, "/v1/verifications"));
    }

    #[test]
    fn what_a_caller_is_told_is_what_it_has() {
        let (limiter, hand) = limiter();
        let caller = BackendCaller {
            client: AppId::parse("ledger").unwrap(),
            scopes: std::collections::BTreeSet::new(),
            expires_at: jiff::Timestamp::MAX,
        };
        let told = |standing: Standing| {
            let mut headers = HeaderMap::new();
            standing.tell(&mut headers);
            headers.get(RATELIMIT).unwrap().to_str().unwrap().to_owned()
        };

        let first = told(limiter.count_backend(&caller).unwrap());
        let second = told(limiter.count_backend(&caller).unwrap());
        hand.turn(20);
        let over = limiter.count_backend(&caller).unwrap_err();

        assert_eq!(first, "\"backend_requests\";r=1;t=30");
        assert_eq!(second, "\"backend_requests\";r=0;t=30");
        assert_eq!((over.limit, over.standing.more_in()), ("backend_requests", 10));
        assert_eq!(told(over.standing), "\"backend_requests\";r=0;t=10");
    }

    #[test]
    fn a_part_of_a_second_is_waited_for_too() {
        let clock: Arc<dyn Clock> = Hand::new();
        let settings = config::Limits { failed_authentications_per_minute: 7, ..FEW };
        let limiter = Limiter::new(&settings, &clock);
        let count = || limiter.count_failure(Ipv4Addr::LOCALHOST.into());

        let refused = std::iter::repeat_with(count).find_map(Result::err).unwrap();

        assert_eq!(refused.standing.more_in(), 9, "60 / 7 is 8.57");
    }
}
