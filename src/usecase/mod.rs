//! What the gateway does, a file a use case, without a word of HTTP.

mod admission;
pub mod audit;
pub mod callback;
mod error;
mod forget;
mod idempotency;
mod insist;
pub mod keys;
mod ports;
pub mod subject;
pub mod verification;
mod waiters;
pub mod webhook;

pub use admission::{Admission, Arrival};
pub use error::Error;
pub use forget::forget_due;
pub use idempotency::{AnswerWriter, Answered, Once};
pub use ports::{Parts, Ports, RedirectRules, SdkEndpoint};
