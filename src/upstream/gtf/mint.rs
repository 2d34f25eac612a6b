//! Get partner token: our credentials for a token.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use reqwest::{
    Method,
    header::{ACCEPT, HeaderMap, HeaderName, HeaderValue},
};
use secrecy::ExposeSecret;

use super::{
    lifetime::Lifetime,
    operation::{Operation, Plan},
    wire::{self, Issued},
};
use crate::{
    config,
    domain::Clock,
    upstream::{
        error::{SetupError, UpstreamError},
        http::{HttpClient, Limits},
        token::{Mint, MintedToken},
    },
};

/// How long a token lives if its answer does not say. The provider's documents name this and an
/// hour; the shorter one is never wrong.
const FALLBACK: SignedDuration = SignedDuration::from_mins(30);

/// The issuer of partner tokens.
pub(super) struct Issuer {
    operation: Operation,
    headers: HeaderMap,
    clock: Arc<dyn Clock>,
}

impl Issuer {
    pub(super) fn new(
        settings: &config::Provider,
        http: HttpClient,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SetupError> {
        let plan = Plan {
            name: "token",
            method: Method::GET,
            url: settings.token_base_url.endpoint("/v1/esign/partner/authentication"),
            limits: Limits { deadline: settings.token_timeout, max_answer: settings.max_answer },
            places: 1,
            // The cache keeps a gap of its own, and a start without a token is no start.
            rests: false,
        };
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let client_id = HeaderValue::from_str(&settings.client_id)
            .map_err(|_| SetupError::Header("provider.client_id"))?;
        headers.insert(HeaderName::from_static("client-id"), client_id);
        let mut pass_key = HeaderValue::from_str(settings.pass_key.expose_secret())
            .map_err(|_| SetupError::Header("provider.pass_key"))?;
        pass_key.set_sensitive(true);
        headers.insert(HeaderName::from_static("pass-key"), pass_key);
        let operation = Operation::new(plan, http, Arc::clone(&clock));
        Ok(Self { operation, headers, clock })
    }
}

impl Mint for Issuer {
    fn mint(&self) -> BoxFuture<'_, Result<MintedToken, UpstreamError>> {
        Box::pin(async {
            let asked_at = self.clock.now();
            let request = || {
                let mut request = self.operation.request();
                request.headers_mut().clone_from(&self.headers);
                request
            };
            self.operation
                .call(request, |data| {
                    let issued: Issued = wire::object(data).ok_or(GARBLED)?;
                    let token = issued.token.as_deref().ok_or(GARBLED)?;
                    let mut value = HeaderValue::from_str(token).map_err(|_| GARBLED)?;
                    value.set_sensitive(true);
                    let lifetime =
                        Lifetime { seconds: issued.expiry_seconds, until: issued.expires_at };
                    let expires_at = lifetime.end(asked_at, self.clock.now(), FALLBACK)?;
                    Ok(MintedToken { value, expires_at })
                })
                .await
        })
    }
}

const GARBLED: UpstreamError = UpstreamError::Garbled("no partner token in it");
