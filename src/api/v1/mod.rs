//! The API's first version, a file a tag of `openapi.yaml`.

pub(super) mod backend;
pub(super) mod events;
pub(super) mod images;
mod started;
mod starting;
pub(super) mod verifications;
mod views;
pub(super) mod webhooks;
