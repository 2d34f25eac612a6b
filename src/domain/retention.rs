//! How long what is held: a time for each class of data, and what the law makes the partner keep.

use jiff::SignedDuration;

use super::erasure::{DataClass, Hold};

/// How long each class is held. Each value is an operator's setting.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Retention {
    /// A document's data, from when they were read last.
    pub submissions: SignedDuration,
    /// A verification with its verdict and timeline, from its last change once it is closed.
    pub verifications: SignedDuration,
    /// The value of its contact, from the same time.
    pub contacts: SignedDuration,
    /// A credential, from when it ended.
    pub credentials: SignedDuration,
    /// A callback that was applied, from when it came last.
    pub callbacks: SignedDuration,
    /// A callback that was set aside.
    pub callbacks_aside: SignedDuration,
    /// A callback that names nothing of ours.
    pub orphans: SignedDuration,
    /// A webhook, whatever became of it.
    pub webhooks: SignedDuration,
    /// The mark of what was erased.
    pub tombstones: SignedDuration,
    /// An entry of the audit log.
    pub audit: SignedDuration,
    /// What the law makes the partner keep.
    pub hold: Hold,
}

impl Default for Retention {
    fn default() -> Self {
        let days = |days: i64| SignedDuration::from_hours(days * 24);
        Self {
            submissions: days(30),
            verifications: days(365),
            contacts: days(30),
            credentials: days(1),
            callbacks: days(30),
            callbacks_aside: days(90),
            orphans: days(30),
            webhooks: days(30),
            tombstones: days(90),
            audit: days(5 * 365 + 1),
            hold: Hold { lasts: days(5 * 365 + 1), ..Hold::default() },
        }
    }
}

impl Retention {
    /// `life`, or as long as the law wants it if it wants any of `classes`.
    fn at_least(&self, life: SignedDuration, classes: &[DataClass]) -> SignedDuration {
        let held = classes.iter().any(|class| self.hold.classes.contains(class));
        if held { life.max(self.hold.lasts) } else { life }
    }

    /// How long a document's data are really held.
    pub fn submissions_held(&self) -> SignedDuration {
        self.at_least(self.submissions, &[DataClass::Submission])
    }

    /// How long a verification is really held: without it nobody knows whose the rest is.
    pub fn verifications_held(&self) -> SignedDuration {
        self.at_least(self.verifications, &DataClass::ALL)
    }

    /// How long the value of a contact is really held.
    pub fn contacts_held(&self) -> SignedDuration {
        self.at_least(self.contacts, &[DataClass::Contact])
    }

    /// How long an applied callback is really held.
    pub fn callbacks_held(&self) -> SignedDuration {
        self.at_least(self.callbacks, &[DataClass::Callbacks])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_law_wants_is_held_as_long_as_it_wants() {
        let hold = |class| {
            let mut retention = Retention::default();
            retention.hold.classes.insert(class);
            retention
        };
        let law = Retention::default().hold.lasts;

        let plain = Retention::default();
        assert_eq!(plain.submissions_held(), plain.submissions);
        assert_eq!(hold(DataClass::Submission).submissions_held(), law);
        assert_eq!(hold(DataClass::Submission).callbacks_held(), plain.callbacks);
        assert_eq!(hold(DataClass::Callbacks).callbacks_held(), law);
        assert_eq!(hold(DataClass::Contact).verifications_held(), law);
        assert_eq!(hold(DataClass::Contact).contacts_held(), law);
        assert_eq!(hold(DataClass::Submission).contacts_held(), plain.contacts);
    }
}
