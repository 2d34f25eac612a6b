//! Verifications, for the user's own app.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_LANGUAGE, ETAG, IF_NONE_MATCH, RETRY_AFTER, VARY},
    },
    web,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{
    started,
    starting::StartVerification,
    views::{VerificationPageView, VerificationView},
};
use crate::{
    api::{
        error::ApiError,
        extract::{After, App, Id, Json, Keyed, KeyedBytes, Query, language, present, word},
        state::AppState,
    },
    domain::{CaptureOutcome, KeyOwner, Locale, NextAction, Verification},
    usecase::{
        self,
        verification::{ContactWish, Seen},
    },
};

/// How capture ended.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaptureReport {
    #[serde(deserialize_with = "word")]
    outcome: OutcomeName,
    #[serde(default, deserialize_with = "present")]
    code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum OutcomeName {
    Completed,
    Cancelled,
    Failed,
}

/// Which page of a list.
#[derive(Deserialize)]
pub(crate) struct PageQuery {
    cursor: Option<String>,
    limit: Option<usize>,
}

/// How long to wait.
#[derive(Deserialize)]
pub(crate) struct WaitQuery {
    wait: Option<u64>,
}

/// Where an app finds a verification: below this.
const PLACE: &str = "/v1/verifications";

/// `POST /v1/verifications`
pub(crate) async fn start(
    request: HttpRequest,
    state: web::Data<AppState>,
    After(App(caller), Keyed(key, body)): After<App, Keyed<StartVerification>>,
) -> Result<HttpResponse, ApiError> {
    let now = state.ports.now();
    let (statement, kind, wish) = body.into_parts(language(&request))?;
    let proven = match statement {
        Some(statement) => {
            let proven = state.tokens.contact(&caller, &statement).await;
            Some(proven.map_err(ApiError::from_proof)?)
        }
        None => None,
    };
    let contact = ContactWish { kind, proven };
    let once = key.map(|key| key.once(&KeyOwner::from(&*caller), started::writer(&state, PLACE)));
    let answered = usecase::verification::start(&state.ports, &caller, contact, wish, once).await;
    let answered = answered.map_err(|error| ApiError::from_usecase(error, now))?;
    started::respond(&state, PLACE, &answered)
}

/// `POST /v1/verifications/{verificationId}/renew`
pub(crate) async fn renew(
    state: web::Data<AppState>,
    After(App(caller), (Id(id), KeyedBytes(key))): After<App, (Id, KeyedBytes)>,
) -> Result<HttpResponse, ApiError> {
    let once = key.map(|key| key.once(&KeyOwner::from(&*caller), started::writer(&state, PLACE)));
    let now = state.ports.now();
    let answered = usecase::verification::renew(&state.ports, &caller, id, once).await;
    let answered = answered.map_err(|error| ApiError::from_usecase(error, now))?;
    started::respond(&state, PLACE, &answered)
}

/// `GET /v1/verifications/{verificationId}`
pub(crate) async fn get(
    request: HttpRequest,
    state: web::Data<AppState>,
    After(App(caller), (Id(id), Query(WaitQuery { wait }))): After<App, (Id, Query<WaitQuery>)>,
) -> Result<HttpResponse, ApiError> {
    let wait = wait.unwrap_or(0);
    if wait > 30 {
        return Err(ApiError::invalid_at("?wait", "Wait at most 30 seconds."));
    }
    let ports = &state.ports;
    let (now, language) = (ports.now(), language(&request));
    let known = known_revision(&request, language);
    let seen = if wait == 0 {
        usecase::verification::get(ports, &caller, id).await.map(|found| match known {
            Some(revision) if revision == found.revision => Seen::Unchanged(found),
            Some(_) | None => Seen::Changed(found),
        })
    } else {
        let patience = SignedDuration::try_from(Duration::from_secs(wait)).unwrap_or_default();
        let until = now.saturating_add(patience).unwrap_or(Timestamp::MAX);
        usecase::verification::wait(ports, &caller, id, known, until).await
    };
    let seen = seen.map_err(|error| ApiError::from_usecase(error, now))?;
    Ok(match seen {
        Seen::Unchanged(same) if known.is_some() => {
            answer(StatusCode::NOT_MODIFIED, &same, language, ports.now())
        }
        Seen::Unchanged(found) | Seen::Changed(found) => {
            answer(StatusCode::OK, &found, language, ports.now())
        }
    })
}

/// `POST /v1/verifications/{verificationId}/capture`
pub(crate) async fn capture(
    request: HttpRequest,
    state: web::Data<AppState>,
    After(App(caller), (Id(id), Json(report))): After<App, (Id, Json<CaptureReport>)>,
) -> Result<HttpResponse, ApiError> {
    let outcome = report.into_outcome()?;
    let now = state.ports.now();
    let verification =
        usecase::verification::report_capture(&state.ports, &caller, id, outcome).await;
    let verification = verification.map_err(|error| ApiError::from_usecase(error, now))?;
    Ok(answer(StatusCode::OK, &verification, language(&request), now))
}

/// `GET /v1/verifications`
pub(crate) async fn list(
    request: HttpRequest,
    state: web::Data<AppState>,
    After(App(caller), Query(PageQuery { cursor, limit })): After<App, Query<PageQuery>>,
) -> Result<HttpResponse, ApiError> {
    let limit = limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(ApiError::invalid_at("?limit", "Ask for 1 to 100 at a time."));
    }
    let before = cursor.map(|text| text.parse()).transpose().map_err(|_| {
        ApiError::invalid_at("?cursor", "Use the `nextCursor` of the page before, as it is.")
    })?;
    let (now, language) = (state.ports.now(), language(&request));
    let page = usecase::verification::list(&state.ports, &caller, before, limit).await;
    let page = page.map_err(|error| ApiError::from_usecase(error, now))?;
    let view = |verification: &Verification| {
        VerificationView::of(verification, language.unwrap_or(verification.locale), now)
    };
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .insert_header((VARY, "Accept-Language"))
        .json(VerificationPageView {
            items: page.items.iter().map(view).collect(),
            next_cursor: page.next.map(|id| id.to_string()),
        }))
}

impl CaptureReport {
    fn into_outcome(self) -> Result<CaptureOutcome, ApiError> {
        let plain = |code: &String| {
            (1..=64).contains(&code.len())
                && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        if !self.code.as_ref().is_none_or(plain) {
            let detail = "Use the SDK's error code as it is: letters, digits and . _ -";
            return Err(ApiError::invalid_at("/code", detail));
        }
        if let Some(code) = self.code.as_deref() {
            tracing::info!(sdk.code = known_code(code), "the app told how capture ended");
        }
        Ok(match self.outcome {
            OutcomeName::Completed => CaptureOutcome::Completed,
            OutcomeName::Cancelled => CaptureOutcome::Cancelled,
            OutcomeName::Failed => CaptureOutcome::Failed,
        })
    }
}

/// What the log may say of a code: the app chose the text, and 64 free characters can be a phone
/// number or that of an identity card. So only what the SDK documents is repeated.
fn known_code(code: &str) -> &str {
    const NAMES: [&str; 8] = [
        "CAMERA",
        "PERMISSION",
        "NETWORK",
        "API",
        "VERIFICATION",
        "HELP_CLICKED",
        "SECURITY",
        "USER_CANCELLED",
    ];
    let is_numbered = code.strip_prefix("GPE-").is_some_and(|digits| {
        digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if is_numbered || NAMES.contains(&code) { code } else { "other" }
}

fn answer(
    status: StatusCode,
    verification: &Verification,
    language: Option<Locale>,
    now: Timestamp,
) -> HttpResponse {
    let locale = language.unwrap_or(verification.locale);
    let tag = language_tag(locale);
    let mut response = HttpResponse::build(status);
    response
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .insert_header((VARY, "Accept-Language"))
        .insert_header((ETAG, format!("\"{}-{tag}\"", verification.revision)));
    if verification.next_action(now) == NextAction::Wait {
        response.insert_header((RETRY_AFTER, "5"));
    }
    if status == StatusCode::NOT_MODIFIED {
        return response.finish();
    }
    response.insert_header((CONTENT_LANGUAGE, tag));
    response.json(VerificationView::of(verification, locale, now))
}

/// The language of `Content-Language` and of the `ETag`.
pub(super) const fn language_tag(locale: Locale) -> &'static str {
    match locale {
        Locale::Indonesian => "id",
        Locale::English => "en",
    }
}

/// The revision that the caller has, by `If-None-Match`. A tag of another language, or one we never
/// gave, is no revision of ours: 0, which every verification differs from.
fn known_revision(request: &HttpRequest, language: Option<Locale>) -> Option<u64> {
    let value = request.headers().get(IF_NONE_MATCH)?.to_str().unwrap_or_default();
    let tags = value.split(',').filter_map(|tag| {
        let tag = tag.trim().trim_start_matches("W/").trim_matches('"');
        let (revision, tag_language) = tag.split_once('-')?;
        let same = language.is_none_or(|locale| language_tag(locale) == tag_language);
        revision.parse().ok().filter(|_| same)
    });
    Some(tags.max().unwrap_or(0))
}
