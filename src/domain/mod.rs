//! Nouns and their rules; made by parsing, never half-valid.
//!
//! Nothing here knows HTTP, SQL or the provider's spelling, and nothing here reads a clock: time is
//! handed in. Types derive no serde; whoever writes a value down spells it in its own room.

mod address;
mod ageing;
mod attempt;
mod audit;
mod callback;
mod caller;
mod chain;
mod clock;
#[cfg(test)]
mod confluence_tests;
mod contact;
#[cfg(test)]
mod contact_tests;
mod delivery;
mod document;
mod erasure;
mod id;
mod idempotency;
mod image;
mod keys;
mod news;
mod pii;
mod policy;
mod proof;
mod reason;
mod redirect;
mod retention;
mod returns;
mod schedule;
mod start;
mod status;
mod submission;
mod tasks;
mod trace;
mod transition;
#[cfg(test)]
mod transition_properties;
#[cfg(test)]
mod transition_tests;
mod user;
mod verification;
mod visible;
mod webhook;

pub use address::{AddressClass, is_private_network};
pub use attempt::{Attempt, AttemptState, Credential, IssuedCredential};
pub use audit::{
    AuditAction, AuditActor, AuditDamage, AuditEntry, AuditHead, AuditRecord, AuditReport,
    InvalidAuditHead,
};
pub use callback::{AsideReason, CallbackState, CallbackSummary};
pub use caller::{AppCaller, AppId, BackendCaller, Scope};
pub use chain::Chain;
pub use clock::{Clock, SystemClock};
pub use contact::{
    Contact, ContactKind, ContactSource, EmailAddress, InvalidContact, KeptContact, PhoneNumber,
    VerificationReference, VerifiedContact,
};
pub use delivery::{
    Delivery, DeliveryOutcome, DeliveryState, DueDelivery, LastTry, NextStep, Tried,
};
pub use document::{CHECKS, CertificateRegistration, CheckOutcome, Document, KtpField};
pub use erasure::{
    DataClass, Destroyed, ErasureOrder, ErasureReceipt, Hold, Kept, KeptFor, hexadecimal,
};
pub use id::{CallbackId, DeliveryId, InvalidId, SessionId, SubmissionId, VerificationId};
pub use idempotency::{IdempotencyKey, InvalidIdempotencyKey, KeyOwner, RequestClaim};
pub use image::{ImageKind, ImageLink, ImageLinks, ImageType};
pub use keys::{KeyReport, KeyStanding, KeyState, KeyUse};
pub use news::{Alarm, CaptureOutcome, DetailsAnswer, Effect, News, Note, NoteKind};
pub use pii::Pii;
pub use policy::Policy;
pub use proof::{Contacts, ProvenContact, SingleUse};
pub use reason::ReasonCode;
pub use redirect::{AllowList, InvalidPattern, RedirectRefused, RedirectUrls};
pub use retention::Retention;
pub use returns::{ReturnOutcome, ReturnRef};
pub use schedule::Reads;
pub use start::{Admission, Wanted};
pub use status::{Channel, Locale, NextAction, Status};
pub use submission::{Standing, Submission, SubmissionReport, SubmissionResult, SubmissionStatus};
pub use tasks::Tasks;
pub use trace::Trace;
pub use user::{InvalidUserId, UserId};
pub use verification::{Moment, Verification};
pub use webhook::{Endpoint, EndpointId, WebhookEvent};
