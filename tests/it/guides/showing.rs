//! What the guides for apps say like the pages they point to.

use gerbang::api::ProblemType;

const STATUSES: &str = include_str!("../../../docs/statuses.md");
const GUIDES: [(&str, &str); 4] = [
    ("android", include_str!("../../../docs/android.md")),
    ("ios", include_str!("../../../docs/ios.md")),
    ("flutter", include_str!("../../../docs/flutter.md")),
    ("web", include_str!("../../../docs/web.md")),
];

/// The rows below a heading, as cells.
fn rows<'a>(page: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let section = page.split(heading).nth(1).unwrap().split("\n## ").next().unwrap();
    let lines = section.lines().filter(|line| line.starts_with('|'));
    lines.skip(2).map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn guides_show_every_status_in_the_words_of_its_page() {
    let statuses: Vec<_> = rows(STATUSES, "\n## Statuses\n")
        .into_iter()
        .map(|row| vec![row[0], row[3], row[4]])
        .collect();

    assert_eq!(statuses.len(), 7);
    for (name, page) in GUIDES {
        assert_eq!(rows(page, "\n## What to show\n"), statuses, "{name}");
    }
}

#[test]
fn guides_name_problems_that_exist_under_their_status() {
    for (name, page) in GUIDES {
        let mut named = 0;
        for row in rows(page, "\n## When something goes wrong\n") {
            let status = row[0].split(['(', ')']).nth(1);
            for slug in row[0].split('`').skip(1).step_by(2).filter(|it| *it != "Retry-After") {
                let kind = ProblemType::ALL.iter().find(|kind| kind.slug() == slug);
                let kind = kind.unwrap_or_else(|| panic!("{name}: there is no problem {slug}"));
                assert_eq!(Some(kind.status().as_str()), status, "{name}: {slug}");
                named += 1;
            }
        }
        assert!(named > 4, "{name}");
    }
}
