//! Proofs of contact that count once: which were used, and for which verification.
//!
//! Invariant: a proof is used up by the transaction that hands something out for it, or not at all.
//! Its row holds no more than a keyed hash of its name, and outlives what it was used for.

use rusqlite::{OptionalExtension as _, params};

use super::{aggregate::id_column, writer::Tx};
use crate::{
    domain::{Moment, SingleUse, Verification, VerificationId, Wanted},
    storage::{
        error::StoreError,
        keyring::{BlindHash, Blinded},
        records::millis,
        verifications::Opened,
    },
};

/// How many that have lapsed are forgotten with each new one: more than come, and too few to hold
/// anybody up.
const FORGOTTEN_AT_ONCE: i64 = 16;

/// What a start presents as proof, and what is known of it.
pub(super) enum Presented<'a> {
    /// Nothing that is used up.
    Nothing,
    /// Not used so far.
    Fresh(&'a SingleUse, BlindHash),
    /// Used for the verification that is open, by a start that is now repeated.
    Repeated,
    /// Used for another one.
    Used,
}

impl<'a> Presented<'a> {
    /// Looks the proof up. `current` is the user's open verification.
    pub(super) fn look_up(
        tx: &Tx<'_>,
        wanted: &'a Wanted,
        current: Option<&Verification>,
    ) -> Result<Self, StoreError> {
        let Some(once) = &wanted.once else { return Ok(Self::Nothing) };
        let hash = tx.ring.blind(Blinded::Proof, &name(once));
        let used_for: Option<VerificationId> = tx
            .conn
            .prepare_cached("SELECT verification FROM contact_proofs WHERE proof_hash = ?1")?
            .query_row([hash], |row| id_column(row, 0))
            .optional()?;
        Ok(match (used_for, current) {
            (None, _) => Self::Fresh(once, hash),
            // The contact too: a name that its issuer gave twice must not open another one.
            (Some(id), Some(current))
                if current.id == id && current.contact.contact.is(&wanted.contact.contact) =>
            {
                Self::Repeated
            }
            (Some(_), _) => Self::Used,
        })
    }

    pub(super) const fn is_used(&self) -> bool {
        matches!(self, Self::Used)
    }

    /// Uses the proof up if `opened` hands something out for it.
    pub(super) fn use_up(
        self,
        tx: &Tx<'_>,
        opened: &Opened,
        moment: &Moment,
    ) -> Result<(), StoreError> {
        let Self::Fresh(once, hash) = self else { return Ok(()) };
        let verification = match opened {
            Opened::Attempt(verification, _) | Opened::Resumed(verification, _) => verification,
            // Nothing was handed out, or not yet: the caller asks again.
            Opened::Underway(_)
            | Opened::AskFirst(_)
            | Opened::Captured(_)
            | Opened::Closed(_)
            | Opened::Exhausted(_)
            | Opened::ProofUsed => return Ok(()),
        };
        tx.conn
            .prepare_cached(
                "DELETE FROM contact_proofs WHERE proof_hash IN
                     (SELECT proof_hash FROM contact_proofs WHERE until < ?1
                      ORDER BY until LIMIT ?2)",
            )?
            .execute(params![millis(moment.at), FORGOTTEN_AT_ONCE])?;
        tx.conn
            .prepare_cached(
                "INSERT INTO contact_proofs (proof_hash, verification, until) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![hash, verification.id.as_bytes(), millis(once.until)])?;
        Ok(())
    }
}

/// Issuer and name, so written that no two pairs are written alike.
fn name(once: &SingleUse) -> Vec<u8> {
    let length = u64::try_from(once.issuer.len()).unwrap_or(u64::MAX);
    let parts: [&[u8]; 3] =
        [&length.to_be_bytes(), once.issuer.as_bytes(), once.reference.as_str().as_bytes()];
    parts.concat()
}
