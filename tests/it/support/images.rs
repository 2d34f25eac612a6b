//! Where there are no pictures.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use gerbang::{
    domain::ImageLink,
    upstream::{Images, OpenImage, UpstreamError},
};

/// Gives none.
pub(crate) struct NoImages;

impl Images for NoImages {
    fn open<'a>(
        &'a self,
        _: &'a ImageLink,
        _: Duration,
    ) -> BoxFuture<'a, Result<OpenImage, UpstreamError>> {
        futures_util::future::ready(Err(UpstreamError::Refused { status: 404 })).boxed()
    }
}
