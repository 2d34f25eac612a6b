//! How many calls of one user wait at once, long-polls and event streams together.
//!
//! A waiting call is cheap, but not free, and an app has no use for more than a few; without a
//! bound one user's loop could hold every connection.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::domain::UserId;

/// An app in the foreground, one in the background, a browser tab and one to spare.
const PER_USER: usize = 4;

/// The waiting calls, by user.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiters {
    waiting: Arc<Mutex<HashMap<UserId, usize>>>,
}

/// The right to wait; given back on drop, also when the caller hangs up.
#[derive(Debug)]
pub(super) struct Place {
    waiters: Waiters,
    user: UserId,
}

impl Waiters {
    /// Takes a place. `None`: the user has them all.
    pub(super) fn enter(&self, user: &UserId) -> Option<Place> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.entry(user.clone()).or_default();
        if *count >= PER_USER {
            return None;
        }
        *count += 1;
        metrics::gauge!("gerbang_waiters").increment(1.0);
        Some(Place { waiters: self.clone(), user: user.clone() })
    }
}

impl Place {
    /// Who waits there.
    pub(super) const fn user(&self) -> &UserId {
        &self.user
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.waiters.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = waiting.get_mut(&self.user) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                waiting.remove(&self.user);
            }
        }
        metrics::gauge!("gerbang_waiters").decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_given_back() {
        let waiters = Waiters::default();
        let user = UserId::parse("cust-1").unwrap();
        let places: Vec<_> = (0..PER_USER).filter_map(|_| waiters.enter(&user)).collect();

        assert_eq!(places.len(), PER_USER);
        assert!(waiters.enter(&user).is_none());
        assert!(waiters.enter(&UserId::parse("cust-2").unwrap()).is_some());
        drop(places);
        assert!(waiters.enter(&user).is_some());
    }
}
