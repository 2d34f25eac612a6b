//! What is around every page.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType},
};

/// May be kept for a while: another version of the gateway may be running by then.
pub(super) const BRIEFLY: &str = "public, max-age=300";

/// What a page may do: look as it should, and nothing else.
const STILL: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                     form-action 'none'; frame-ancestors 'none'";

/// A page around `content`, which is HTML of our own making.
pub(super) fn page(title: &str, content: &str) -> HttpResponse {
    let title = escaped(title);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · Gerbang</title>\n<link rel=\"icon\" href=\"/docs/assets/icon.svg\">\n\
         <link rel=\"stylesheet\" href=\"/docs/assets/page.css\">\n\
         </head>\n<body>\n<header><a class=\"brand\" href=\"/docs\">Gerbang</a>\
         <nav aria-label=\"Documentation\"><a href=\"/docs\">Guides</a>\
         <a href=\"/docs/reference\">API reference</a>\
         <a href=\"/docs/errors\">Problems</a></nav></header>\n\
         <main>\n{content}</main>\n</body>\n</html>\n"
    );
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CACHE_CONTROL, BRIEFLY))
        .insert_header((CONTENT_SECURITY_POLICY, STILL))
        .body(html)
}

/// Text that stands in HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_stays_text() {
        assert_eq!(escaped("<a href=\"x\">&</a>"), "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;");
    }
}
