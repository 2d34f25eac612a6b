//! Starting a verification.

use std::{fmt, sync::Arc};

use jiff::Timestamp;

use super::{
    confirm, contact,
    issue::{self, Started},
};
use crate::{
    domain::{
        AppCaller, AppId, BackendCaller, Channel, ContactKind, Locale, ProvenContact, RedirectUrls,
        Scope, SingleUse, UserId, VerifiedContact, Wanted,
    },
    storage::Opened,
    usecase::{Answered, Error, Once, Ports, idempotency::once},
};

/// What is asked for, by whomever.
#[derive(Clone)]
pub struct StartRequest {
    /// Where the user captures.
    pub channel: Channel,
    /// The language.
    pub locale: Locale,
    /// Where the browser goes after success and failure; not checked yet.
    pub redirects: Option<(String, String)>,
    /// The partner's own reference.
    pub reference: Option<String>,
    /// The partner's reference of the user's consent.
    pub consent_reference: Option<String>,
}

impl fmt::Debug for StartRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartRequest").field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// Which contact an app asks for.
#[derive(Clone, Debug, Default)]
pub struct ContactWish {
    /// Only one of this kind.
    pub kind: Option<ContactKind>,
    /// What the signed statement says that the app passed on.
    pub proven: Option<ProvenContact>,
}

/// For whom a back end starts, on its own word.
#[derive(Clone, Debug)]
pub struct OnBehalf {
    /// Whose verification it becomes.
    pub user: UserId,
    /// The contact that the back end says it verified.
    pub contact: VerifiedContact,
}

/// Asks the provider for a place to send the user, and remembers it before anyone is told.
///
/// A user has one open verification at most: starting again resumes it, and two starts at once
/// lead to one call. The caller waits up to the start deadline; what was begun goes on regardless.
/// With a key in `wish` the same request is answered once, and with the same bytes after that.
pub async fn start(
    ports: &Ports,
    caller: &Arc<AppCaller>,
    contact: ContactWish,
    request: StartRequest,
    wish: Option<Once>,
) -> Result<Answered, Error> {
    let plan = Plan::new(ports, request)?;
    let caller = Arc::clone(caller);
    once(ports, wish, async move |ports, deadline| {
        let (chosen, single) =
            contact::choose(&ports, &caller, contact.kind, contact.proven).await?;
        let wanted = plan.wanted(caller.user.clone(), caller.app.clone(), chosen, single);
        open(&ports, wanted, deadline).await
    })
    .await
}

/// The same on behalf of a user, for one of the partner's servers. What comes of it is the user's.
pub async fn start_for(
    ports: &Ports,
    caller: &BackendCaller,
    whom: OnBehalf,
    request: StartRequest,
    wish: Option<Once>,
) -> Result<Answered, Error> {
    if !caller.may(Scope::VerificationStart) {
        return Err(Error::ScopeMissing(Scope::VerificationStart));
    }
    let plan = Plan::new(ports, request)?;
    let wanted = plan.wanted(whom.user, caller.client.clone(), whom.contact, None);
    once(ports, wish, async move |ports, deadline| open(&ports, wanted, deadline).await).await
}

async fn open(ports: &Ports, wanted: Wanted, deadline: Timestamp) -> Result<Started, Error> {
    match opened(ports, wanted, deadline).await {
        // What was begun a moment ago is not there any more.
        Err(Error::NotFound) => Err(Error::ErasedMeanwhile),
        done => done,
    }
}

async fn opened(ports: &Ports, wanted: Wanted, deadline: Timestamp) -> Result<Started, Error> {
    let mut asked = false;
    loop {
        let now = ports.now();
        if now >= deadline {
            // Whoever asked has gone: nothing is begun for nobody.
            return Err(Error::DeadlinePassed);
        }
        let opened = ports.store().open(wanted.clone(), asked, now, ports.policy()).await?;
        match opened {
            Opened::Attempt(verification, session) => {
                return issue::attempt(ports, verification, session).await;
            }
            Opened::Resumed(verification, credential) => {
                return Ok(Started::resumed(verification, Some(credential)));
            }
            // Closed meanwhile by the answer we asked for: the verdict is what the app wants.
            Opened::Captured(verification) | Opened::Closed(verification) => {
                return Ok(Started::resumed(verification, None));
            }
            Opened::AskFirst(verification) => {
                confirm::read_details(ports, &verification).await?;
                asked = true;
            }
            Opened::Underway(verification) => {
                issue::wait_for_answer(ports, verification.id, deadline).await?;
            }
            Opened::Exhausted(until) => return Err(Error::AttemptsExhausted { until }),
            Opened::ProofUsed => return Err(Error::ProofUsed),
        }
    }
}

/// A request that can be granted, whoever's contact it will be with.
struct Plan {
    request: StartRequest,
    redirects: Option<RedirectUrls>,
}

impl Plan {
    /// Says which part of the request cannot be granted.
    fn new(ports: &Ports, mut request: StartRequest) -> Result<Self, Error> {
        if !ports.parts.provider.offers(request.channel) {
            return Err(Error::Invalid {
                pointer: "/channel",
                detail: "This channel is not available here.",
            });
        }
        let redirects = redirects(ports, request.channel, request.redirects.take())?;
        Ok(Self { request, redirects })
    }

    fn wanted(
        self,
        user: UserId,
        app: AppId,
        contact: VerifiedContact,
        once: Option<SingleUse>,
    ) -> Wanted {
        let Self { request, redirects } = self;
        Wanted {
            user,
            app,
            contact,
            once,
            channel: request.channel,
            locale: request.locale,
            redirects,
            reference: request.reference,
            consent_reference: request.consent_reference,
        }
    }
}

fn redirects(
    ports: &Ports,
    channel: Channel,
    asked: Option<(String, String)>,
) -> Result<Option<RedirectUrls>, Error> {
    let rules = &ports.parts.redirects;
    match (asked, channel) {
        (Some((success, failure)), _) => {
            let pair = rules.allowed.admit(success, failure).map_err(|which| match which {
                "success" => Error::RedirectNotAllowed { pointer: "/redirectUrls/success" },
                _ => Error::RedirectNotAllowed { pointer: "/redirectUrls/failure" },
            })?;
            Ok(Some(pair))
        }
        (None, Channel::Sdk) => Ok(None),
        (None, Channel::Web) => rules.default.clone().map(Some).ok_or(Error::Invalid {
            pointer: "/redirectUrls",
            detail: "The web channel needs both redirect URLs.",
        }),
    }
}
