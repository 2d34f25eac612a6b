//! How the keys that seal everything stand, in words for operators; no key is in them.

use std::fmt;

/// What a key is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyUse {
    /// It seals data keys.
    Wrap,
    /// It makes the keyed hashes by which things are found.
    Index,
}

/// How a key stands in the ring.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyState {
    /// It is used for everything new.
    Active,
    /// It only opens.
    Retired,
}

/// One key of the ring.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyStanding {
    /// Its name.
    pub id: String,
    /// What it is for.
    pub purpose: KeyUse,
    /// How it stands.
    pub state: KeyState,
    /// How many data keys of verifications it wraps, erased ones of which a law keeps something
    /// included.
    pub verifications: u64,
    /// How many data keys of callbacks it wraps.
    pub callbacks: u64,
    /// Whether a start refuses a ring without it.
    pub needed: bool,
}

/// The ring, as it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyReport {
    /// Its keys: the active one, the retired ones, the index key.
    pub keys: Vec<KeyStanding>,
    /// How many data keys are under no key of the ring.
    pub lost: u64,
    /// What is wrong with the ring where it is kept, if it is not the one in use.
    pub trouble: Option<String>,
}

/// One key may seal 2^32 times with random nonces before it becomes too likely that two are the same
/// (NIST SP 800-38D, 8.3). A quarter of that leaves room for rows that are gone again.
const MANY: u64 = 1 << 30;

impl KeyStanding {
    /// Whether it may be taken out of the ring.
    pub const fn is_removable(&self) -> bool {
        matches!(self.state, KeyState::Retired) && !self.needed
    }

    /// Whether so much is under it that another should take its place.
    pub const fn is_worn(&self) -> bool {
        matches!((self.purpose, self.state), (KeyUse::Wrap, KeyState::Active))
            && self.verifications.saturating_add(self.callbacks) >= MANY
    }
}

impl fmt::Display for KeyStanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, verifications, callbacks, .. } = self;
        let state = match self.state {
            KeyState::Active => "active",
            KeyState::Retired => "retired",
        };
        match self.purpose {
            KeyUse::Wrap => {
                write!(f, "{id} use=wrap state={state}")?;
                write!(f, " verifications={verifications} callbacks={callbacks}")?;
            }
            KeyUse::Index => write!(f, "{id} use=index state={state}")?,
        }
        f.write_str(if self.is_removable() { " removable=yes" } else { " removable=no" })
    }
}

impl fmt::Display for KeyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for key in &self.keys {
            writeln!(f, "{key}")?;
        }
        for key in self.keys.iter().filter(|key| key.is_worn()) {
            writeln!(f, "{} wraps very many data keys: rotate", key.id)?;
        }
        if self.lost > 0 {
            writeln!(f, "{} data keys are under no key of this ring", self.lost)?;
        }
        if let Some(trouble) = &self.trouble {
            writeln!(f, "{trouble}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(state: KeyState, verifications: u64, needed: bool) -> KeyStanding {
        let id = "wrap-1".to_owned();
        KeyStanding { id, purpose: KeyUse::Wrap, state, verifications, callbacks: 1, needed }
    }

    #[test]
    fn only_a_retired_key_that_nothing_needs_may_go() {
        assert!(key(KeyState::Retired, 0, false).is_removable());
        assert!(!key(KeyState::Retired, 0, true).is_removable());
        assert!(!key(KeyState::Active, 0, false).is_removable());
    }

    #[test]
    fn a_key_is_worn_long_before_its_nonces_could_meet() {
        assert!(!key(KeyState::Active, MANY - 2, true).is_worn());
        assert!(key(KeyState::Active, MANY - 1, true).is_worn());
        assert!(!key(KeyState::Retired, MANY, true).is_worn());
        let report =
            KeyReport { keys: vec![key(KeyState::Active, MANY, true)], lost: 0, trouble: None };
        assert!(report.to_string().contains("rotate"), "{report}");
    }
}
