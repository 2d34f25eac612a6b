//! One after the other.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;

/// Who calls, and only then what the call says. Of extractors that stand side by side the first to fail
/// answers: while a key is fetched to check a token by, a stranger would be told about his path or body,
/// and would not be counted.
pub(crate) struct After<First, Rest>(pub(crate) First, pub(crate) Rest);

impl<First, Rest> FromRequest for After<First, Rest>
where
    First: FromRequest + 'static,
    Rest: FromRequest + 'static,
{
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let first = First::from_request(&request, &mut payload).await.map_err(Into::into)?;
            let rest = Rest::from_request(&request, &mut payload).await.map_err(Into::into)?;
            Ok(Self(first, rest))
        })
    }
}
