//! Kept callbacks, on the admin listener: what is left over, one of them, and another try.
//!
//! Plain lines, the same that `gerbang callbacks` prints. Nothing personal is in them.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::ORIGIN},
    web,
};
use serde::Deserialize;

use super::admin::Readiness;
use crate::{
    domain::{CallbackId, CallbackState, CallbackSummary, Chain},
    usecase::{self, Error},
};

/// As many as somebody looks through.
const PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

#[derive(Deserialize)]
pub(super) struct Wanted {
    state: Option<String>,
    before: Option<String>,
    limit: Option<usize>,
}

/// `GET /admin/callbacks`
pub(super) async fn list(shared: web::Data<Readiness>, wanted: web::Query<Wanted>) -> HttpResponse {
    let Wanted { state, before, limit } = wanted.into_inner();
    let known = state.as_deref().map(CallbackState::parse);
    let older = before.as_deref().map(str::parse::<CallbackId>);
    let (None | Some(Some(_)), Ok(before)) = (known, older.transpose()) else {
        return told(
            StatusCode::BAD_REQUEST,
            "state: pending, parked, aside or done; before: an id",
        );
    };
    let limit = limit.unwrap_or(PAGE);
    if limit > LARGEST_PAGE {
        // Cut silently, a page would look like all there is.
        return told(StatusCode::BAD_REQUEST, "limit: at most 1000");
    }
    let listed = usecase::callback::list(&shared.state.ports, known.flatten(), before, limit).await;
    answer(listed)
}

/// `GET /admin/callbacks/{callbackId}`
pub(super) async fn show(shared: web::Data<Readiness>, id: web::Path<String>) -> HttpResponse {
    let Ok(id) = id.parse() else { return answer(Err(Error::NotFound)) };
    answer(usecase::callback::show(&shared.state.ports, id).await.map(|one| vec![one]))
}

/// `POST /admin/callbacks/{callbackId}/replay`
///
/// Another try does no harm, but that is no reason to let a web page in an operator's browser cause
/// one: browsers name the page's origin, and whoever names one is refused.
pub(super) async fn replay(
    request: HttpRequest,
    shared: web::Data<Readiness>,
    id: web::Path<String>,
) -> HttpResponse {
    if request.headers().contains_key(ORIGIN) {
        return told(StatusCode::FORBIDDEN, "this is for operators' tools, not for web pages");
    }
    let Ok(id) = id.parse() else { return answer(Err(Error::NotFound)) };
    answer(usecase::callback::replay(&shared.state.ports, id).await.map(|one| vec![one]))
}

fn answer(found: Result<Vec<CallbackSummary>, Error>) -> HttpResponse {
    match found {
        Ok(summaries) => {
            let lines: Vec<_> = summaries.iter().map(|it| format!("{it}\n")).collect();
            let text = lines.concat();
            HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text)
        }
        Err(Error::NotFound) => told(StatusCode::NOT_FOUND, "there is no such callback"),
        Err(failure) => {
            tracing::error!(error = %Chain::of(&failure), "kept callbacks cannot be looked at");
            told(StatusCode::SERVICE_UNAVAILABLE, "the store cannot be asked; the log says why")
        }
    }
}

fn told(status: StatusCode, why: &str) -> HttpResponse {
    HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(format!("{why}\n"))
}
