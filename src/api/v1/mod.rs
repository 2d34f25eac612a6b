//! The API's first version, a file a tag of `openapi.yaml`.

pub(super) mod audit;
pub(super) mod backend;
mod document;
pub(super) mod events;
pub(super) mod images;
pub(super) mod search;
mod started;
mod starting;
pub(super) mod verifications;
mod views;
pub(super) mod webhooks;
