//! Which contact a verification is of, and on whose word.
//!
//! Invariant: an app's own word is never among the sources. They are asked in the order that is
//! configured for the caller's issuer, and the first that answers wins; one that cannot be asked
//! ends the search, because what it would have said is unknown.

use crate::{
    domain::{AppCaller, ContactKind, ContactSource, ProvenContact, SingleUse, VerifiedContact},
    usecase::{Error, Ports},
};

/// Finds the contact: of the kind that is `wanted`, if one is.
pub(super) async fn choose(
    ports: &Ports,
    caller: &AppCaller,
    wanted: Option<ContactKind>,
    proven: Option<ProvenContact>,
) -> Result<(VerifiedContact, Option<SingleUse>), Error> {
    let mut lacks_form = caller.contacts.lacks_form(wanted);
    for source in &caller.sources {
        match source {
            ContactSource::Claims => {
                if let Some(contact) = caller.contacts.choose(wanted) {
                    return Ok((contact.clone(), None));
                }
            }
            ContactSource::Proof => {
                let fits = |proven: &&ProvenContact| {
                    wanted.is_none_or(|kind| kind == proven.contact.contact.kind())
                };
                if let Some(proven) = proven.as_ref().filter(fits) {
                    return Ok((proven.contact.clone(), Some(proven.once.clone())));
                }
            }
            ContactSource::Directory => {
                let Some(directory) = &ports.parts.directory else { continue };
                let found = directory.contacts(&caller.user, ports.now()).await;
                let found = found.map_err(Error::of_directory)?;
                if let Some(contact) = found.choose(wanted) {
                    return Ok((contact.clone(), None));
                }
                lacks_form |= found.lacks_form(wanted);
            }
            // Its word comes with its own request, not with an app's.
            ContactSource::Backend => {}
        }
    }
    if lacks_form {
        return Err(Error::Invalid {
            pointer: "/contact",
            detail: "The user's contact is of no form that the provider takes. Let the user \
                     verify another one.",
        });
    }
    Err(Error::ContactNotVerified)
}
