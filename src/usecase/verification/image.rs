//! A picture of a capture, for a back end.
//!
//! Invariant: what is read for one verification changes no other, and of the picture nothing is kept.

use std::time::Instant;

use bytes::Bytes;
use secrecy::ExposeSecret as _;

use super::{confirm, reading::Entered};
use crate::{
    domain::{
        AuditAction, BackendCaller, ImageKind, ImageLink, ImageLinks, ImageType, Scope, Status,
        Verification, VerificationId,
    },
    upstream::{OpenImage, SubmissionQuery, UpstreamError, image_links},
    usecase::{Error, Ports, audit},
};

/// A picture that has begun to come. Dropped, the rest of it does not come.
#[derive(Debug)]
pub struct Image(OpenImage);

impl Image {
    /// What it is, by its first bytes.
    pub const fn form(&self) -> ImageType {
        self.0.form
    }

    /// How many bytes it says that it has.
    pub const fn length(&self) -> Option<u64> {
        self.0.length
    }

    /// The next piece; `None` at the end of the whole picture.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        Ok(self.0.next().await?)
    }
}

/// Opens a picture at the provider's. Where its link is over, the details are read once for a fresh
/// one.
#[tracing::instrument(skip_all, fields(verification.id = %id, image.kind = kind.as_str()))]
pub async fn open_image(
    ports: &Ports,
    caller: &BackendCaller,
    id: VerificationId,
    kind: ImageKind,
) -> Result<Image, Error> {
    if !caller.may(Scope::ImagesRead) {
        return Err(Error::ScopeMissing(Scope::ImagesRead));
    }
    let verification = ports.store().find(id).await?.ok_or(Error::NotFound)?;
    let image = open(ports, &verification, kind).await?;
    // Before the first byte leaves: who cannot be named later gets none.
    let entry = audit::by(caller, AuditAction::ImageRead).about(id);
    audit::written(ports, entry.of_user(verification.user).detail(kind.as_str())).await?;
    Ok(Image(image))
}

async fn open(
    ports: &Ports,
    verification: &Verification,
    kind: ImageKind,
) -> Result<OpenImage, Error> {
    let begun = Instant::now();
    let link = kept_link(ports, verification.id, kind).await?.ok_or(Error::NoImage)?;
    if let Some(image) = try_link(ports, &link, begun).await? {
        return Ok(image);
    }
    let fresh = fresh_link(ports, verification, kind, &link).await?.ok_or(Error::ImageExpired)?;
    try_link(ports, &fresh, begun).await?.ok_or(Error::ImageExpired)
}

/// `None`: the link is over.
async fn try_link(
    ports: &Ports,
    link: &ImageLink,
    begun: Instant,
) -> Result<Option<OpenImage>, Error> {
    /// What object storage answers for a link, or a picture, that is over. The first is what some say
    /// when the credential inside the link has ended before the link.
    const OVER: [u16; 4] = [400, 403, 404, 410];
    if link.is_over(ports.now()) {
        return Ok(None);
    }
    match ports.parts.images.open(link, begun.elapsed()).await {
        Ok(image) => Ok(Some(image)),
        Err(UpstreamError::Refused { status }) if OVER.contains(&status) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

async fn kept_link(
    ports: &Ports,
    id: VerificationId,
    kind: ImageKind,
) -> Result<Option<ImageLink>, Error> {
    let statement = ports.store().statement(id).await?;
    Ok(statement.and_then(|body| image_links(body.expose()).get(kind).cloned()))
}

/// A link other than `tried`: what somebody else has brought meanwhile, or what the provider says
/// now. `None`: there is none.
async fn fresh_link(
    ports: &Ports,
    verification: &Verification,
    kind: ImageKind,
    tried: &ImageLink,
) -> Result<Option<ImageLink>, Error> {
    let id = verification.id;
    let is_fresh = |link: &ImageLink| link.url.expose_secret() != tried.url.expose_secret();
    // Should the one waited for bring nothing, this one reads; nobody waits a third time.
    for _ in 0..2 {
        if let Some(link) = kept_link(ports, id, kind).await?.filter(is_fresh) {
            return Ok(Some(link));
        }
        if let Some(until) = ports.reading.too_soon(id, ports.now()) {
            return Err(Error::RefreshedJustNow { until });
        }
        match ports.reading.enter(id) {
            Entered::First(turn) => {
                let read = read_links(ports, verification).await;
                // Who waits for a verdict reads for himself where nothing was recorded.
                turn.end(read.as_ref().is_ok_and(|read| read.is_recorded));
                return Ok(read?.links.get(kind).cloned().filter(is_fresh));
            }
            // Whoever is gone without a word has not read.
            Entered::Behind(mut other) => drop(other.wait_for(Option::is_some).await),
        }
    }
    Ok(kept_link(ports, id, kind).await?.filter(is_fresh))
}

/// What a read of details brought.
#[derive(Default)]
struct Read {
    links: ImageLinks,
    is_recorded: bool,
}

/// Reads the details and takes from them what is about this verification's own submission: the
/// provider answers the user's current one, which may be another verification's by now.
async fn read_links(ports: &Ports, verification: &Verification) -> Result<Read, Error> {
    let own = verification.submission.as_ref().map(|submission| &submission.id);
    let (Some(own), Some(attempt)) = (own, verification.newest_issued()) else {
        return Ok(Read::default());
    };
    let query =
        SubmissionQuery { user: verification.user.clone(), session: attempt.session.clone() };
    let report = ports.parts.provider.submission(&query).await?;
    let Some(report) = report.filter(|report| report.submission.id == *own) else {
        return Ok(Read::default());
    };
    let links = image_links(report.body.expose());
    // A statement about an expired one may count for another that is open now; its turn will come.
    let is_recorded = verification.status != Status::Expired;
    if is_recorded {
        confirm::settle(ports, verification.id, report).await?;
    }
    Ok(Read { links, is_recorded })
}
