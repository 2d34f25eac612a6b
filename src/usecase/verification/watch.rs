//! Watching a verification: whoever listens is told of every change until it is closed, as long as
//! the caller's token lasts and the gateway serves.
//!
//! Invariant: it subscribes before it reads, and marks an announcement as heard before it reads
//! again; so what it told last is the newest, or another read is due. States in between may be
//! skipped. All it holds of a verification between two changes is the revision.

use jiff::{SignedDuration, Timestamp};

use super::read::of_user;
use crate::{
    domain::{AppCaller, Locale, UserId, Verification, VerificationId},
    storage::Subscription,
    usecase::{Error, Ports, waiters::Place},
};

/// The pause after which a listener is told that there is nothing to tell. Shorter than what
/// proxies and mobile networks take for a dead connection, mostly a minute.
const HEARTBEAT: SignedDuration = SignedDuration::from_secs(15);

/// The pause before a read that the store had no room for is tried again.
const BREATH: SignedDuration = SignedDuration::from_millis(200);

/// One listener's way to a verification.
#[derive(Debug)]
pub struct Watch {
    ports: Ports,
    place: Place,
    changes: Subscription,
    id: VerificationId,
    locale: Locale,
    /// Read and not told yet.
    fresh: Option<Box<Verification>>,
    /// The revision that the listener has.
    known: Option<u64>,
    /// There will be nothing more to tell.
    closed: bool,
    /// When the listener is next told that nothing happened.
    beat_at: Timestamp,
    /// The end of the caller's token.
    until: Timestamp,
}

/// What a listener is told.
#[derive(Debug)]
pub enum Told {
    /// A state it does not have.
    Changed(Box<Verification>),
    /// Nothing happened for a while.
    Quiet,
}

/// What there is to do next.
enum Turn {
    Read,
    Beat,
    End,
}

/// Begins to watch one of the caller's own, which has its revision `known`. `None`: it is closed and
/// the caller knows.
pub async fn watch(
    ports: &Ports,
    caller: &AppCaller,
    id: VerificationId,
    known: Option<u64>,
) -> Result<Option<Watch>, Error> {
    let place = ports.waiters.enter(&caller.user).ok_or(Error::TooManyWaiters)?;
    let changes = ports.store().changes().subscribe(id);
    let verification = of_user(ports, &caller.user, id).await?;
    let (locale, closed) = (verification.locale, verification.status.is_closed());
    let is_known = known == Some(verification.revision);
    if closed && is_known {
        return Ok(None);
    }
    Ok(Some(Watch {
        ports: ports.clone(),
        place,
        changes,
        id,
        locale,
        fresh: (!is_known).then(|| Box::new(verification)),
        known,
        closed: false,
        beat_at: after(ports, HEARTBEAT),
        until: caller.expires_at,
    }))
}

impl Watch {
    /// The language that the user reads, unless the caller says otherwise.
    pub const fn locale(&self) -> Locale {
        self.locale
    }

    /// What is watched.
    pub const fn id(&self) -> VerificationId {
        self.id
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.ports.now()
    }

    /// What to tell next, as soon as there is something. `None`: it is over, be it closed or not.
    pub async fn next(&mut self) -> Result<Option<Told>, Error> {
        loop {
            if let Some(fresh) = self.fresh.take()
                && self.known != Some(fresh.revision)
            {
                self.known = Some(fresh.revision);
                self.closed = fresh.status.is_closed();
                self.beat_at = after(&self.ports, HEARTBEAT);
                return Ok(Some(Told::Changed(fresh)));
            }
            match self.turn().await {
                Turn::Read if self.read().await? => {}
                Turn::Read | Turn::End => return Ok(None),
                Turn::Beat => {
                    self.beat_at = after(&self.ports, HEARTBEAT);
                    return Ok(Some(Told::Quiet));
                }
            }
        }
    }

    async fn turn(&mut self) -> Turn {
        let tasks = &self.ports.parts.tasks;
        if self.closed || tasks.is_stopping() || self.ports.now() >= self.until {
            return Turn::End;
        }
        // One timer for both, since there may be ten thousand of us.
        let pause = self.ports.parts.clock.sleep_until(self.beat_at.min(self.until));
        tokio::select! {
            biased;
            () = self.changes.changed() => Turn::Read,
            () = tasks.stopping() => Turn::End,
            () = pause => if self.ports.now() >= self.until { Turn::End } else { Turn::Beat },
        }
    }

    /// Reads anew; `false`: it is there no more. When everybody's verification changes at once the
    /// store may have no room for a moment, which is no reason to send everybody away.
    async fn read(&mut self) -> Result<bool, Error> {
        loop {
            match of_user(&self.ports, self.user(), self.id).await {
                Ok(found) => {
                    self.fresh = Some(Box::new(found));
                    return Ok(true);
                }
                Err(Error::NotFound) => return Ok(false),
                Err(Error::Overloaded(_)) => {
                    self.ports.sleep_until(after(&self.ports, BREATH)).await;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    const fn user(&self) -> &UserId {
        self.place.user()
    }
}

fn after(ports: &Ports, pause: SignedDuration) -> Timestamp {
    ports.now().saturating_add(pause).unwrap_or(Timestamp::MAX)
}
