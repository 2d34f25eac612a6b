//! Where the pictures of a submission are, out of the provider's statement about it.
//!
//! Invariant: whatever is missing or of a wrong form is no link; it is never a guess at one.

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::wire::object;
use crate::domain::{ImageKind, ImageLink, ImageLinks};

/// What of a statement names pictures. The rest was read when it came.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    #[serde(default, alias = "submission_details")]
    submission_details: Option<Details>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    #[serde(default, alias = "image_urls")]
    image_urls: Option<Value>,
}

/// The links in a statement as it was kept.
pub fn image_links(statement: &[u8]) -> ImageLinks {
    let text = std::str::from_utf8(statement).ok();
    let statement = text.and_then(object::<Statement>);
    let urls = statement.and_then(|it| it.submission_details).and_then(|it| it.image_urls);
    let Some(Value::Object(urls)) = urls else { return ImageLinks::default() };
    let link = |(name, url): (&String, &Value)| {
        let kind = ImageKind::ALL.into_iter().find(|it| name.eq_ignore_ascii_case(it.as_str()))?;
        let url = url.as_str().filter(|url| !url.is_empty())?;
        Some((kind, ImageLink { expires_at: end(url), url: SecretString::from(url) }))
    };
    ImageLinks(urls.iter().filter_map(link).collect())
}

/// The end that a pre-signed link names: `X-Amz-Date` and `X-Amz-Expires` seconds. A link without
/// them is tried for as long as it is there.
fn end(url: &str) -> Option<Timestamp> {
    let url = Url::parse(url).ok()?;
    let member = |wanted: &str| {
        let mut members = url.query_pairs();
        members.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    };
    let date = DateTime::strptime("%Y%m%dT%H%M%SZ", &*member("X-Amz-Date")?).ok()?;
    let date = date.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let life: u32 = member("X-Amz-Expires")?.parse().ok()?;
    date.checked_add(SignedDuration::from_secs(i64::from(life))).ok()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn links_are_read_with_their_end() {
        let statement = br#"{"submissionId":"a","submissionDetails":{"imageUrls":{
            "KTP":"https://a.example/k?X-Amz-Date=20260601T030000Z&X-Amz-Expires=60&s=1",
            "SELFIE":"https://a.example/s","ADDITIONAL_SELFIE":"","HAND":"https://a.example/h"}}}"#;

        let links = image_links(statement);

        let ktp = links.get(ImageKind::Ktp).unwrap();
        let end: Timestamp = "2026-06-01T03:01:00Z".parse().unwrap();
        assert!(ktp.url.expose_secret().starts_with("https://a.example/k?"));
        assert_eq!(ktp.expires_at, Some(end));
        assert!(ktp.is_over(end) && !ktp.is_over(end - SignedDuration::from_secs(1)));
        assert_eq!(links.get(ImageKind::Selfie).unwrap().expires_at, None);
        assert!(links.get(ImageKind::AdditionalSelfie).is_none());
        assert_eq!((links.0.len(), links.expire_at()), (2, Some(end)));
    }

    #[test]
    fn what_is_no_link_is_none() {
        for statement in [
            "",
            "[]",
            r#"{"submissionDetails":null}"#,
            r#"{"submissionDetails":{"imageUrls":[]}}"#,
            r#"{"submissionDetails":{"imageUrls":{"KTP":7}}}"#,
        ] {
            assert!(image_links(statement.as_bytes()).0.is_empty(), "{statement}");
        }
    }

    #[test]
    fn an_end_that_cannot_be_read_is_none() {
        for query in [
            "X-Amz-Date=20260601T030000Z",
            "X-Amz-Expires=60",
            "X-Amz-Date=yesterday&X-Amz-Expires=60",
            "X-Amz-Date=20260601T030000Z&X-Amz-Expires=-60",
        ] {
            assert_eq!(end(&format!("https://a.example/k?{query}")), None, "{query}");
        }
    }
}
