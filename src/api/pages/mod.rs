//! Pages for people: what a problem means, the guides, and the contract to browse.
//!
//! Everything is in the binary and made of `docs/` and `openapi.yaml`, so that a running gateway
//! explains the version that is running. Nothing is fetched from elsewhere.

mod frame;
mod guides;
mod markdown;
mod problems;
mod reference;

pub(super) use guides::{guide, index};
pub(super) use problems::problem;
pub(super) use reference::{asset, reference};
