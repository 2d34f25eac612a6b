//! An error with all its causes, in one line.
//!
//! The JSON formatter of the log drops what `source()` returns, and a failure without its cause
//! cannot be mended.

use std::{error::Error, fmt};

/// An error and its causes, separated by colons; empty for none.
#[derive(Debug, Default)]
pub struct Chain<'a>(Option<&'a (dyn Error + 'static)>);

impl<'a> Chain<'a> {
    /// The chain that begins with `error`.
    pub fn of(error: &'a (dyn Error + Send + Sync + 'static)) -> Self {
        Self(Some(error))
    }
}

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut next = self.0;
        let mut first = true;
        while let Some(error) = next {
            if !first {
                f.write_str(": ")?;
            }
            write!(f, "{error}")?;
            first = false;
            next = error.source();
        }
        Ok(())
    }
}
