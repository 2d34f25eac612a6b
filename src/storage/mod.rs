//! What is remembered, sealed; one trait a file, one folder a backend.
//!
//! Nothing personal and no token leaves this room towards the disk in plain text, and no other
//! room knows how it is sealed: traits speak domain types.

mod audit;
mod audit_check;
mod callbacks;
mod changes;
pub mod error;
mod idempotency;
mod keyring;
mod keys;
mod open;
mod posts;
mod records;
mod returns;
mod ring_file;
mod seal;
mod sessions;
mod sqlite;
mod statements;
mod store;
mod subjects;
mod testimony;
mod verifications;
mod webhooks;

pub use audit::{Audit, AuditFilter, AuditPage};
pub use audit_check::check_audit;
pub use callbacks::{CallbackFingerprint, CallbackOutcome, Callbacks, KeptCallback, NewCallback};
pub use changes::{Changes, Subscription};
pub use error::{KeyRingError, OpenError, StoreError};
pub use idempotency::{Claimed, Idempotency, KeptAnswer};
pub use keys::{Keys, RewrapPlace, Rewrapped};
pub use open::{KeySource, OpenedStore, Options, open};
pub use posts::{Posted, Posts};
pub use returns::{Returns, WayBack};
pub use ring_file::{Rotation, generate_key_ring, rotate_key_ring};
pub use statements::Statements;
pub use store::{Health, Store};
pub use subjects::{Dossier, HeldRecord, Inventory, StoredCallback, Subjects};
pub use verifications::{Opened, Page, Recorded, Search, Settled, Verifications};
pub use webhooks::{DeliveryFilter, DeliveryPage, EndpointStanding, Redelivered, Webhooks};
