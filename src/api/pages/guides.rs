//! `/docs`: the guides, from the Markdown that also lies beside the code.

use actix_web::{HttpRequest, HttpResponse};

use super::{frame, markdown};
use crate::api::error::ApiError;

macro_rules! guides {
    ($($name:literal: $about:literal,)*) => {
        [$(Guide {
            name: $name,
            about: $about,
            text: include_str!(concat!("../../../docs/", $name, ".md")),
        },)*]
    };
}

/// One document.
struct Guide {
    name: &'static str,
    about: &'static str,
    text: &'static str,
}

/// For developers of apps and back ends.
const FOR_DEVELOPERS: [Guide; 17] = guides![
    "quick-start": "From nothing to a verdict in ten minutes, with curl.",
    "android": "A verification in a Kotlin app.",
    "ios": "A verification in a Swift app.",
    "flutter": "A verification in a Dart app.",
    "web": "A verification in a web page: the launch URL, frames and cameras, the way back.",
    "demo": "One verification from start to verdict on your own machine.",
    "statuses": "What the states and reasons mean, and what an app should show.",
    "events": "Being told of changes: server-sent events and long polls.",
    "errors": "Every problem, its likely cause, and what to do.",
    "idempotency": "Requests that can be sent again, and how.",
    "contacts": "Who proves that a phone number or email address was verified.",
    "redirects": "The way back from the provider's page to your app.",
    "tokens": "What is checked of an access token, and how to make some for development.",
    "webhooks": "How your back ends are told, and how they check who told them.",
    "backend": "What your back ends may read: verdicts, document data, searches, and who read what.",
    "images": "Pictures of the capture: how to show them and keep none.",
    "sandbox": "A provider on your own machine, with every outcome on demand.",
];

/// For those who run the gateway.
const FOR_OPERATORS: [Guide; 7] = guides![
    "going-live": "What has to be true before real users come: a checklist.",
    "configuration": "Every setting.",
    "logging": "Log lines, metrics, and what to alert on.",
    "operations": "What to do about results that do not arrive, and other work by hand.",
    "performance": "How fast it is, beside what, and how to measure it yourself.",
    "privacy": "What is held of people, why, for how long, and what proves it.",
    "security": "What could go wrong on purpose, and what stands in the way.",
];

/// The Markdown of a guide.
pub(super) fn source(name: &str) -> Option<&'static str> {
    FOR_DEVELOPERS.iter().chain(&FOR_OPERATORS).find(|guide| guide.name == name).map(|it| it.text)
}

/// `GET /docs`
pub(in crate::api) async fn index() -> HttpResponse {
    let mut content =
        "<h1>Gerbang</h1>\n<p class=\"lead\">Identity verification for your apps: start \
                       one, hand the user over to capture, be told the verdict.</p>\n\
                       <p><a class=\"button\" href=\"/docs/reference\">API reference</a> \
                       <a class=\"button quiet\" href=\"/openapi.yaml\">openapi.yaml</a></p>\n"
            .to_owned();
    for (title, guides) in [
        ("For developers of apps and back ends", &FOR_DEVELOPERS[..]),
        ("For those who run it", &FOR_OPERATORS[..]),
    ] {
        content.push_str("<h2>");
        content.push_str(title);
        content.push_str("</h2>\n<ul class=\"guides\">\n");
        for Guide { name, about, text } in guides {
            let title = frame::escaped(&markdown::title(text));
            let entry = format!(
                "<li><a href=\"/docs/{name}\">{title}</a><span>{}</span></li>\n",
                frame::escaped(about)
            );
            content.push_str(&entry);
        }
        content.push_str("</ul>\n");
    }
    frame::page("Documentation", &content)
}

/// `GET /docs/{guide}`
pub(in crate::api) async fn guide(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let name = request.match_info().get("guide").unwrap_or_default();
    let text = source(name).ok_or_else(ApiError::not_found)?;
    Ok(frame::page(&markdown::title(text), &markdown::to_html(text)))
}
