//! What the documents promise: their links lead somewhere, their routes exist.

use std::collections::BTreeSet;

use super::source::{self, Source};

/// Relative links of one page that lead nowhere.
fn dead_links(page: &Source, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    links(&page.text)
        .into_iter()
        .filter(|link| !link.contains("://") && !link.starts_with('#'))
        .map(|link| link.split('#').next().unwrap_or(link))
        .filter(|link| !exists(&joined(folder, link)))
        .map(|link| format!("{}: the link to `{link}` leads nowhere", page.path))
        .collect()
}

/// The targets of `[text](target)`.
fn links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

/// `link` as seen from `folder`, with `..` resolved.
fn joined(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Routes below `/v1` that a page names and `openapi.yaml` does not.
fn unknown_routes(page: &Source, known: &[String]) -> Vec<String> {
    let mut findings = Vec::new();
    for (number, line) in page.text.lines().enumerate() {
        for route in routes(line) {
            if !known.iter().any(|template| fits(template, &route)) {
                findings.push(format!("{}:{}: no operation at `{route}`", page.path, number + 1));
            }
        }
    }
    findings
}

/// Where the provider's own paths begin in the same way.
const THEIRS: &str = "/v1/esign/";

/// What looks like a route of ours: `/v1/` and the segments that follow.
fn routes(line: &str) -> Vec<String> {
    let starts = line.match_indices("/v1/").map(|(at, _)| at);
    // Ours begin there; the provider's other paths have something before it.
    let ours = starts.filter(|at| {
        let before = line[..*at].chars().next_back();
        before.is_none_or(|c| !c.is_alphabetic() && c != '-') && !line[*at..].starts_with(THEIRS)
    });
    ours.map(|at| {
        let end = |c: char| !c.is_alphanumeric() && !"/_-{}$…<>".contains(c);
        let route = line[at..].split(end).next().unwrap_or_default();
        route.trim_end_matches('/').to_owned()
    })
    .collect()
}

/// Whether a route as written fits a path of the document; `…` and `$ID` stand for anything.
fn fits(template: &str, route: &str) -> bool {
    let (template, route): (Vec<&str>, Vec<&str>) =
        (template.split('/').collect(), route.split('/').collect());
    template.len() == route.len()
        && template
            .iter()
            .zip(&route)
            .all(|(known, named)| known.starts_with('{') || known == named)
}

/// The paths of `openapi.yaml`: its keys at the second level of `paths`.
fn known_routes(document: &str) -> Vec<String> {
    document
        .lines()
        .skip_while(|line| *line != "paths:")
        .skip(1)
        .take_while(|line| line.is_empty() || line.starts_with([' ', '#']))
        .filter_map(|line| line.strip_prefix("  /")?.strip_suffix(':'))
        .map(|path| format!("/{path}"))
        .collect()
}

/// The names of metrics in a text, wherever they stand between quotes or backticks.
fn metrics(text: &str) -> BTreeSet<&str> {
    text.split(['"', '`'])
        .filter(|word| word.starts_with("gerbang_") || word.starts_with("http_server_"))
        .filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_metrics_are_those_there_are() {
        let code: String = source::rust()
            .iter()
            .filter(|file| file.path.starts_with("src/"))
            .map(|file| file.text.as_str())
            .collect();
        let page = source::one("docs/logging.md").text;

        assert_eq!(metrics(&page), metrics(&code));
    }

    #[test]
    fn links_lead_somewhere() {
        let findings: Vec<String> =
            source::documents().iter().flat_map(|page| dead_links(page, source::exists)).collect();

        source::assert_none(&findings);
    }

    #[test]
    fn a_dead_link_is_noticed() {
        let page = Source::invented("docs/a.md", "[x](../LICENSE), [y](b.md#c), [z](https://e.x)");

        let findings = dead_links(&page, |path| path == "LICENSE");

        assert_eq!(findings, ["docs/a.md: the link to `b.md` leads nowhere"]);
    }

    #[test]
    fn routes_in_documents_are_operations() {
        let known = known_routes(&source::one("openapi.yaml").text);
        let findings: Vec<String> = source::documents()
            .iter()
            .filter(|page| page.path != "CHANGELOG.md")
            .flat_map(|page| unknown_routes(page, &known))
            .collect();

        assert!(known.len() > 5, "openapi.yaml was not understood: {known:?}");
        source::assert_none(&findings);
    }

    #[test]
    fn an_unknown_route_is_noticed() {
        let document = "info:\n  /no:\npaths:\n  /v1/a:\n    get:\n  /v1/a/{id}:\n    get:\nx: y\n";
        let known = known_routes(document);
        let page = Source::invented(
            "docs/a.md",
            "`GET /v1/a/$ID?wait=5`, `/v1/a`.\n/v1/a/{id}, `/esign-partner/v1/x`, /v1/esign/x\n/v1/b/x and\n",
        );

        let findings = unknown_routes(&page, &known);

        assert_eq!(known, ["/v1/a", "/v1/a/{id}"]);
        assert_eq!(findings, ["docs/a.md:3: no operation at `/v1/b/x`"]);
    }
}
