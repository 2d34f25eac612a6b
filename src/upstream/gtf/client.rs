//! The provider, asked over HTTP.
//!
//! Invariant: a session id goes out once, unless the provider cannot have acted on it: the
//! connection was never made, or the partner token was not taken.

use std::{fmt, sync::Arc};

use futures_util::{Future, future::BoxFuture};
use reqwest::{
    Body, Method,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};

use super::{
    credential::{self, LaunchRule, Times},
    initiate,
    mint::Issuer,
    operation::{Operation, Plan},
    report,
};
use crate::{
    config::{self, DetailsSession},
    domain::{Channel, Clock, IssuedCredential, SessionId, SubmissionReport, Tasks, UserId},
    upstream::{
        error::{SetupError, UpstreamError},
        http::{HttpClient, Limits},
        provider::{InitiateFlow, Provider, SubmissionQuery, UnreadableCallback},
        token::{PartnerToken, TokenCache},
    },
};

const TOKEN: HeaderName = HeaderName::from_static("x-onekyc-token");
const USER_ID: HeaderName = HeaderName::from_static("x-partner-user-id");
const USER_ID_TYPE: HeaderName = HeaderName::from_static("x-partner-user-id-type");
const SESSION_ID: HeaderName = HeaderName::from_static("x-partner-session-id");

/// The provider's API, with everything that stays the same from call to call prepared.
pub struct Gtf {
    tokens: TokenCache,
    initiate: Operation,
    details: Operation,
    /// Headers of initiate-flow by channel; absent where no onboarding partner is configured.
    sdk_headers: Option<HeaderMap>,
    web_headers: Option<HeaderMap>,
    details_headers: HeaderMap,
    details_session: DetailsSession,
    user_id_type: String,
    launch: LaunchRule,
    clock: Arc<dyn Clock>,
}

impl Gtf {
    /// Prepares the client; asks nobody yet.
    pub fn new(
        settings: &config::Provider,
        http: &HttpClient,
        clock: Arc<dyn Clock>,
        tasks: Tasks,
    ) -> Result<Self, SetupError> {
        let issuer = Issuer::new(settings, http.clone(), Arc::clone(&clock))?;
        let initiate = Plan {
            name: "initiate_flow",
            method: Method::POST,
            url: settings.api_base_url.endpoint("/esign-partner/v1/initiate-flow"),
            limits: Limits { deadline: settings.initiate_timeout, max_answer: settings.max_answer },
            places: settings.max_concurrent,
            rests: true,
        };
        let details = Plan {
            name: "submission",
            method: Method::GET,
            url: settings.api_base_url.endpoint("/esign-partner/v1/submissions"),
            limits: Limits { deadline: settings.details_timeout, max_answer: settings.max_answer },
            places: settings.max_concurrent,
            rests: true,
        };
        let details_headers = common_headers(settings)?;
        let flow_headers = |code: &Option<String>| {
            code.as_ref().map(|code| flow_headers(settings, &details_headers, code)).transpose()
        };
        Ok(Self {
            tokens: TokenCache::new(Box::new(issuer), Arc::clone(&clock), tasks),
            initiate: Operation::new(initiate, http.clone(), Arc::clone(&clock)),
            details: Operation::new(details, http.clone(), Arc::clone(&clock)),
            sdk_headers: flow_headers(&settings.onboarding_partner.sdk)?,
            web_headers: flow_headers(&settings.onboarding_partner.web)?,
            details_headers,
            details_session: settings.details_session,
            user_id_type: settings.user_id_type.clone(),
            launch: LaunchRule::new(settings),
            clock,
        })
    }

    /// Makes `call` with a valid partner token. If the token is not taken it is dropped, whatever comes
    /// next: nobody else shall be refused for it. If the budget has it, the call is made once more with
    /// a fresh one.
    async fn with_token<T, F>(
        &self,
        operation: &Operation,
        call: impl Fn(HeaderValue) -> F + Send,
    ) -> Result<T, UpstreamError>
    where
        F: Future<Output = Result<T, UpstreamError>> + Send,
    {
        let token = self.tokens.get().await.map_err(before_the_call)?;
        let outcome = self.taken(&token, call(token.value().clone())).await;
        if !matches!(outcome, Err(UpstreamError::Unauthorized)) || !operation.may_repeat() {
            return outcome;
        }
        let fresh = self.tokens.get().await.map_err(before_the_call)?;
        self.taken(&fresh, call(fresh.value().clone())).await
    }

    /// Waits for a call with this token, and drops the token if it is not taken.
    async fn taken<T>(
        &self,
        token: &PartnerToken,
        call: impl Future<Output = Result<T, UpstreamError>>,
    ) -> Result<T, UpstreamError> {
        let outcome = call.await;
        if matches!(outcome, Err(UpstreamError::Unauthorized)) {
            self.tokens.reject(token.generation());
        }
        outcome
    }

    async fn ask_for_credential(
        &self,
        flow: &InitiateFlow,
    ) -> Result<IssuedCredential, UpstreamError> {
        let prepared = self
            .headers(flow.channel)
            .ok_or(UpstreamError::Misconfigured("no onboarding partner for this channel"))?;
        let ids = Ids::new(&flow.user, &flow.session)?;
        let body = initiate::body(flow)?;
        self.with_token(&self.initiate, async |token| {
            let request = || {
                let mut request = self.initiate.request();
                ids.put(request.headers_mut(), prepared, &token);
                *request.body_mut() = Some(Body::from(body.clone()));
                request
            };
            let asked_at = self.clock.now();
            self.initiate
                .call(request, |data| {
                    let times = Times { asked_at, now: self.clock.now() };
                    credential::read(data, flow.channel, &self.launch, times)
                })
                .await
        })
        .await
    }

    async fn ask_for_submission(
        &self,
        query: &SubmissionQuery,
    ) -> Result<Option<SubmissionReport>, UpstreamError> {
        let fresh;
        let session = match self.details_session {
            DetailsSession::Attempt => &query.session,
            DetailsSession::Fresh => {
                fresh = SessionId::new();
                &fresh
            }
        };
        let ids = Ids::new(&query.user, session)?;
        self.with_token(&self.details, async |token| {
            let request = || {
                let mut request = self.details.request();
                ids.put(request.headers_mut(), &self.details_headers, &token);
                request
            };
            self.details
                .find(request, |data| {
                    report::read(data, &self.user_id_type).map_err(UpstreamError::Garbled)
                })
                .await
        })
        .await
    }

    const fn headers(&self, channel: Channel) -> Option<&HeaderMap> {
        match channel {
            Channel::Sdk => self.sdk_headers.as_ref(),
            Channel::Web => self.web_headers.as_ref(),
        }
    }
}

impl Provider for Gtf {
    fn initiate<'a>(
        &'a self,
        flow: &'a InitiateFlow,
    ) -> BoxFuture<'a, Result<IssuedCredential, UpstreamError>> {
        Box::pin(self.ask_for_credential(flow))
    }

    fn submission<'a>(
        &'a self,
        query: &'a SubmissionQuery,
    ) -> BoxFuture<'a, Result<Option<SubmissionReport>, UpstreamError>> {
        Box::pin(self.ask_for_submission(query))
    }

    fn read_callback(&self, body: &[u8]) -> Result<SubmissionReport, UnreadableCallback> {
        let json = std::str::from_utf8(body).map_err(|_| UnreadableCallback("not UTF-8"))?;
        report::read(json, &self.user_id_type).map_err(UnreadableCallback)
    }

    fn may_repeat(&self) -> bool {
        self.initiate.may_repeat()
    }

    fn offers(&self, channel: Channel) -> bool {
        self.headers(channel).is_some()
    }
}

/// Headers that every data call carries.
fn common_headers(settings: &config::Provider) -> Result<HeaderMap, SetupError> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let user_id_type = HeaderValue::from_str(&settings.user_id_type)
        .map_err(|_| SetupError::Header("provider.user_id_type"))?;
    headers.insert(USER_ID_TYPE, user_id_type);
    Ok(headers)
}

/// Headers of initiate-flow: the onboarding partner under every configured name, because the
/// provider's documents disagree about the name and ignore the other.
fn flow_headers(
    settings: &config::Provider,
    common: &HeaderMap,
    code: &str,
) -> Result<HeaderMap, SetupError> {
    let mut headers = common.clone();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let code = HeaderValue::from_str(code)
        .map_err(|_| SetupError::Header("provider.onboarding_partner"))?;
    for name in &settings.onboarding_header {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| SetupError::Header("provider.onboarding_header"))?;
        headers.insert(name, code.clone());
    }
    Ok(headers)
}

/// Whom a call is about.
struct Ids {
    user: HeaderValue,
    session: HeaderValue,
}

impl Ids {
    fn new(user: &UserId, session: &SessionId) -> Result<Self, UpstreamError> {
        let value = |text: &str| {
            HeaderValue::from_str(text)
                .map_err(|_| UpstreamError::Misconfigured("an id cannot be sent in a header"))
        };
        let mut user = value(user.as_str())?;
        user.set_sensitive(true);
        Ok(Self { user, session: value(session.as_str())? })
    }

    /// Puts together what a call sends: what is prepared, these, and the partner token.
    fn put(&self, headers: &mut HeaderMap, prepared: &HeaderMap, token: &HeaderValue) {
        headers.clone_from(prepared);
        headers.insert(USER_ID, self.user.clone());
        headers.insert(SESSION_ID, self.session.clone());
        headers.insert(TOKEN, token.clone());
    }
}

/// Without a partner token the call itself was never made. A failure to get one must not look as
/// if the call had had an effect.
fn before_the_call(failure: UpstreamError) -> UpstreamError {
    match failure {
        UpstreamError::TimedOut
        | UpstreamError::Broken(_)
        | UpstreamError::Garbled(_)
        | UpstreamError::Unavailable { .. } => UpstreamError::Unreachable(Arc::new(failure)),
        UpstreamError::Unreachable(_)
        | UpstreamError::Saturated
        | UpstreamError::Resting { .. }
        | UpstreamError::Unauthorized
        | UpstreamError::Misconfigured(_)
        | UpstreamError::ContactRefused(_)
        | UpstreamError::DuplicateSession
        | UpstreamError::Refused { .. } => failure,
    }
}

impl fmt::Debug for Gtf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gtf").finish_non_exhaustive()
    }
}
