//! The way back from capture through the gateway.
//!
//! The provider is given addresses of ours, and the browser that comes there is sent on to the app.
//! It may come early, late, twice, or never: what it tells is a hint like the app's own word.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        Chain, News, RedirectUrls, ReturnOutcome, ReturnRef, SessionId, Verification,
        VerificationId,
    },
    usecase::{Error, Ports, ports::raise_alarms},
};

/// How long after the end of a verification's life its ways back still lead to the app: a user who
/// finishes in the last minute should not be shown a problem.
const GRACE: SignedDuration = SignedDuration::from_hours(1);

/// Where a browser is to go.
#[derive(Clone)]
pub struct Landing {
    /// Which verification it comes from.
    pub verification: VerificationId,
    /// The app's own URL, with the verification's id.
    pub url: String,
}

impl fmt::Debug for Landing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Landing").field("verification", &self.verification).finish_non_exhaustive()
    }
}

/// The URLs that the provider is given for the attempt `session`, the newest one: the app's own, or
/// ours, which are durable before anybody hears of them.
pub(super) async fn way_back(
    ports: &Ports,
    verification: &Verification,
    session: &SessionId,
) -> Result<Option<RedirectUrls>, Error> {
    let own = verification.newest_attempt().and_then(|attempt| attempt.redirects.as_ref());
    let (Some(_), Some(base)) = (own, &ports.parts.redirects.through) else {
        return Ok(own.cloned());
    };
    let way = ReturnRef::new();
    let until = verification.deadline.saturating_add(GRACE).unwrap_or(Timestamp::MAX);
    ports.store().keep_return(way.clone(), verification.id, session.clone(), until).await?;
    Ok(Some(way.urls(base)))
}

/// Finds out where a browser goes that came to `way`, and takes its coming as a hint, unless it is
/// only looking ahead.
pub async fn follow_back(
    ports: &Ports,
    way: ReturnRef,
    outcome: ReturnOutcome,
    looks_ahead: bool,
) -> Result<Landing, Error> {
    let found = ports.store().find_return(way, ports.now()).await?.ok_or(Error::NotFound)?;
    let id = found.verification.id;
    if !looks_ahead {
        let news = News::Captured(outcome.hint());
        match ports.store().record(id, news, ports.now(), ports.policy()).await {
            Ok(Some(recorded)) => raise_alarms(id, &recorded.effect),
            Ok(None) => {}
            // A lost hint costs the verdict some minutes; a lost way back would cost the user.
            Err(failure) => tracing::error!(
                verification.id = %id,
                error = %Chain::of(&failure),
                "the end of a capture could not be noted"
            ),
        }
    }
    Ok(Landing { verification: id, url: outcome.landing(&found.redirects, id) })
}
