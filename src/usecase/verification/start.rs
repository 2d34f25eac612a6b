//! Starting a verification.

use jiff::Timestamp;

use super::{
    confirm,
    issue::{self, Started},
};
use crate::{
    domain::{AppCaller, Channel, ContactKind, Locale, RedirectUrls, Wanted},
    storage::Opened,
    usecase::{Answered, Error, Once, Ports, idempotency::once},
};

/// What an app asks for.
#[derive(Clone, Debug)]
pub struct StartRequest {
    /// Where the user captures.
    pub channel: Channel,
    /// Which verified contact to use.
    pub contact: Option<ContactKind>,
    /// The language.
    pub locale: Locale,
    /// Where the browser goes after success and failure; not checked yet.
    pub redirects: Option<(String, String)>,
    /// The partner's own reference.
    pub reference: Option<String>,
    /// The partner's reference of the user's consent.
    pub consent_reference: Option<String>,
}

/// Asks the provider for a place to send the user, and remembers it before anyone is told.
///
/// A user has one open verification at most: starting again resumes it, and two starts at once
/// lead to one call. The caller waits up to the start deadline; what was begun goes on regardless.
/// With a key in `wish` the same request is answered once, and with the same bytes after that.
#[tracing::instrument(skip_all, fields(app.id = caller.app.as_str()))]
pub async fn start(
    ports: &Ports,
    caller: &AppCaller,
    request: StartRequest,
    wish: Option<Once>,
) -> Result<Answered, Error> {
    let wanted = wanted(ports, caller, request)?;
    once(ports, wish, async move |ports, deadline| open(&ports, wanted, deadline).await).await
}

async fn open(ports: &Ports, wanted: Wanted, deadline: Timestamp) -> Result<Started, Error> {
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
        }
    }
}

/// Turns the request into a wish that can be granted, or says which part of it cannot.
fn wanted(ports: &Ports, caller: &AppCaller, request: StartRequest) -> Result<Wanted, Error> {
    if !ports.parts.provider.offers(request.channel) {
        return Err(Error::Invalid {
            pointer: "/channel",
            detail: "This channel is not available here.",
        });
    }
    let contact = caller.contact(request.contact).ok_or(Error::ContactNotVerified)?;
    Ok(Wanted {
        user: caller.user.clone(),
        app: caller.app.clone(),
        contact: contact.clone(),
        channel: request.channel,
        locale: request.locale,
        redirects: redirects(ports, request.channel, request.redirects)?,
        reference: request.reference,
        consent_reference: request.consent_reference,
    })
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
