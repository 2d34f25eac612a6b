//! A verification's changes as server-sent events (the HTML standard, section 9.2).
//!
//! Invariant: an event's `data` is what reading the verification would answer, and its `id` the
//! revision; nothing else is to be learned here. A stream holds one verification at most, and the
//! server's write buffer bounds what waits for a client that does not read.

use std::convert::Infallible;

use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse,
    body::{BodyStream, BoxBody},
    http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderName, HeaderValue, VARY},
    web,
};
use bytes::Bytes;
use futures_util::{Stream, stream};

use super::{verifications::language_tag, views::VerificationView};
use crate::{
    api::{
        error::ApiError,
        extract::{After, Id, Listener, language},
        state::AppState,
    },
    domain::{Chain, Locale, VerificationId},
    usecase::{
        self,
        verification::{Told, Watch},
    },
};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Asks nginx, and what understands it, to pass events on as they come.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A comment, which clients pass over: it keeps whatever stands between from taking the connection
/// for a dead one, and finds out clients that are gone.
const HEARTBEAT: &[u8] = b":\n\n";

/// The body of an answer, put there when the request's span has ended: a stream would keep it,
/// with all its fields, for as long as somebody listens.
pub(in crate::api) struct Unspanned(pub(in crate::api) BoxBody);

/// One listener's stream.
struct Events {
    watch: Watch,
    language: Locale,
    /// What the stream begins with, until it is sent.
    opening: Option<String>,
}

/// `GET /v1/verifications/{verificationId}/events`
pub(crate) async fn watch(
    request: HttpRequest,
    state: web::Data<AppState>,
    After(Listener(caller), Id(id)): After<Listener, Id>,
) -> Result<HttpResponse, ApiError> {
    let known = known_revision(&request);
    let watch = usecase::verification::watch(&state.ports, &caller, id, known).await;
    let watch = watch.map_err(|error| ApiError::from_usecase(error, state.ports.now()))?;
    let Some(watch) = watch else { return Ok(HttpResponse::NoContent().finish()) };
    let language = language(&request).unwrap_or(watch.locale());
    // A block of its own: whoever has the present state hears nothing else for a while, and reads blocks.
    let opening = Some(format!("retry: {}\n\n", pause(id)));
    let body = BodyStream::new(Events { watch, language, opening }.into_stream());
    request.extensions_mut().insert(Unspanned(BoxBody::new(body)));
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CONTENT_LANGUAGE, language_tag(language)))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((VARY, "Accept-Language"))
        .insert_header((X_ACCEL_BUFFERING, "no"))
        .finish())
}

impl Events {
    fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut events: Self| async move {
            let bytes = events.next().await?;
            Some((Ok(bytes), events))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        if let Some(opening) = self.opening.take() {
            return Some(opening.into());
        }
        match self.watch.next().await {
            Ok(Some(Told::Changed(verification))) => {
                let view = VerificationView::of(&verification, self.language, self.watch.now());
                written(verification.revision, &view)
            }
            Ok(Some(Told::Quiet)) => Some(Bytes::from_static(HEARTBEAT)),
            Ok(None) => None,
            Err(failure) => {
                let id = self.watch.id();
                tracing::error!(verification.id = %id, error = %Chain::of(&failure), "a stream was broken off");
                None
            }
        }
    }
}

/// An event. JSON as it is written here has no line breaks, so it is one line of `data`.
fn written(revision: u64, view: &VerificationView) -> Option<Bytes> {
    let mut event = format!("event: verification\nid: {revision}\ndata: ").into_bytes();
    if let Err(failure) = serde_json::to_writer(&mut event, view) {
        tracing::error!(error = %Chain::of(&failure), "an event cannot be written");
        return None;
    }
    event.extend_from_slice(b"\n\n");
    Some(event.into())
}

/// The revision that the caller has. What is no revision of ours is as good as none.
fn known_revision(request: &HttpRequest) -> Option<u64> {
    request.headers().get(LAST_EVENT_ID).map(HeaderValue::to_str)?.ok()?.parse().ok()
}

/// Milliseconds until a client that lost its stream tries again: one to three seconds, another for
/// each verification, so that those who are sent away together do not come back together.
fn pause(id: VerificationId) -> u64 {
    let [.., high, low] = *id.as_bytes();
    1000 + u64::from(u16::from_be_bytes([high, low])) * 2000 / 65_536
}
