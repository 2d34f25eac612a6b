//! Keeps many gateways from doing the same thing at the same moment.

use jiff::SignedDuration;
use uuid::Uuid;

/// A random part of `span`, from nothing to all of it.
pub(super) fn spread(span: SignedDuration) -> SignedDuration {
    let [.., high, low] = Uuid::new_v4().into_bytes();
    let part = i64::from(u16::from_be_bytes([high, low]));
    let millis = i64::try_from(span.as_millis()).unwrap_or_default();
    SignedDuration::from_millis(millis.saturating_mul(part) / i64::from(u16::MAX))
}
