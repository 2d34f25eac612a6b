//! `[[apps]]`: what is known of single apps beside their tokens.
//!
//! Invariant: an origin is written exactly as a browser sends it, so that comparing bytes is enough
//! and no pattern can be too wide.

use url::Url;

use super::mistake::Flaw;
use super::parse;
use super::reader::{Read, Section};
use crate::domain::AppId;

/// One of the partner's apps.
#[derive(Debug, Clone)]
pub struct App {
    /// The name that its tokens carry.
    pub id: AppId,
    /// Where its pages come from; pages from elsewhere are refused. A foreign one in here could use
    /// the tokens it gets hold of; one missing leaves the frontend without answers.
    pub origins: Vec<String>,
}

pub(super) fn read(root: &Section<'_>) -> Read<Vec<App>> {
    let entries = root.entries("apps");
    let read: Vec<Read<App>> = entries.iter().map(app).collect();
    let mut apart = Ok(());
    for (at, (entry, one)) in entries.iter().zip(&read).enumerate() {
        let Ok(one) = one else { continue };
        if read.iter().take(at).flatten().any(|other| other.id == one.id) {
            apart = Err(entry.fault(
                "id",
                Flaw::new("repeats that of an earlier entry", "put all origins into one entry"),
            ));
        }
    }
    apart.and(read.into_iter().collect())
}

fn app(entry: &Section<'_>) -> Read<App> {
    entry.refuse_gap()?;
    let id = entry.required("id", parse::app_id);
    let origins = entry.list("origins", origin);
    Ok(App { id: id?, origins: origins? })
}

/// What web views of the two common frameworks send; they are no web addresses.
const WEB_VIEWS: [&str; 2] = ["capacitor://localhost", "ionic://localhost"];

/// The origin of a page, in the one spelling that browsers use (RFC 6454, section 6.2).
fn origin(text: &str) -> Result<String, Flaw> {
    if WEB_VIEWS.contains(&text) {
        return Ok(text.to_owned());
    }
    let form = || {
        Flaw::new(
            "is no origin as browsers send it",
            "write scheme and lower-case host, with the port only if it is an unusual one, and \
             nothing after it: \"https://app.partner.example\"",
        )
    };
    let url = Url::parse(text).map_err(|_| form())?;
    if text.contains('*')
        || !matches!(url.scheme(), "http" | "https")
        || url.origin().ascii_serialization() != text
    {
        return Err(form());
    }
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() == "http" && !is_here {
        return Err(Flaw::new(
            "is not https, so anybody on the way could be that page",
            "use https; plain http is accepted for localhost",
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn origins_are_taken_as_browsers_send_them() {
        for text in [
            "https://app.partner.example",
            "https://app.partner.example:8443",
            "http://localhost:3000",
            "http://127.0.0.1:3000",
            "capacitor://localhost",
        ] {
            assert_eq!(origin(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn everything_else_is_a_mistake() {
        for text in [
            "",
            "*",
            "null",
            "https://*.partner.example",
            "https://app.partner.example/",
            "https://app.partner.example:443",
            "https://App.partner.example",
            "https://u@app.partner.example",
            "app.partner.example",
            "http://app.partner.example",
            "http://localhost.partner.example",
            "partnerapp://kyc",
            "file://",
        ] {
            assert!(origin(text).is_err(), "{text}");
        }
    }
}
