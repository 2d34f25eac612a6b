//! Tokens that look like JWTs and are random: nothing can be read from them or made up.
//!
//! A partner token is good until it expires by the sandbox's clock or is revoked.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use uuid::Uuid;

/// A token of the given kind, never given out before.
pub(super) fn random(kind: &str) -> String {
    let id = Uuid::new_v4();
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let payload =
        URL_SAFE_NO_PAD.encode(format!(r#"{{"iss":"sandbox","kind":"{kind}","jti":"{id}"}}"#));
    let mut signature = URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes());
    signature.push_str(&URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes()));
    format!("{header}.{payload}.{signature}")
}

/// `moment` plus `life`, or the end of time when that is later.
pub(super) fn after(moment: Timestamp, life: Duration) -> Timestamp {
    moment.saturating_add(life).unwrap_or(Timestamp::MAX)
}

/// The partner tokens that are out.
#[derive(Default)]
pub(super) struct PartnerTokens {
    live: HashMap<String, Live>,
    minted: u64,
}

struct Live {
    expires_at: Timestamp,
    /// Counts mints from 1, so that a test can tell which token a call used.
    generation: u64,
}

impl PartnerTokens {
    /// A new token and when it expires.
    pub(super) fn mint(&mut self, now: Timestamp, life: Duration) -> (String, Timestamp) {
        self.live.retain(|_, live| live.expires_at > now);
        self.minted += 1;
        let token = random("partner");
        let expires_at = after(now, life);
        self.live.insert(token.clone(), Live { expires_at, generation: self.minted });
        (token, expires_at)
    }

    /// Which mint made this token; `None` when it is unknown, expired or revoked.
    pub(super) fn generation(&self, token: &str, now: Timestamp) -> Option<u64> {
        self.live.get(token).filter(|live| live.expires_at > now).map(|live| live.generation)
    }

    pub(super) fn revoke_all(&mut self) {
        self.live.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};

    use super::PartnerTokens;

    #[test]
    fn a_token_is_good_until_it_expires_or_is_revoked() {
        let now = Timestamp::UNIX_EPOCH;
        let mut tokens = PartnerTokens::default();
        let (first, expires_at) = tokens.mint(now, Duration::from_secs(10));
        let (second, _) = tokens.mint(now, Duration::from_secs(10));

        assert_eq!(tokens.generation(&first, now), Some(1));
        assert_eq!(tokens.generation(&second, now), Some(2));
        assert_eq!(tokens.generation(&first, expires_at), None);
        assert_eq!(tokens.generation(&first, expires_at - SignedDuration::from_nanos(1)), Some(1));
        tokens.revoke_all();
        assert_eq!(tokens.generation(&first, now), None);
        assert_eq!(first.split('.').count(), 3);
    }
}
