//! The language the user reads, as far as the request says.

use std::convert::Infallible;

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{AcceptLanguage, Header as _, Preference},
};
use futures_util::future::{Ready, ready};

use crate::domain::Locale;

/// `Accept-Language`, if it names one of ours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Language(pub(crate) Option<Locale>);

impl FromRequest for Language {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(preferred(request))))
    }
}

/// The best-ranked of our languages. `in` is the old code of Indonesian, which Android still sends.
fn preferred(request: &HttpRequest) -> Option<Locale> {
    let accepted = AcceptLanguage::parse(request).ok()?;
    accepted.ranked().into_iter().find_map(|preference| match preference {
        Preference::Any => None,
        Preference::Specific(tag) => match tag.primary_language() {
            "id" | "in" => Some(Locale::Indonesian),
            "en" => Some(Locale::English),
            _ => None,
        },
    })
}
