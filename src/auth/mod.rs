//! Proof of who calls: a user's access token, a backend's, the provider's callback.
//!
//! What comes out of here is a value of the domain; what went in is never printed.

mod callback;
mod claims;
mod compact;
mod contact;
mod crypto;
mod development;
mod error;
mod issuer;
mod keys;
mod proof;
mod strength;
mod strict;
mod verifier;
#[cfg(test)]
mod wycheproof_tests;

pub use callback::CallbackGate;
pub use crypto::install_crypto;
pub use development::{DevelopmentKey, Life};
pub use error::{AuthError, AuthSetupError, MintError};
pub use verifier::TokenVerifier;
