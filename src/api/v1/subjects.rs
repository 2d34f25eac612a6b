//! What is held about a user: handed out, and destroyed.

use actix_web::{HttpResponse, http::header::CACHE_CONTROL, web};
use bytes::Bytes;
use futures_util::{Stream, stream};

use super::exported::{self, ExportWriter};
use crate::{
    api::{
        error::ApiError,
        extract::{After, Backend, Subject},
        state::AppState,
    },
    domain::{AuditActor, BackendCaller, Chain, ErasureReceipt},
    usecase::{
        Error,
        subject::{self, Export},
    },
};

/// `DELETE /v1/backend/users/{userId}`
pub(crate) async fn erase(
    state: web::Data<AppState>,
    After(Backend(caller), Subject(user)): After<Backend, Subject>,
) -> Result<HttpResponse, ApiError> {
    let may = |scope| caller.may(scope);
    let receipt = subject::erase(&state.ports, actor(&caller), may, user.clone()).await;
    let receipt = receipt.map_err(|error| ApiError::from_usecase(error, state.ports.now()))?;
    state.tokens.forget(&user);
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .content_type("application/json")
        .body(receipt_document(&receipt)))
}

/// `GET /v1/backend/users/{userId}/export`
pub(crate) async fn export(
    state: web::Data<AppState>,
    After(Backend(caller), Subject(user)): After<Backend, Subject>,
) -> Result<HttpResponse, ApiError> {
    let may = |scope| caller.may(scope);
    let export = subject::export(&state.ports, actor(&caller), may, user).await;
    let export = export.map_err(|error| ApiError::from_usecase(error, state.ports.now()))?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .content_type("application/json")
        .streaming(export_document(export)))
}

fn actor(caller: &BackendCaller) -> AuditActor {
    AuditActor::Backend(caller.client.clone())
}

/// A receipt as JSON, its hash behind what is hashed.
pub fn receipt_document(receipt: &ErasureReceipt) -> String {
    exported::receipt(receipt)
}

/// An export as JSON, as it comes. It breaks off, and is no JSON then, if a piece cannot be read.
pub fn export_document(export: Export) -> impl Stream<Item = Result<Bytes, Error>> {
    let writer = ExportWriter::new(export.user(), export.at());
    stream::unfold(Some((export, writer)), |going| async {
        let (mut export, mut writer) = going?;
        match export.next().await {
            Ok(Some(piece)) => {
                let text = writer.piece(&piece);
                Some((Ok(Bytes::from(text)), Some((export, writer))))
            }
            Ok(None) => Some((Ok(Bytes::from(writer.end())), None)),
            Err(failure) => {
                let error = tracing::field::display(Chain::of(&failure));
                tracing::error!(error, "an export broke off");
                Some((Err(failure), None))
            }
        }
    })
}
