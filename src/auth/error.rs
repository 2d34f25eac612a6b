//! Why a token proves nothing.
//!
//! Invariant: no variant holds a word of the token. The reason is for operators; the caller is told
//! no more than that the token is not good.

use crate::{
    domain::{InvalidContact, InvalidUserId},
    upstream::UpstreamError,
};

/// A token that was not believed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AuthError {
    /// Longer than 8 KiB.
    #[error("the token is too long")]
    TooLong,
    /// No signed token of the compact form; says what is wrong.
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// No configured issuer has this `iss` and `aud`, or several have.
    #[error("the token is from no issuer that is trusted for this audience")]
    UnknownIssuer,
    /// Its algorithm is not one of the issuer's.
    #[error("the token is signed with an algorithm that its issuer does not use")]
    Algorithm,
    /// Its `typ` is not the one agreed on.
    #[error("the token is of another type")]
    Type,
    /// The issuer has no key of that name that fits the algorithm.
    #[error("the token names no key of its issuer")]
    UnknownKey,
    /// The signature is not the issuer's.
    #[error("the token's signature is wrong")]
    Signature,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` lies in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// A back end's token at an app's operation, or the other way round.
    #[error("the token is not meant for this operation")]
    WrongUse,
    /// The claim that names the user cannot be a user id.
    #[error("the token names no usable user")]
    User(#[source] InvalidUserId),
    /// No proofs of contact are taken for this issuer's users.
    #[error("no proof of contact is taken for the users of this issuer")]
    ProofUnwanted,
    /// The proof is about the contact of another user.
    #[error("the proof of contact is another user's")]
    ProofOfAnother,
    /// The proof is good, but the provider takes no contact of this form.
    #[error("the proven contact is of no form that can be sent")]
    ProofOfForm(#[source] InvalidContact),
    /// The issuer's keys could not be fetched, so nothing can be said about the token.
    #[error("the issuer's keys are not at hand")]
    KeysUnavailable(#[source] UpstreamError),
}

impl AuthError {
    /// Whether this says nothing about the token, only about us: trying later may help.
    pub const fn is_unavailable(&self) -> bool {
        matches!(self, Self::KeysUnavailable(_))
    }
}

/// An issuer's settings that no verifier can be built from; found when the gateway starts.
#[derive(Debug, thiserror::Error)]
#[error("the keys of issuer {issuer} cannot be used: {why}")]
pub struct AuthSetupError {
    /// The issuer, as configured.
    pub issuer: String,
    /// What is wrong with its keys.
    pub why: &'static str,
}

/// A token for development that was not made.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// The issuer is a real one: its tokens come from itself.
    #[error(
        "{0} is no issuer for development; those are called urn:gerbang:dev or urn:gerbang:dev:…"
    )]
    NotDevelopment(String),
    /// The issuer is not configured for the only algorithm made here.
    #[error("the issuer's algorithms lack EdDSA, the only one tokens are minted with")]
    Algorithm,
    /// The file holds no key of that kind.
    #[error("the key is no Ed25519 private key in PEM form (PKCS#8)")]
    Key,
    /// The system gave no randomness.
    #[error("no key could be made")]
    Randomness,
    /// A claim that is the issuer's to make.
    #[error("the claim {0} cannot be chosen")]
    Reserved(String),
    /// The issuer's keys, as configured, are none.
    #[error("the issuer's keys cannot be used: {0}")]
    Keys(&'static str),
    /// The gateway of this configuration would refuse the token.
    #[error("the gateway would not take this token")]
    Refused(#[source] AuthError),
}
