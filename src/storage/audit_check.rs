//! The audit log checked from outside: beside a gateway that serves, or with none.

use super::{
    error::{KeyRingError, OpenError},
    open::Options,
    sqlite::{Unchecked, check_file},
};
use crate::domain::{AuditHead, AuditReport};

/// Follows the chain of the database that `options` name; with `anchor` also whether it contains that
/// place. Writes nothing, and takes nothing from a gateway that has the database open. It blocks its
/// thread for as long as reading the log takes.
pub fn check_audit(options: &Options, anchor: Option<AuditHead>) -> Result<AuditReport, OpenError> {
    let refused = |source| OpenError::Keys { origin: options.keys.to_string(), source };
    let ring = options.keys.load().map_err(refused)?.ok_or_else(|| refused(KeyRingError::Lost))?;
    check_file(&options.path, &ring, anchor).map_err(|unchecked| match unchecked {
        Unchecked::Database(source) => OpenError::Database { path: options.path.clone(), source },
        Unchecked::Newer { found, known } => OpenError::Newer { found, known },
        Unchecked::Keys(source) => refused(source),
    })
}
