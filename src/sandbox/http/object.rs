//! The pictures behind image links, as object storage serves them.
//!
//! A link proves itself by its signature; whoever holds it sees the picture until it expires.

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;

use super::misbehave::perform;
use crate::sandbox::answer::Answer;
use crate::sandbox::control::Control;
use crate::sandbox::journal::Operation;
use crate::sandbox::link::LinkRefusal;
use crate::sandbox::picture;
use crate::sandbox::world::{World, lock};

/// `GET /objects/STANDALONE_IDENTITY_VERIFICATION/{submission}_{kind}`
pub(super) async fn picture(
    control: web::Data<Control>,
    request: HttpRequest,
    name: web::Path<String>,
) -> HttpResponse {
    let world = &control.world;
    perform(world, Operation::Image, &request, &[], async {
        open(world, &name, request.query_string())
    })
    .await
}

fn open(world: &World, name: &str, query: &str) -> Answer {
    match world.links.check(name, query, world.now()) {
        Err(LinkRefusal::Expired) => Answer::xml(403, "AccessDenied", "Request has expired."),
        Err(LinkRefusal::Altered) => {
            Answer::xml(403, "SignatureDoesNotMatch", "The signature does not fit the request.")
        }
        Ok(()) => {
            let (submission, kind) = name.split_once('_').unwrap_or((name, ""));
            if lock(&world.book).submission(submission).is_none() {
                return Answer::xml(404, "NoSuchKey", "There is no such object.");
            }
            let label = if kind == "KTP" { "KTP" } else { "SELFIE" };
            let body = Bytes::from(picture::png(label));
            Answer { status: 200, content_type: "image/png", body }
        }
    }
}
