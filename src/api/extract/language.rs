//! The language the user reads, as far as the request says.

use actix_web::{
    HttpRequest,
    http::header::{AcceptLanguage, Header as _, Preference},
};

use crate::domain::Locale;

/// The best-ranked of our languages in `Accept-Language`. `in` is the old code of Indonesian, which Android still sends.
pub(crate) fn language(request: &HttpRequest) -> Option<Locale> {
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
