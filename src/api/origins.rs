//! Whose pages may call: the gateway's own, and those of configured apps (the Fetch standard's
//! CORS protocol).
//!
//! Invariant: an origin is compared byte by byte with what the operator wrote, and no answer ever
//! allows credentials. What protects a user is the token; this keeps a page that got hold of one
//! from using it in a browser, and lets the app's own page read its answers.

use std::collections::HashMap;

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderMap, HeaderValue, ORIGIN, VARY,
};

use crate::{config, domain::AppId};

/// Who may call from a browser.
#[derive(Clone, Debug)]
pub struct Origins {
    /// Pages of this origin are not foreign.
    own: String,
    apps: HashMap<AppId, Vec<String>>,
    /// Callbacks are proven by their header, and a stray `Origin` must not lose a result.
    unasked: String,
}

/// What the `Origin` of a request is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Origin<'a> {
    /// Absent, or the gateway's own.
    Own,
    /// That of some app.
    Known(&'a str),
    /// Anything else.
    Foreign,
}

/// What scripts may read beside the few headers that they always may.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ETag, Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, Idempotency-Replayed, \
     WWW-Authenticate",
);
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
/// What scripts may send beside the few headers that they always may.
const SENT: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, If-None-Match, Idempotency-Key, Last-Event-ID, X-Request-Id, \
     traceparent",
);
/// For how many seconds a browser remembers: as long as a change of the settings takes to arrive.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");
const VARY_ORIGIN: HeaderValue = HeaderValue::from_static("Origin");

impl Origins {
    /// Takes the apps' origins.
    pub fn new(settings: &config::Settings) -> Self {
        let apps = settings.apps.iter().map(|app| (app.id.clone(), app.origins.clone()));
        Self {
            own: settings.server.public_url.endpoint("/").origin().ascii_serialization(),
            apps: apps.collect(),
            unasked: settings.callbacks.path.clone(),
        }
    }

    /// What the origin of a request to `path` is. Two of them are foreign, whatever they say.
    pub(crate) fn of<'a>(&self, path: &str, headers: &'a HeaderMap) -> Origin<'a> {
        let mut all = headers.get_all(ORIGIN);
        let Some(first) = all.next() else { return Origin::Own };
        if path == self.unasked {
            return Origin::Own;
        }
        let only = first.to_str().ok().filter(|_| all.next().is_none());
        match only {
            Some(text) if text == self.own => Origin::Own,
            Some(text) if self.apps.values().flatten().any(|known| known == text) => {
                Origin::Known(text)
            }
            Some(_) | None => Origin::Foreign,
        }
    }

    /// Whether the app named by a request's token may call from the request's origin.
    pub(crate) fn admit(&self, path: &str, headers: &HeaderMap, app: &AppId) -> bool {
        match self.of(path, headers) {
            Origin::Own => true,
            Origin::Known(origin) => {
                self.apps.get(app).is_some_and(|own| own.iter().any(|known| known == origin))
            }
            Origin::Foreign => false,
        }
    }

    /// Says that the answer is another one for another origin.
    pub(crate) fn vary(&self, headers: &mut HeaderMap) {
        if !self.apps.is_empty() {
            headers.append(VARY, VARY_ORIGIN);
        }
    }
}

/// Lets the page at `origin` read the answer.
pub(crate) fn open(headers: &mut HeaderMap, origin: &HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

/// Lets the page at `origin` ask what it announced.
pub(crate) fn welcome(headers: &mut HeaderMap, origin: &HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, SENT);
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
}
