//! A request that is to take effect once, however often it is sent.
//!
//! The names made here hold user ids and whatever a caller chose as its key, so none of them prints.

use std::fmt;

use uuid::Uuid;

use super::{
    caller::{AppCaller, AppId, BackendCaller},
    pii::Pii,
    user::UserId,
};

/// A text that is no key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not 1 to 255 visible ASCII characters")]
pub struct InvalidIdempotencyKey;

/// What a caller calls one request of its own: the same for each time it is sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IdempotencyKey(Pii<String>);

impl IdempotencyKey {
    /// Takes 1 to 255 visible ASCII characters.
    pub fn parse(text: &str) -> Result<Self, InvalidIdempotencyKey> {
        let fits =
            (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(Pii::new(text.to_owned()))).ok_or(InvalidIdempotencyKey)
    }
}

/// Whose keys they are: two callers may choose the same key without meeting.
#[derive(Clone, Debug)]
pub enum KeyOwner {
    /// A user through one of the partner's apps.
    App(UserId, AppId),
    /// One of the partner's own servers.
    Backend(AppId),
}

impl From<&AppCaller> for KeyOwner {
    fn from(caller: &AppCaller) -> Self {
        Self::App(caller.user.clone(), caller.app.clone())
    }
}

impl From<&BackendCaller> for KeyOwner {
    fn from(caller: &BackendCaller) -> Self {
        Self::Backend(caller.client.clone())
    }
}

/// One go at a request that carries a key. The store remembers a keyed hash of its name; the holder
/// tells this go from another one that took over after its lease.
#[derive(Clone)]
pub struct RequestClaim {
    name: Vec<u8>,
    holder: Uuid,
}

impl RequestClaim {
    /// A fresh go at what `owner` calls `key`, sent to `path` for `operation`.
    pub fn new(owner: &KeyOwner, operation: &str, path: &str, key: &IdempotencyKey) -> Self {
        let [kind, user, app] = match owner {
            KeyOwner::App(user, app) => ["app", user.as_str(), app.as_str()],
            KeyOwner::Backend(client) => ["backend", "", client.as_str()],
        };
        let mut name = Vec::with_capacity(256);
        for part in [kind, user, app, operation, path, key.0.expose()] {
            // The length stands before the text, so that no two lists of parts give the same bytes.
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            name.extend_from_slice(&length.to_be_bytes());
            name.extend_from_slice(part.as_bytes());
        }
        Self { name, holder: Uuid::new_v4() }
    }

    /// What is the same for each go, to be hashed.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// What no other go has.
    pub const fn holder(&self) -> &[u8; 16] {
        self.holder.as_bytes()
    }
}

impl fmt::Debug for RequestClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestClaim").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(user: &str, app: &str) -> KeyOwner {
        KeyOwner::App(UserId::parse(user).unwrap(), AppId::parse(app).unwrap())
    }

    #[test]
    fn keys_are_visible_ascii_of_bounded_length() {
        let longest = "k".repeat(255);
        for text in ["k", "\"", "8e03978e-40d5-43dd-bc93-6894a57f9324", longest.as_str()] {
            assert!(IdempotencyKey::parse(text).is_ok(), "{text}");
        }
        for text in ["", " ", "a b", "a\tb", "kunci\u{e9}", "a\u{7f}", &"k".repeat(256)] {
            assert!(IdempotencyKey::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_request_is_named_by_everything_that_makes_it_another() {
        let backend = KeyOwner::Backend(AppId::parse("app").unwrap());
        let name = |owner: &KeyOwner, operation: &str, path: &str, text: &str| {
            RequestClaim::new(owner, operation, path, &IdempotencyKey::parse(text).unwrap())
                .name()
                .to_vec()
        };
        let one = name(&app("u", "app"), "start", "/v1", "k");

        assert_eq!(one, name(&app("u", "app"), "start", "/v1", "k"));
        for other in [
            name(&app("v", "app"), "start", "/v1", "k"),
            name(&app("u", "bpp"), "start", "/v1", "k"),
            name(&backend, "start", "/v1", "k"),
            name(&app("u", "app"), "renew", "/v1", "k"),
            name(&app("u", "app"), "start", "/v2", "k"),
            name(&app("u", "app"), "start", "/v1", "l"),
            name(&app("ua", "pp"), "start", "/v1", "k"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn nothing_of_it_is_printed() {
        let key = IdempotencyKey::parse("secret-key").unwrap();
        let claim = RequestClaim::new(&app("cust-1", "app"), "start", "/v1", &key);

        let printed = format!("{key:?} {claim:?}");

        assert!(!printed.contains("secret") && !printed.contains("cust"), "{printed}");
    }
}
