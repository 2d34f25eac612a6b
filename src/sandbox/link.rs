//! Links to the pictures of a submission, good for five days and for nobody's other picture.
//!
//! They look like object storage's pre-signed links, with the same three query members. A link is
//! checked by its signature alone, so an expired or altered one never opens a picture.

use aws_lc_rs::hmac;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Seconds a link may be used.
pub(super) const LIFE_SECONDS: u32 = 432_000;
const TIME_FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// The signing key of one sandbox; made at the start and never shown.
pub(super) struct LinkKey(hmac::Key);

/// Why a link opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkRefusal {
    Expired,
    Altered,
}

impl LinkKey {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The path and query of a link to the object `name`.
    pub(super) fn sign(&self, name: &str, now: Timestamp) -> String {
        let date = now.strftime(TIME_FORMAT).to_string();
        let signature = hex(hmac::sign(&self.0, signed_text(name, &date).as_bytes()).as_ref());
        format!(
            "/objects/STANDALONE_IDENTITY_VERIFICATION/{name}?X-Amz-Algorithm=AWS4-HMAC-SHA256&\
             X-Amz-Date={date}&X-Amz-Expires={LIFE_SECONDS}&X-Amz-Signature={signature}"
        )
    }

    /// Whether the link with this `query` opens the object `name` now.
    pub(super) fn check(&self, name: &str, query: &str, now: Timestamp) -> Result<(), LinkRefusal> {
        let date = member(query, "X-Amz-Date");
        let expected = hex(hmac::sign(&self.0, signed_text(name, date).as_bytes()).as_ref());
        let life = LIFE_SECONDS.to_string();
        let given = member(query, "X-Amz-Signature");
        if !bool::from(subtle::ConstantTimeEq::ct_eq(expected.as_bytes(), given.as_bytes()))
            || member(query, "X-Amz-Expires") != life
        {
            return Err(LinkRefusal::Altered);
        }
        let issued = DateTime::strptime(TIME_FORMAT, date)
            .and_then(|date| date.to_zoned(TimeZone::UTC))
            .map_err(|_| LinkRefusal::Altered)?
            .timestamp();
        let age = now.duration_since(issued);
        if age >= SignedDuration::from_secs(i64::from(LIFE_SECONDS)) {
            return Err(LinkRefusal::Expired);
        }
        Ok(())
    }
}

fn signed_text(name: &str, date: &str) -> String {
    format!("{name}\n{date}\n{LIFE_SECONDS}")
}

/// The value of one query member; empty when it is not there.
fn member<'a>(query: &'a str, name: &str) -> &'a str {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
        .unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).flatten().collect()
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{LinkKey, LinkRefusal};

    fn split(link: &str) -> (String, String) {
        let (path, query) = link.split_once('?').unwrap_or_default();
        (path.rsplit('/').next().unwrap_or_default().to_owned(), query.to_owned())
    }

    #[test]
    fn a_link_opens_its_own_object_for_five_days() {
        let key = LinkKey::new(b"key");
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24);
        let (name, query) = split(&key.sign("one_KTP", now));
        let last = now + SignedDuration::from_secs(431_999);

        assert_eq!(key.check(&name, &query, now), Ok(()));
        assert_eq!(key.check(&name, &query, last), Ok(()));
        assert_eq!(
            key.check(&name, &query, last + SignedDuration::from_secs(1)),
            Err(LinkRefusal::Expired)
        );
    }

    #[test]
    fn a_link_opens_no_other_object_and_no_later_date() {
        let key = LinkKey::new(b"key");
        let now = Timestamp::UNIX_EPOCH;
        let (name, query) = split(&key.sign("one_KTP", now));

        assert_eq!(key.check("two_KTP", &query, now), Err(LinkRefusal::Altered));
        assert_eq!(
            key.check(&name, &query.replace("19700101", "19800101"), now),
            Err(LinkRefusal::Altered)
        );
        assert_eq!(key.check(&name, "", now), Err(LinkRefusal::Altered));
    }
}
