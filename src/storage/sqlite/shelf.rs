//! Verifications whose attempt is being made, at hand for the moment the provider answers.
//!
//! Nearly every start is followed within a second by its credential. What was just written need not
//! be read, unsealed and parsed again for that.
//!
//! Invariant: what stands here is what stands in the file. The writer alone writes; it takes a
//! verification off the shelf with every write to it, and clears the shelf whenever work is undone.

use std::{cell::RefCell, collections::HashMap};

use super::aggregate::Loaded;
use crate::domain::VerificationId;

/// Several times as many as are under way with the usual `provider.max_concurrent`. With more, some are
/// read from the file.
const PLACES: usize = 512;

/// The shelf; it belongs to the writer's thread.
#[derive(Default)]
pub(super) struct Shelf(RefCell<HashMap<VerificationId, Loaded>>);

impl Shelf {
    /// Puts a verification there as it was just written.
    pub(super) fn put(&self, loaded: Loaded) {
        let mut places = self.0.borrow_mut();
        if places.len() >= PLACES {
            // Left behind by starts that never ended.
            places.clear();
        }
        places.insert(loaded.verification.id, loaded);
    }

    /// Takes a verification away, to change it or because it was changed otherwise.
    pub(super) fn take(&self, id: VerificationId) -> Option<Loaded> {
        self.0.borrow_mut().remove(&id)
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}
