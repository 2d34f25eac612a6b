//! The page's files, inside the binary: the demo works from any folder and without any network.
//!
//! The scripts are built from `clients/demo`, with the client generated from openapi.yaml. What is
//! built is kept, so that neither Node.js nor a network is needed here; `.ci/run` compares.

/// A file of the page.
pub(super) struct Asset {
    pub(super) name: &'static str,
    pub(super) mime: &'static str,
    pub(super) body: &'static str,
}

/// The page.
pub(super) const INDEX: &str = include_str!("page/index.html");
/// Where the provider sends the browser.
pub(super) const RETURN: &str = include_str!("page/return.html");

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// What the page asks for under `/assets/`.
pub(super) const ASSETS: [Asset; 6] = [
    Asset { name: "app.js", mime: SCRIPT, body: include_str!("page/app.js") },
    Asset { name: "return.js", mime: SCRIPT, body: include_str!("page/return.js") },
    Asset { name: "base.css", mime: STYLE, body: include_str!("page/base.css") },
    Asset { name: "phone.css", mime: STYLE, body: include_str!("page/phone.css") },
    Asset { name: "inspector.css", mime: STYLE, body: include_str!("page/inspector.css") },
    Asset { name: "icon.svg", mime: "image/svg+xml", body: include_str!("page/icon.svg") },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{ASSETS, INDEX, RETURN};

    /// The files named after `marker` in `text`, up to the closing quote.
    fn named<'a>(text: &'a str, marker: &str) -> Vec<&'a str> {
        text.split(marker).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    #[test]
    fn everything_the_page_asks_for_is_there_and_nothing_else() {
        let known: HashSet<_> = ASSETS.iter().map(|asset| asset.name).collect();

        let asked: HashSet<_> =
            [INDEX, RETURN].into_iter().flat_map(|page| named(page, "\"/assets/")).collect();

        assert_eq!(asked, known);
        assert!(ASSETS.iter().all(|asset| !asset.body.contains("\nimport ")));
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        for text in ASSETS.iter().map(|asset| asset.body).chain([INDEX, RETURN]) {
            let outside: Vec<_> = text
                .split("http")
                .skip(1)
                .filter(|rest| rest.starts_with("://") || rest.starts_with("s://"))
                .filter(|rest| !rest.starts_with("://www.w3.org/2000/svg"))
                // A prefix cut off for display.
                .filter(|rest| !rest.starts_with("://\""))
                .collect();
            assert!(outside.is_empty(), "{outside:?}");
        }
    }
}
