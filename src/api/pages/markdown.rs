//! The documents as HTML: `CommonMark` with tables and lists to tick off, links bent to where the pages are.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::guides;

/// `markdown` as HTML. The documents are our own; HTML in them is shown as text all the same.
#[expect(clippy::wildcard_enum_match_arm, reason = "of the many events a few are of interest")]
pub(super) fn to_html(markdown: &str) -> String {
    let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS);
    let mut events: Vec<Event<'_>> = Vec::new();
    // Links to what is not served, whose text is kept.
    let mut unlinked = 0_usize;
    for event in parser {
        match event {
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => match bent(&dest_url) {
                Some(dest_url) => {
                    events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
                }
                None => unlinked = unlinked.saturating_add(1),
            },
            Event::End(TagEnd::Link) if unlinked > 0 => unlinked = unlinked.saturating_sub(1),
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            other => events.push(other),
        }
    }
    name_headings(&mut events);
    let mut html = String::with_capacity(markdown.len().saturating_mul(2));
    html::push_html(&mut html, events.into_iter());
    // A table wider than the page is scrolled by itself.
    html.replace("<table>", "<div class=\"table\" tabindex=\"0\"><table>")
        .replace("</table>", "</table></div>")
}

/// Where a link of a document leads on the pages; `None`: nowhere, it is part of the source tree.
fn bent(link: &str) -> Option<CowStr<'static>> {
    if link.starts_with('#') || link.starts_with("https://") || link.starts_with('/') {
        return Some(link.to_owned().into());
    }
    let (file, mark) = link.split_once('#').map_or((link, None), |(file, mark)| (file, Some(mark)));
    if file == "../openapi.yaml" {
        return Some("/docs/reference".into());
    }
    let name = file.strip_suffix(".md")?;
    guides::source(name)?;
    let mark = mark.map(|mark| format!("#{mark}")).unwrap_or_default();
    Some(format!("/docs/{name}{mark}").into())
}

/// Gives each heading the name by which the documents link to it, as forges do.
#[expect(clippy::wildcard_enum_match_arm, reason = "of the many events a few are of interest")]
fn name_headings(events: &mut [Event<'_>]) {
    let mut names = Vec::new();
    let mut text: Option<String> = None;
    for event in &*events {
        match event {
            Event::Start(Tag::Heading { .. }) => text = Some(String::new()),
            Event::Text(piece) | Event::Code(piece) => {
                if let Some(text) = &mut text {
                    text.push_str(piece);
                }
            }
            Event::End(TagEnd::Heading(_)) => names.extend(text.take().map(|text| slug(&text))),
            _ => {}
        }
    }
    let mut names = names.into_iter();
    for event in events {
        if let Event::Start(Tag::Heading { id, .. }) = event {
            *id = names.next().map(Into::into);
        }
    }
}

fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
}

/// The first heading's text.
#[expect(clippy::wildcard_enum_match_arm, reason = "of the many events a few are of interest")]
pub(super) fn title(markdown: &str) -> String {
    let mut inside = false;
    let mut title = String::new();
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => inside = true,
            Event::Text(text) | Event::Code(text) if inside => title.push_str(&text),
            Event::End(TagEnd::Heading(_)) if inside => break,
            _ => {}
        }
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_pages_and_those_into_the_sources_are_text() {
        let html =
            to_html("[a](errors.md#not-found) [b](../openapi.yaml) [c](adr/0001-x.md) [d](#e)");

        for part in [
            "<a href=\"/docs/errors#not-found\">a</a>",
            "<a href=\"/docs/reference\">b</a>",
            " c ",
            "<a href=\"#e\">d</a>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }

    #[test]
    fn headings_have_the_names_that_links_use_and_html_stays_text() {
        let html = to_html("## What a `receiver` does, twice\n\n<script>x</script>\n");

        assert!(html.contains("<h2 id=\"what-a-receiver-does-twice\">"), "{html}");
        assert!(!html.contains("<script>"), "{html}");
    }
}
