//! Who reads which verification's details at the moment: one at a time, and the rest wait for what
//! that one brings.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::domain::VerificationId;

/// How long after a back end had details read it may have them read again: longer than the provider
/// takes to answer, shorter than a person waits before asking once more.
const PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// The reads of this process, which has the database to itself; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(in crate::usecase) struct Reading(Arc<Mutex<Now>>);

#[derive(Debug, Default)]
struct Now {
    under_way: HashMap<VerificationId, watch::Receiver<Option<bool>>>,
    /// When back ends last asked for a read; nothing older than the pause.
    asked: HashMap<VerificationId, Timestamp>,
}

/// What a caller meets.
pub(super) enum Entered {
    /// Nobody is at it: this caller is, from now on.
    First(Turn),
    /// Somebody is. In the end it holds whether the provider answered.
    Behind(watch::Receiver<Option<bool>>),
}

/// The right to read one verification's details; given back on drop, also by whoever hangs up.
#[derive(Debug)]
pub(super) struct Turn {
    reading: Reading,
    id: VerificationId,
    told: watch::Sender<Option<bool>>,
    answered: bool,
}

impl Reading {
    /// Takes the turn, or finds out who has it.
    pub(super) fn enter(&self, id: VerificationId) -> Entered {
        let mut now = self.now();
        if let Some(other) = now.under_way.get(&id) {
            return Entered::Behind(other.clone());
        }
        let (told, heard) = watch::channel(None);
        now.under_way.insert(id, heard);
        Entered::First(Turn { reading: self.clone(), id, told, answered: false })
    }

    /// Counts the wish of a back end at `at`. `Some`: it comes too soon, and until when. A read that
    /// is under way may always be waited for.
    pub(super) fn too_soon(&self, id: VerificationId, at: Timestamp) -> Option<Timestamp> {
        let mut now = self.now();
        if now.under_way.contains_key(&id) {
            return None;
        }
        // Negative: the clock was set back.
        now.asked.retain(|_, asked| {
            let since = at.duration_since(*asked);
            !since.is_negative() && since < PAUSE
        });
        if let Some(asked) = now.asked.get(&id) {
            return Some(asked.saturating_add(PAUSE).unwrap_or(Timestamp::MAX));
        }
        now.asked.insert(id, at);
        None
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Ends it, and tells those who wait whether the provider answered.
    pub(super) fn end(mut self, answered: bool) {
        self.answered = answered;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.reading.now().under_way.remove(&self.id);
        // Nobody may be waiting.
        let _ = self.told.send(Some(self.answered));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_reader_waits_and_hears_how_it_went() {
        let reading = Reading::default();
        let id = VerificationId::new(Timestamp::UNIX_EPOCH);
        let Entered::First(turn) = reading.enter(id) else { panic!("nobody is at it") };
        let Entered::Behind(mut waiting) = reading.enter(id) else { panic!("somebody is at it") };

        turn.end(true);

        assert_eq!(*waiting.wait_for(Option::is_some).await.unwrap(), Some(true));
        let Entered::First(turn) = reading.enter(id) else { panic!("it was given back") };
        let Entered::Behind(mut waiting) = reading.enter(id) else { panic!("somebody is at it") };
        drop(turn);
        assert_eq!(*waiting.wait_for(Option::is_some).await.unwrap(), Some(false));
    }

    #[test]
    fn a_wish_comes_too_soon_within_the_pause_unless_a_read_is_under_way() {
        let reading = Reading::default();
        let at = Timestamp::UNIX_EPOCH;
        let (one, other) = (VerificationId::new(at), VerificationId::new(at));
        let later = |seconds| at + SignedDuration::from_secs(seconds);

        assert_eq!(reading.too_soon(one, at), None);
        assert_eq!(reading.too_soon(one, later(4)), Some(later(5)));
        assert_eq!(reading.too_soon(other, later(4)), None);
        let turn = reading.enter(one);
        assert_eq!(reading.too_soon(one, later(4)), None);
        drop(turn);
        assert_eq!(reading.too_soon(one, later(5)), None);
        assert_eq!(reading.now().asked.len(), 2);
        assert_eq!(reading.too_soon(one, later(-3600)), None, "the clock was set back");
    }
}
