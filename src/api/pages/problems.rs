//! `/problems/{type}`: what a problem's `type` leads to, for people and for programs.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{ACCEPT, CACHE_CONTROL, VARY},
};
use serde::Serialize;

use super::{frame, guides, markdown};
use crate::api::{error::ApiError, extract, problem::ProblemType};

/// A problem in words. They stand in `docs/errors.md`, once.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ProblemPage {
    r#type: String,
    title: &'static str,
    status: u16,
    meaning: String,
    likely_cause: String,
    what_to_do: String,
}

/// `GET /problems/{type}`
pub(in crate::api) async fn problem(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let slug = request.match_info().get("type").unwrap_or_default();
    let kind = ProblemType::ALL.into_iter().find(|kind| kind.slug() == slug);
    let kind = kind.ok_or_else(ApiError::not_found)?;
    let section = section(slug).ok_or_else(ApiError::not_found)?;
    let mut response = if wants_html(&request) {
        frame::page(kind.title(), &page(kind, section))
    } else {
        extract::check_json(&request)?;
        HttpResponse::Ok().insert_header((CACHE_CONTROL, frame::BRIEFLY)).json(words(kind, section))
    };
    let vary = actix_web::http::header::HeaderValue::from_static("Accept");
    response.headers_mut().insert(VARY, vary);
    Ok(response)
}

/// A browser names HTML; everybody else who takes anything gets JSON.
fn wants_html(request: &HttpRequest) -> bool {
    let named = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    named.is_some_and(|named| named.to_ascii_lowercase().contains("text/html"))
}

/// What `docs/errors.md` says of one type, below its heading.
fn section(slug: &str) -> Option<&'static str> {
    let document = guides::source("errors")?;
    let heading = format!("\n## {slug}\n");
    let (_, rest) = document.split_once(heading.as_str())?;
    rest.split("\n## ").next()
}

fn page(kind: ProblemType, section: &str) -> String {
    // Below the line with status and title, which the heading says.
    let (_, words) = section.trim_start().split_once('\n').unwrap_or_default();
    format!(
        "<p class=\"status\">{}</p>\n<h1>{}</h1>\n<p><code>/problems/{}</code></p>\n{}",
        kind.status().as_u16(),
        frame::escaped(kind.title()),
        kind.slug(),
        markdown::to_html(words).replace("href=\"#", "href=\"/problems/")
    )
}

fn words(kind: ProblemType, section: &str) -> ProblemPage {
    let point = |name: &str| {
        let lead = format!("- **{name}:** ");
        let line = section.lines().find_map(|line| line.strip_prefix(lead.as_str()));
        line.unwrap_or_default().to_owned()
    };
    ProblemPage {
        r#type: format!("/problems/{}", kind.slug()),
        title: kind.title(),
        status: kind.status().as_u16(),
        meaning: point("Means"),
        likely_cause: point("Likely cause"),
        what_to_do: point("What to do"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_its_words() {
        for kind in ProblemType::ALL {
            let section = section(kind.slug()).unwrap();
            let words = words(kind, section);

            for text in [&words.meaning, &words.likely_cause, &words.what_to_do] {
                assert!(text.ends_with('.'), "{}: {text}", kind.slug());
            }
        }
    }
}
