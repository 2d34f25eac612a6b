//! A user's rights: to get everything that is held about him, and to have it destroyed.

mod erase;
mod export;

pub use crate::storage::{Dossier, HeldRecord, StoredCallback};
pub use erase::{erase, reapply, scrub, wait_for_erasure};
pub use export::{Export, Piece, begin, export};
