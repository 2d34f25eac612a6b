//! Pages from elsewhere: their questions beforehand, their refusal, and the headers without which a
//! browser hides an answer from them, be it good or a problem.

use actix_web::{
    Error, HttpResponse, ResponseError as _,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN},
    },
    middleware::Next,
    web,
};

use crate::api::{
    error::ApiError,
    origins::{self, Origin},
    state::AppState,
};

/// Lets through what comes from no page, from our own, or from an app's.
pub async fn check_origin(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(state) = request.app_data::<web::Data<AppState>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let origins = &state.origins;
    let origin = match origins.of(request.path(), request.headers()) {
        Origin::Own => None,
        Origin::Known(origin) => HeaderValue::from_str(origin).ok(),
        Origin::Foreign => {
            let refused = ApiError::origin_not_allowed().error_response();
            return Ok(varied(&state, request.into_response(refused)));
        }
    };
    let Some(origin) = origin else {
        let response = next.call(request).await?.map_into_boxed_body();
        return Ok(varied(&state, response));
    };
    let mut response = if is_preflight(&request) {
        let mut welcome = HttpResponse::NoContent().finish();
        origins::welcome(welcome.headers_mut(), &origin);
        request.into_response(welcome)
    } else {
        let mut response = next.call(request).await?.map_into_boxed_body();
        origins::open(response.headers_mut(), &origin);
        response
    };
    origins.vary(response.headers_mut());
    Ok(response)
}

/// Lets an app's page read an answer that was given before the origin was looked at.
pub(super) fn show_to_page(response: &mut ServiceResponse<BoxBody>) {
    let Some(state) = response.request().app_data::<web::Data<AppState>>().cloned() else { return };
    let request = response.request();
    let known = match state.origins.of(request.path(), request.headers()) {
        Origin::Known(origin) => HeaderValue::from_str(origin).ok(),
        Origin::Own | Origin::Foreign => None,
    };
    if let Some(origin) = known {
        origins::open(response.headers_mut(), &origin);
    }
    state.origins.vary(response.headers_mut());
}

fn varied(state: &AppState, mut response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    state.origins.vary(response.headers_mut());
    response
}

/// Whether a browser asks beforehand, without a token.
fn is_preflight(request: &ServiceRequest) -> bool {
    *request.method() == Method::OPTIONS
        && request.headers().contains_key(ORIGIN)
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}
