//! What became of a callback that was kept, in words for operators; nothing personal is in them.

use std::fmt;

use jiff::Timestamp;

use super::id::{CallbackId, VerificationId};

/// How far a kept callback has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallbackState {
    /// It waits to be applied.
    Pending,
    /// It names nothing of ours, so far, and is tried again now and then.
    Parked,
    /// A verification took it in.
    Done,
    /// It is not tried again by itself.
    Aside,
}

impl CallbackState {
    /// The spelling in column, list and query.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Parked => "parked",
            Self::Done => "done",
            Self::Aside => "aside",
        }
    }

    /// Reads [`CallbackState::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Parked, Self::Done, Self::Aside]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// Why a callback was set aside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AsideReason {
    /// It is no statement about a submission.
    Unreadable,
    /// Its stored bytes cannot be opened any more.
    Damaged,
    /// Applying it failed for more than a day.
    Failing,
}

impl AsideReason {
    /// The spelling in column and list.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Damaged => "damaged",
            Self::Failing => "failing",
        }
    }

    /// Reads [`AsideReason::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Unreadable, Self::Damaged, Self::Failing]
            .into_iter()
            .find(|reason| reason.as_str() == text)
    }
}

/// A kept callback as operators see it; printed as one line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CallbackSummary {
    /// Our name for it.
    pub id: CallbackId,
    /// How far it has come.
    pub state: CallbackState,
    /// Why it was set aside.
    pub reason: Option<AsideReason>,
    /// When it came first.
    pub received_at: Timestamp,
    /// When it came last.
    pub last_at: Timestamp,
    /// How often the same body came.
    pub deliveries: u32,
    /// How often applying it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub due_at: Option<Timestamp>,
    /// Which verification it names, if that is one of ours.
    pub verification: Option<VerificationId>,
}

impl fmt::Display for CallbackSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, received_at, last_at, deliveries, tries, .. } = self;
        write!(f, "{id} state={}", self.state.as_str())?;
        write!(f, " reason={}", self.reason.map_or("-", AsideReason::as_str))?;
        write!(f, " received={received_at} last={last_at} deliveries={deliveries} tries={tries}")?;
        match self.due_at {
            Some(due_at) => write!(f, " due={due_at}")?,
            None => f.write_str(" due=-")?,
        }
        match self.verification {
            Some(verification) => write!(f, " verification={verification}"),
            None => f.write_str(" verification=-"),
        }
    }
}
