//! The API's first version, a file a tag of `openapi.yaml`.

pub(super) mod audit;
pub(super) mod backend;
mod document;
pub(super) mod events;
mod exported;
pub(super) mod images;
pub(super) mod search;
mod started;
mod starting;
pub(super) mod subjects;
pub(super) mod verifications;
mod views;
pub(super) mod webhooks;

pub use subjects::{export_document, receipt_document};
