//! Signed statements by the partner's OTP service that it verified a user's contact.
//!
//! Invariant: a contact comes out of here only if the statement is signed by the service that is
//! configured for the caller's own issuer, meant for us, about this very user, fresh, and about one
//! contact. That it is used once is not seen here: whoever uses it has to write that down.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::{
    claims,
    compact::Compact,
    error::{AuthError, AuthSetupError},
    issuer::TrustedIssuer,
};
use crate::{
    config,
    domain::{
        Clock, Contact, ContactKind, ContactSource, ProvenContact, SingleUse, Tasks, UserId,
        VerificationReference, VerifiedContact,
    },
    upstream::HttpClient,
};

/// How old a statement may be, whatever its `exp` says: whoever holds the phone now is not who
/// held it yesterday.
const OLDEST: SignedDuration = SignedDuration::from_mins(10);

/// Who makes such statements about the users of one issuer.
#[derive(Debug)]
pub(super) struct ProofIssuer {
    /// Held to the rules of access tokens: algorithms, keys, `typ`, audience, form.
    trusted: TrustedIssuer,
    /// Stands before the users' ids here and not in the statements.
    user_prefix: String,
}

impl ProofIssuer {
    /// Takes what is configured beside an issuer of access tokens, if anything is.
    pub(super) fn new(
        beside: &config::Issuer,
        http: &HttpClient,
        clock: &Arc<dyn Clock>,
        tasks: &Tasks,
    ) -> Result<Option<Self>, AuthSetupError> {
        let Some(proof) = &beside.proof else { return Ok(None) };
        let settings = config::Issuer {
            issuer: proof.issuer.clone(),
            audience: proof.audience.clone(),
            algorithms: proof.algorithms.clone(),
            keys: proof.keys.clone(),
            typ: proof.typ.clone(),
            proof: None,
            ..beside.clone()
        };
        let trusted = TrustedIssuer::new(&settings, http, clock, tasks)?;
        Ok(Some(Self { trusted, user_prefix: beside.user_prefix.clone() }))
    }

    /// Believes a statement, or says why not.
    pub(super) async fn prove(
        &self,
        statement: &str,
        user: &UserId,
        now: Timestamp,
    ) -> Result<ProvenContact, AuthError> {
        let compact = Compact::parse(statement)?;
        if !self.trusted.is_named_by(&compact.claims) {
            return Err(AuthError::UnknownIssuer);
        }
        self.trusted.verify(&compact.jws).await?;
        let claims = &compact.claims;
        let until = self.check_times(claims, now)?;
        let named = claims::identifier(claims, "sub").ok_or(AuthError::ProofOfAnother)?;
        if user.as_str().strip_prefix(&self.user_prefix) != Some(named.as_str()) {
            return Err(AuthError::ProofOfAnother);
        }
        let reference = claims::text(claims, "jti").unwrap_or_default();
        let reference =
            VerificationReference::parse(reference).map_err(|_| AuthError::Malformed("the jti"))?;
        let once = SingleUse {
            issuer: self.trusted.settings.issuer.clone(),
            reference: reference.clone(),
            until,
        };
        let contact = VerifiedContact {
            contact: contact(claims)?,
            reference,
            source: ContactSource::Proof,
            verified_at: Some(self.verified_at(claims, now)?),
        };
        Ok(ProvenContact { contact, once })
    }

    /// Checks that the statement is in force and fresh. Gives the time until which it has to be
    /// remembered that it was used: its end, the leeway that is granted to it, and as much again
    /// for a clock that is set back.
    fn check_times(
        &self,
        claims: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<Timestamp, AuthError> {
        let leeway = self.leeway();
        let expires_at = claims::check_times(claims, self.trusted.settings.leeway, now)?;
        let made_at = claims::time(claims, "iat").ok_or(AuthError::Malformed("no iat"))?;
        if now.duration_since(made_at) > OLDEST.saturating_add(leeway) {
            return Err(AuthError::Expired);
        }
        let stale_at = made_at.saturating_add(OLDEST).unwrap_or(Timestamp::MAX);
        let end = expires_at.min(stale_at);
        Ok(end.saturating_add(leeway.saturating_mul(2)).unwrap_or(Timestamp::MAX))
    }

    /// When the contact was verified: said in every statement, and not in the future.
    fn verified_at(
        &self,
        claims: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<Timestamp, AuthError> {
        let at = claims::time(claims, "verified_at");
        let at = at.ok_or(AuthError::Malformed("no verified_at"))?;
        let is_to_come = at.duration_since(now) > self.leeway();
        if is_to_come { Err(AuthError::NotYetValid) } else { Ok(at) }
    }

    fn leeway(&self) -> SignedDuration {
        SignedDuration::try_from(self.trusted.settings.leeway).unwrap_or_default()
    }
}

/// The one contact that a statement is about. Of two it would be unclear which the `jti` is of.
fn contact(claims: &Map<String, Value>) -> Result<Contact, AuthError> {
    let (kind, name, verified) =
        match (claims.contains_key("phone_number"), claims.contains_key("email")) {
            (true, false) => (ContactKind::Phone, "phone_number", "phone_number_verified"),
            (false, true) => (ContactKind::Email, "email", "email_verified"),
            (true, true) | (false, false) => {
                return Err(AuthError::Malformed("not about one contact"));
            }
        };
    // The statement as a whole says that the contact was verified. One that denies it in so many
    // words was made for something else.
    if claims.get(verified).is_some_and(|verified| *verified != Value::Bool(true)) {
        return Err(AuthError::Malformed("the contact is not verified"));
    }
    let text = claims::text(claims, name).ok_or(AuthError::Malformed("the contact"))?;
    Contact::parse(kind, text).map_err(AuthError::ProofOfForm)
}
