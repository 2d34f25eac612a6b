//! The contacts that an access token vouches for.
//!
//! Invariant: a contact comes out of here only if the issuer itself says `true`, as a boolean, to
//! its having been verified, and only with a reference that traces back to that statement. A claim
//! that cannot be used leaves the user without that contact, never without his access.

use serde_json::{Map, Value};

use super::claims;
use crate::{
    config::{ContactProof, Issuer},
    domain::{
        Contact, ContactKind, ContactSource, Contacts, VerificationReference, VerifiedContact,
    },
};

/// A token whose claims are proven.
pub(super) struct ProvenToken<'a> {
    pub(super) claims: &'a Map<String, Value>,
    pub(super) issuer: &'a Issuer,
    /// The issuer's place in the configuration.
    pub(super) number: usize,
    /// Names the token among those of its issuer: its `jti`, else its hash.
    pub(super) name: &'a str,
}

/// Where one kind of contact stands among the claims.
struct Place<'a> {
    kind: ContactKind,
    value: &'a str,
    verified: &'a str,
    reference: &'a str,
}

/// The verified contacts, as far as the issuer is to be asked for them.
pub(super) fn contacts(token: &ProvenToken<'_>) -> Contacts {
    let mut found = Contacts::default();
    if !token.issuer.contact.contains(&ContactProof::Claims) {
        return found;
    }
    let names = &token.issuer.claims;
    let phone = Place {
        kind: ContactKind::Phone,
        value: &names.phone,
        verified: &names.phone_verified,
        reference: &names.phone_reference,
    };
    let email = Place {
        kind: ContactKind::Email,
        value: &names.email,
        verified: &names.email_verified,
        reference: &names.email_reference,
    };
    found.phone = contact(token, &phone, &mut found.unfit);
    found.email = contact(token, &email, &mut found.unfit);
    found
}

fn contact(
    token: &ProvenToken<'_>,
    place: &Place<'_>,
    unfit: &mut Vec<ContactKind>,
) -> Option<VerifiedContact> {
    // Some issuers write "true". They also write "false", and a text is true to many a program:
    // only the boolean that OpenID Connect asks for (Core 1.0, section 5.1) counts.
    if token.claims.get(place.verified) != Some(&Value::Bool(true)) {
        return None;
    }
    let text = claims::text(token.claims, place.value)?;
    let Ok(contact) = Contact::parse(place.kind, text) else {
        unfit.push(place.kind);
        return unusable(token, place, "the contact is not of a form the provider takes");
    };
    let reference = match claims::text(token.claims, place.reference) {
        Some(text) => VerificationReference::parse(text),
        None if token.issuer.claims.reference_required => {
            return unusable(token, place, "the reference of its verification is missing");
        }
        None => VerificationReference::parse(&derived_reference(token)),
    };
    let Ok(reference) = reference else {
        return unusable(token, place, "the reference of its verification cannot be sent");
    };
    Some(VerifiedContact {
        contact,
        reference,
        source: ContactSource::Claims,
        verified_at: claims::time(token.claims, "iat"),
    })
}

/// Says why a verified contact is passed over; the partner's operators have to mend its issuer.
fn unusable(
    token: &ProvenToken<'_>,
    place: &Place<'_>,
    why: &'static str,
) -> Option<VerifiedContact> {
    let contact = match place.kind {
        ContactKind::Phone => "phone",
        ContactKind::Email => "email",
    };
    tracing::warn!(issuer = token.issuer.issuer, contact, why, "a verified contact is passed over");
    None
}

/// Leads from what the provider is told back to the token that proved the contact: the issuer in
/// short, and the token's name there.
fn derived_reference(token: &ProvenToken<'_>) -> String {
    /// With the longest name of a token, below the 128 characters of a reference.
    const LONGEST_ISSUER: usize = 48;
    let issuer = &token.issuer.issuer;
    let short = issuer.split_once("://").map_or(issuer.as_str(), |(_, rest)| rest);
    let short: String = short.chars().filter(char::is_ascii_graphic).take(LONGEST_ISSUER).collect();
    format!("{}:{}", short.trim_end_matches('/'), token.name)
}
