//! Proof of who calls: a user's access token, a backend's, the provider's callback.
//!
//! What comes out of here is a value of the domain; what went in is never printed.

mod callback;
mod claims;
mod compact;
mod contact;
mod crypto;
mod error;
mod issuer;
mod keys;
mod proof;
mod strict;
mod verifier;

pub use callback::CallbackGate;
pub use crypto::install_crypto;
pub use error::{AuthError, AuthSetupError};
pub use verifier::TokenVerifier;
