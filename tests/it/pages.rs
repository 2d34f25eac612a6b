//! The pages for people: problems, guides, and the contract to browse.

use std::collections::BTreeSet;

use gerbang::api::ProblemType;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING};

use crate::support::{Answer, TestApp};

async fn get(app: &TestApp, path: &str, accept: &str) -> Answer {
    app.send(app.http.get(format!("{}{path}", app.base_url)).header(ACCEPT, accept)).await
}

/// What a page refers to on the gateway itself.
fn links(html: &str) -> BTreeSet<String> {
    let targets = ["href=\"", "src=\""].into_iter().flat_map(|mark| html.split(mark).skip(1));
    let targets = targets.filter_map(|rest| rest.split('"').next());
    targets.filter(|it| it.starts_with('/')).map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn every_problem_has_a_page_for_people_and_for_programs() {
    let app = TestApp::start().await;

    for kind in ProblemType::ALL {
        let path = format!("/problems/{}", kind.slug());
        let html = get(&app, &path, "text/html,application/xhtml+xml,*/*;q=0.8").await;
        let json = get(&app, &path, "*/*").await;

        assert!(html.header("content-type").starts_with("text/html"), "{path}");
        let page = String::from_utf8(html.body).unwrap();
        assert!(page.contains(kind.title()) && page.contains("What to do"), "{path}: {page}");
        assert_eq!(json.text("/type"), path);
        assert_eq!(json.json()["status"], kind.status().as_u16());
        assert_eq!(json.header("vary"), "Accept");
    }
    assert_eq!(get(&app, "/problems/of-no-kind", "text/html").await.status, 404);
    assert_eq!(get(&app, "/problems/not-found", "image/png").await.status, 406);
    app.stop().await;
}

#[tokio::test]
async fn whatever_the_pages_lead_to_is_there() {
    let app = TestApp::start().await;
    let mut seen = BTreeSet::new();
    let mut left: BTreeSet<_> =
        ["/docs", "/docs/reference", "/problems/not-found"].map(ToOwned::to_owned).into();

    while let Some(path) = left.pop_first() {
        let (page, mark) = path.split_once('#').unwrap_or((&path, ""));
        let request =
            app.http.get(format!("{}{page}", app.base_url)).header(ACCEPT, "text/html, */*");
        let answer = app.send(request.header(ACCEPT_ENCODING, "gzip")).await;
        assert_eq!(answer.status, 200, "{path}");
        if answer.header("content-type").starts_with("text/html") {
            let html = String::from_utf8(answer.body).unwrap();
            let named = mark.is_empty() || html.contains(&format!("id=\"{mark}\""));
            assert!(named, "{path}: no such heading");
            assert!(!html.contains("src=\"http"), "{path} fetches from elsewhere");
            left.extend(links(&html).into_iter().filter(|link| !seen.contains(link)));
        }
        seen.insert(path);
    }

    assert!(seen.len() > 20, "{seen:?}");
    assert!(seen.iter().any(|path| path == "/docs/assets/redoc.js"), "{seen:?}");
    app.stop().await;
}

#[tokio::test]
async fn every_document_is_among_the_guides() {
    /// For those who change the program, not for those who use it.
    const INSIDE: &str = "third-party.md";
    let app = TestApp::start().await;
    let index = String::from_utf8(get(&app, "/docs", "text/html").await.body).unwrap();

    let mut found = 0;
    for entry in std::fs::read_dir("docs").unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(guide) = name.strip_suffix(".md").filter(|_| name != INSIDE) else { continue };
        assert!(index.contains(&format!("href=\"/docs/{guide}\"")), "{guide}");
        assert_eq!(get(&app, &format!("/docs/{guide}"), "text/html").await.status, 200, "{guide}");
        found += 1;
    }

    assert!(found > 20, "{found}");
    app.stop().await;
}

#[tokio::test]
async fn pages_may_do_nothing_but_be_looked_at() {
    let app = TestApp::start().await;

    let guide = get(&app, "/docs/statuses", "text/html").await;
    let plain = get(&app, "/docs/assets/redoc.js", "*/*").await;
    let unknown = get(&app, "/docs/nothing", "text/html").await;

    let policy = guide.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("script-src"), "{policy}");
    assert_eq!((plain.status, unknown.status), (406, 404));
    app.stop().await;
}
