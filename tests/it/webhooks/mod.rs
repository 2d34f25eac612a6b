//! Webhooks: told once for each change, again until they arrive, and believed by their signature.

mod delivering;
mod failing;
mod managing;
pub(crate) mod receiver;
mod verifying;
