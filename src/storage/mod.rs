//! What is remembered, sealed; one trait a file, one folder a backend.
//!
//! Nothing personal and no token leaves this room towards the disk in plain text, and no other
//! room knows how it is sealed: traits speak domain types.

mod audit;
mod callbacks;
mod changes;
pub mod error;
mod idempotency;
mod keyring;
mod open;
mod posts;
mod records;
mod returns;
mod seal;
mod sqlite;
mod store;
mod subjects;
mod testimony;
mod verifications;
mod webhooks;

pub use audit::{Audit, AuditFilter, AuditPage};
pub use callbacks::{CallbackFingerprint, CallbackOutcome, Callbacks, KeptCallback, NewCallback};
pub use changes::{Changes, Subscription};
pub use error::{KeyRingError, OpenError, StoreError};
pub use idempotency::{Claimed, Idempotency, KeptAnswer};
pub use keyring::generate_key_ring;
pub use open::{KeySource, OpenedStore, Options, open};
pub use posts::{Posted, Posts};
pub use returns::{Returns, WayBack};
pub use store::{Health, Store};
pub use subjects::{Dossier, HeldRecord, Inventory, StoredCallback, Subjects};
pub use verifications::{Opened, Page, Recorded, Settled, Verifications};
pub use webhooks::{DeliveryFilter, DeliveryPage, EndpointStanding, Redelivered, Webhooks};
