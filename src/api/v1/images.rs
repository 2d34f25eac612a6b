//! Pictures of captures, for the partner's own servers.
//!
//! Invariant: of what the storage says, only the bytes reach the caller: form, length and name are
//! said in our words, and nothing may run or be kept by whoever shows them.

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodyStream, BoxBody, SizedStream},
    http::header::{
        CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    },
    web,
};
use bytes::Bytes;
use futures_util::{Stream, stream};

use crate::{
    api::{
        error::ApiError,
        extract::{After, Id, Viewer},
        state::AppState,
    },
    domain::{Chain, ImageKind, VerificationId},
    usecase::{self, verification::Image},
};

/// What a picture opened by itself may do: be looked at. `sandbox` takes it every right of our origin.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// `GET /v1/backend/verifications/{verificationId}/images/{kind}`
pub(crate) async fn get(
    request: HttpRequest,
    state: web::Data<AppState>,
    After(Viewer(caller), Id(id)): After<Viewer, Id>,
) -> Result<HttpResponse, ApiError> {
    let kind = request.match_info().get("kind").and_then(ImageKind::parse);
    let kind = kind.ok_or_else(ApiError::not_found)?;
    let image = usecase::verification::open_image(&state.ports, &caller, id, kind).await;
    let image = image.map_err(|error| ApiError::from_usecase(error, state.ports.now()))?;
    let (form, length) = (image.form(), image.length());
    let pieces = Box::pin(pieces(image, id));
    // With a length a caller notices a picture that is broken off by its size; without one, by the
    // missing end of the last piece.
    let body = match length {
        Some(length) => BoxBody::new(SizedStream::new(length, pieces)),
        None => BoxBody::new(BodyStream::new(pieces)),
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, form.media_type()))
        .insert_header((CONTENT_DISPOSITION, disposition(kind, form.extension())))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((RESOURCE_POLICY, "same-origin"))
        .body(body))
}

/// A name without the verification's: it ends up in folders and histories.
fn disposition(kind: ImageKind, extension: &str) -> String {
    format!("inline; filename=\"{}.{extension}\"", kind.as_str())
}

/// The picture, a piece whenever the caller's connection takes one. A failure breaks the answer off.
fn pieces(image: Image, id: VerificationId) -> impl Stream<Item = Result<Bytes, usecase::Error>> {
    stream::unfold(Some(image), move |image| async move {
        let mut image = image?;
        match image.next().await {
            Ok(piece) => piece.map(|piece| (Ok(piece), Some(image))),
            Err(failure) => {
                tracing::warn!(verification.id = %id, error = %Chain::of(&failure), "an image was broken off");
                Some((Err(failure), None))
            }
        }
    })
}
