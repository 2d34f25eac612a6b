//! `auth.issuers[].contact` and `auth.issuers[].proof`: how users' contacts are proven, and whose
//! signed statements prove them.
//!
//! Invariant: no statement can be passed off as an access token, nor a token as a statement, nor
//! one user's statement as that of another issuer's user: the pairs of issuer and audience differ.

use super::auth::{ContactProof, Issuer, Proof, TokenUse};
use super::issuers;
use super::mistake::Flaw;
use super::parse::{self, Reach};
use super::reader::{Read, Section};

/// The ways in the order in which they are tried.
pub(super) fn ways(entry: &Section<'_>) -> Read<Vec<ContactProof>> {
    let remedy = "write [\"claims\"], or several of \"claims\", \"proof\", \"directory\" in the \
                  order in which they are to be tried";
    let way = |text: &str| match text {
        "claims" => Ok(ContactProof::Claims),
        "proof" => Ok(ContactProof::Proof),
        "directory" => Ok(ContactProof::Directory),
        _ => Err(Flaw::new("is no way to prove a contact", remedy)),
    };
    let ways = entry.list("contact", way)?;
    let doubled = ways.iter().enumerate().any(|(at, way)| ways.iter().take(at).any(|it| it == way));
    if ways.is_empty() || doubled {
        let problem = "names no way to prove a contact, or one twice";
        return Err(entry.fault("contact", Flaw::new(problem, remedy)));
    }
    Ok(ways)
}

/// The service whose statements count; `ways` is `None` if those could not be read.
pub(super) fn read(
    entry: &Section<'_>,
    ways: Option<&[ContactProof]>,
    reach: Reach,
) -> Read<Option<Proof>> {
    let is_listed = ways.is_some_and(|ways| ways.contains(&ContactProof::Proof));
    if !entry.has("proof") && !is_listed {
        return Ok(None);
    }
    let table = entry.table("proof");
    let issuer = table.required("issuer", |text| issuers::issuer_name(text, reach));
    let audience = table.required("audience", parse::visible);
    let algorithms = issuers::algorithms(&table);
    let keys = issuers::keys(&table, reach, algorithms.as_deref().unwrap_or_default());
    let typ = table.optional("typ", parse::visible);
    let proof = Proof {
        issuer: issuer?,
        audience: audience?,
        algorithms: algorithms?,
        keys: keys?,
        typ: typ?,
    };
    if ways.is_some() && !is_listed {
        return Err(entry.fault(
            "contact",
            Flaw::new(
                "does not list \"proof\", so `proof` beside it has no effect",
                "add \"proof\" to `contact`, or remove `proof`",
            ),
        ));
    }
    Ok(Some(proof))
}

/// What two issuers' proofs must not have in common.
pub(super) fn check_pair(entry: &Section<'_>, issuer: &Issuer, earlier: &Issuer) -> Read<()> {
    let (Some(proof), Some(other)) = (&issuer.proof, &earlier.proof) else { return Ok(()) };
    let both_apps = issuer.token_use == TokenUse::App && earlier.token_use == TokenUse::App;
    let both_share = issuer.shared_users && earlier.shared_users;
    let same = proof.issuer == other.issuer && proof.audience == other.audience;
    if both_apps && same && !both_share {
        return Err(entry.table("proof").fault(
            "audience",
            Flaw::new(
                "repeats the proof's issuer and audience of an earlier app issuer, whose users \
                 may have the same ids",
                "have proofs for these users made for an audience of their own, or set \
                 shared_users = true in both if a user has the same id at both",
            ),
        ));
    }
    Ok(())
}

/// Statements and access tokens must not be taken for one another.
pub(super) fn check_apart<'a>(
    entry: &Section<'_>,
    issuer: &Issuer,
    mut all: impl Iterator<Item = &'a Issuer>,
) -> Read<()> {
    let Some(proof) = &issuer.proof else { return Ok(()) };
    if all.any(|other| other.issuer == proof.issuer && other.audience == proof.audience) {
        return Err(entry.table("proof").fault(
            "audience",
            Flaw::new(
                "is, with its issuer, that of access tokens, so that a token could be passed off \
                 as a proof of contact",
                "have proofs made for an audience of their own",
            ),
        ));
    }
    Ok(())
}
