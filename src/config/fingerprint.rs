//! What tells one configuration from another, without a secret.

use aws_lc_rs::digest::{SHA256, digest};

use super::settings::Settings;

impl Settings {
    /// The version and a short hash of the settings as they print, in which a secret is none. Equal
    /// fingerprints: nothing but secrets differs.
    pub fn fingerprint(&self) -> String {
        let hash = digest(&SHA256, format!("{self:?}").as_bytes());
        let short = u64::from_be_bytes(hash.as_ref().first_chunk().copied().unwrap_or_default());
        format!("{} {short:016x}", env!("CARGO_PKG_VERSION"))
    }
}
