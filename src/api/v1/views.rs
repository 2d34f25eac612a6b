//! What callers see of a verification.

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde::Serialize;

use crate::{
    api::reasons,
    domain::{Credential, Locale, Note, ReasonCode, RedirectUrls, Verification},
    usecase::{SdkEndpoint, verification::Started},
};

/// A verification, for the user's app.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VerificationView {
    id: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonView>,
    next_action: &'static str,
    channel: &'static str,
    expires_at: Timestamp,
    revision: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Debug, Serialize)]
pub(super) struct ReasonView {
    code: &'static str,
    title: &'static str,
    message: &'static str,
    retryable: bool,
}

/// A page of verifications.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VerificationPageView {
    pub(super) items: Vec<VerificationView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_cursor: Option<String>,
}

/// A started verification with its credential.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartedView<'a> {
    id: String,
    status: &'static str,
    next_action: &'static str,
    channel: &'static str,
    expires_at: Timestamp,
    revision: u64,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_urls: Option<RedirectUrlsView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sdk_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    launch_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sdk: Option<SdkView<'a>>,
}

#[derive(Serialize)]
struct RedirectUrlsView<'a> {
    success: &'a str,
    failure: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SdkView<'a> {
    base_url: &'a str,
    environment: &'a str,
    correlation_id: String,
    locale: &'static str,
}

impl VerificationView {
    pub(super) fn of(verification: &Verification, locale: Locale, now: Timestamp) -> Self {
        Self {
            id: verification.id.to_string(),
            status: verification.status.as_str(),
            reason: verification.reason.map(|reason| ReasonView::of(reason, locale)),
            next_action: verification.next_action(now).as_str(),
            channel: verification.channel().as_str(),
            expires_at: verification.expires_at(),
            revision: verification.revision,
            created_at: verification.created_at,
            updated_at: verification.updated_at,
        }
    }
}

impl ReasonView {
    pub(super) fn of(reason: ReasonCode, locale: Locale) -> Self {
        let (title, message) = reasons::text(reason, locale);
        Self { code: reason.as_str(), title, message, retryable: reason.is_retryable() }
    }
}

impl<'a> StartedView<'a> {
    pub(super) fn of(started: &'a Started, sdk: Option<&'a SdkEndpoint>, now: Timestamp) -> Self {
        let verification = &started.verification;
        let issued = started.credential.as_ref();
        let (sdk_token, launch_url) = match issued.map(|issued| &issued.credential) {
            Some(Credential::SdkToken(token)) => (Some(token.expose_secret()), None),
            Some(Credential::LaunchUrl(url)) => (None, Some(url.expose_secret())),
            Some(Credential::Forgotten) | None => (None, None),
        };
        Self {
            id: verification.id.to_string(),
            status: verification.status.as_str(),
            next_action: verification.next_action(now).as_str(),
            channel: verification.channel().as_str(),
            expires_at: verification.expires_at(),
            revision: verification.revision,
            created_at: verification.created_at,
            redirect_urls: verification
                .newest_attempt()
                .and_then(|attempt| attempt.redirects.as_ref())
                .map(RedirectUrlsView::of),
            sdk: sdk.filter(|_| sdk_token.is_some()).map(|endpoint| SdkView {
                base_url: &endpoint.base_url,
                environment: &endpoint.environment,
                correlation_id: verification.id.to_string(),
                locale: verification.locale.as_str(),
            }),
            sdk_token,
            launch_url,
            token_expires_at: issued.map(|issued| issued.expires_at),
        }
    }
}

impl<'a> RedirectUrlsView<'a> {
    fn of(urls: &'a RedirectUrls) -> Self {
        Self { success: urls.success(), failure: urls.failure() }
    }
}

/// One line of a verification's history.
#[derive(Debug, Serialize)]
pub(super) struct NoteView {
    revision: u64,
    at: Timestamp,
    kind: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
}

impl From<Note> for NoteView {
    fn from(note: Note) -> Self {
        Self {
            revision: note.revision,
            at: note.at,
            kind: note.kind.as_str(),
            status: note.status.as_str(),
            detail: note.detail,
        }
    }
}
