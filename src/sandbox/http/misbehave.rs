//! A call answered rightly, or as the next fault of its operation wants it.
//!
//! Cut and closed connections are made with a body that fails: actix then drops the connection,
//! and when the failure comes before the first byte was flushed, nothing was sent at all.

use std::future::Future;
use std::io;
use std::sync::Arc;

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{LOCATION, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, future, stream};
use tokio::sync::watch;

use crate::sandbox::answer::Answer;
use crate::sandbox::fault::{Fault, FaultBody, FaultRule, real_pause};
use crate::sandbox::journal::Operation;
use crate::sandbox::world::{World, lock};

use super::partner::arrived;

/// Pieces a huge body is sent in, so that it is never in memory as a whole.
const PIECE: usize = 64 * 1_024;
const HUGE_HEAD: &[u8] = br#"{"success":true,"data":{"padding":""#;
const HUGE_TAIL: &[u8] = br#""}}"#;

/// Records the call and answers with `work`, unless a fault is due for `operation`. The fault is
/// taken before the call is counted, so that whoever waits for the count finds it at work.
pub(super) async fn perform(
    world: &Arc<World>,
    operation: Operation,
    request: &HttpRequest,
    body: &[u8],
    work: impl Future<Output = Answer>,
) -> HttpResponse {
    let fault = world.faults.take(operation);
    arrived(world, operation, request, body);
    let response = match fault {
        None => work.await.into_response(),
        Some((rule, cleared)) => misbehave(world, rule, cleared, work).await,
    };
    if world.options.access_log {
        let status = response.status().as_u16();
        tracing::info!(operation = operation.name(), status, "sandbox call");
    }
    response
}

async fn misbehave(
    world: &Arc<World>,
    rule: FaultRule,
    mut cleared: watch::Receiver<u64>,
    work: impl Future<Output = Answer>,
) -> HttpResponse {
    match rule.fault {
        Fault::Latency { millis } => {
            late(work, real_pause(millis), rule.after_work).await.into_response()
        }
        Fault::Hang => {
            // An error means that the sandbox is gone, and so is the caller.
            let until_cleared = async { drop(cleared.changed().await) };
            late(work, until_cleared, rule.after_work).await.into_response()
        }
        Fault::CutBody => cut(&work.await),
        Fault::Drip { bytes, millis } => drip(world, &work.await, bytes, millis),
        Fault::Padded { bytes, announced } => padded(&work.await, bytes, announced),
        Fault::WrongContentType => {
            Answer { content_type: "text/html; charset=utf-16", ..work.await }.into_response()
        }
        Fault::RevokeTokens => {
            lock(&world.tokens).revoke_all();
            work.await.into_response()
        }
        Fault::Status { .. }
        | Fault::Close
        | Fault::Garbage
        | Fault::HugeBody { .. }
        | Fault::Body { .. }
        | Fault::Redirect { .. } => {
            if rule.after_work {
                // Lost on purpose: the caller must not learn that it was done.
                drop(work.await);
            }
            instead(&rule.fault)
        }
    }
}

/// The right answer after `wait`, its work done before or behind it.
async fn late(
    work: impl Future<Output = Answer>,
    wait: impl Future<Output = ()>,
    work_first: bool,
) -> Answer {
    if work_first {
        let answer = work.await;
        wait.await;
        answer
    } else {
        wait.await;
        work.await
    }
}

/// The answer of a fault that has no use for the right one.
fn instead(fault: &Fault) -> HttpResponse {
    match fault {
        Fault::Status { status, body, retry_after } => wrong_status(*status, *body, *retry_after),
        Fault::Garbage => HttpResponse::Ok()
            .content_type("application/json")
            .body(Bytes::from_static(br#"{"success":true,"data":{"tok"#)),
        Fault::HugeBody { bytes } => huge(*bytes),
        Fault::Body { content_type, text } => {
            HttpResponse::Ok().content_type(content_type.as_str()).body(text.clone())
        }
        Fault::Redirect { location } => {
            HttpResponse::Found().insert_header((LOCATION, location.as_str())).finish()
        }
        Fault::Close
        | Fault::Latency { .. }
        | Fault::Hang
        | Fault::CutBody
        | Fault::Drip { .. }
        | Fault::Padded { .. }
        | Fault::WrongContentType
        | Fault::RevokeTokens => {
            let nothing = stream::once(future::ready(Err::<Bytes, _>(broken())));
            HttpResponse::Ok().body(SizedStream::new(1, nothing))
        }
    }
}

fn wrong_status(status: u16, body: FaultBody, retry_after: Option<u32>) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    if let Some(seconds) = retry_after {
        response.insert_header((RETRY_AFTER, seconds.to_string()));
    }
    match body {
        FaultBody::Html => response
            .content_type("text/html")
            .body(format!("<html><body><h1>{status}</h1><hr>sandbox proxy</body></html>")),
        FaultBody::Json => {
            let answer = Answer::internal_error();
            response.content_type(answer.content_type).body(answer.body)
        }
        FaultBody::Empty => response.finish(),
    }
}

fn cut(answer: &Answer) -> HttpResponse {
    let half = answer.body.slice(..answer.body.len() / 2);
    let pieces = stream::once(future::ready(Ok(half))).chain(stream::once(async {
        // Long enough for the half to leave; the break would otherwise overtake it.
        real_pause(20).await;
        Err(broken())
    }));
    sized(answer, pieces)
}

fn drip(world: &Arc<World>, answer: &Answer, bytes: usize, millis: u64) -> HttpResponse {
    let dripping_one = Dripping::begin(world);
    let pieces: Vec<_> = answer.body.chunks(bytes.max(1)).map(Bytes::copy_from_slice).collect();
    let dripping = stream::iter(pieces).then(move |piece| async move {
        real_pause(millis).await;
        Ok(piece)
    });
    // Moved in, so that it ends with the body, however that ends.
    let dripping = dripping.map(move |piece| {
        let _ = &dripping_one;
        piece
    });
    sized(answer, dripping)
}

/// A drip that is under way.
struct Dripping(Arc<World>);

impl Dripping {
    fn begin(world: &Arc<World>) -> Self {
        world.journal.drip_begins();
        Self(Arc::clone(world))
    }
}

impl Drop for Dripping {
    fn drop(&mut self) {
        self.0.journal.drip_ends();
    }
}

fn padded(answer: &Answer, bytes: usize, announced: bool) -> HttpResponse {
    let padding = bytes.saturating_sub(answer.body.len());
    let piece = Bytes::from(vec![0; PIECE]);
    let whole = padding / PIECE;
    let rest = piece.slice(..padding % PIECE);
    let pieces = stream::iter([answer.body.clone()])
        .chain(stream::iter(std::iter::repeat_n(piece, whole)))
        .chain(stream::iter([rest]))
        .filter(|piece| future::ready(!piece.is_empty()))
        .map(Ok::<_, io::Error>);
    let mut response = HttpResponse::build(answer.status_code());
    response.content_type(answer.content_type);
    if announced {
        let length = answer.body.len().saturating_add(padding);
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        response.body(SizedStream::new(length, Box::pin(pieces)))
    } else {
        response.streaming(pieces)
    }
}

fn huge(bytes: usize) -> HttpResponse {
    let padding = bytes.saturating_sub(HUGE_HEAD.len() + HUGE_TAIL.len());
    let piece = Bytes::from(vec![b'x'; PIECE]);
    let whole = padding / PIECE;
    let rest = piece.slice(..padding % PIECE);
    let pieces = stream::iter([Bytes::from_static(HUGE_HEAD)])
        .chain(stream::iter(std::iter::repeat_n(piece, whole)))
        .chain(stream::iter([rest, Bytes::from_static(HUGE_TAIL)]))
        .filter(|piece| future::ready(!piece.is_empty()))
        .map(Ok::<_, io::Error>);
    HttpResponse::Ok().content_type("application/json").streaming(pieces)
}

fn sized(
    answer: &Answer,
    pieces: impl Stream<Item = Result<Bytes, io::Error>> + 'static,
) -> HttpResponse {
    let length = u64::try_from(answer.body.len()).unwrap_or(u64::MAX);
    HttpResponse::build(answer.status_code())
        .content_type(answer.content_type)
        .body(SizedStream::new(length, Box::pin(pieces)))
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "broken off by a fault")
}
