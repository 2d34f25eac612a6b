//! Reading verifications: at once, or when they change.

use jiff::Timestamp;

use crate::{
    domain::{
        AppCaller, AuditAction, BackendCaller, Document, Note, Scope, UserId, Verification,
        VerificationId,
    },
    storage::{Page, Search},
    upstream::{document, image_links},
    usecase::{Error, Ports, audit},
};

/// What a waiter got.
#[derive(Clone, Debug)]
pub enum Seen {
    /// A state it did not know.
    Changed(Verification),
    /// The state it knew, still; its time is over.
    Unchanged(Verification),
}

/// A verification as a back end sees it.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// The verification.
    pub verification: Verification,
    /// What happened to it, oldest first.
    pub timeline: Vec<Note>,
    /// The data of the document, for whoever may read them.
    pub document: Document,
    /// Until when the pictures can be had without asking the provider anew, for whoever may see them.
    pub images_expire_at: Option<Timestamp>,
}

/// One of the caller's own. Another's is not even read: whether there is such a one shows neither in
/// the answer nor in the work it takes.
pub async fn get(
    ports: &Ports,
    caller: &AppCaller,
    id: VerificationId,
) -> Result<Verification, Error> {
    of_user(ports, &caller.user, id).await
}

pub(super) async fn of_user(
    ports: &Ports,
    user: &UserId,
    id: VerificationId,
) -> Result<Verification, Error> {
    ports.store().find_of(id, user.clone()).await?.ok_or(Error::NotFound)
}

/// One of the caller's own, as soon as it differs from what the caller knows, or at `until`.
///
/// `known` is the revision the caller has; without one, a change from now on counts. A closed
/// verification and a stopping gateway answer at once.
pub async fn wait(
    ports: &Ports,
    caller: &AppCaller,
    id: VerificationId,
    known: Option<u64>,
    until: Timestamp,
) -> Result<Seen, Error> {
    let _place = ports.waiters.enter(&caller.user).ok_or(Error::TooManyWaiters)?;
    // Subscribed before reading: a change between the two is heard.
    let mut changes = ports.store().changes().subscribe(id);
    let mut verification = get(ports, caller, id).await?;
    let known = known.unwrap_or(verification.revision);
    let tasks = &ports.parts.tasks;
    loop {
        if verification.revision != known {
            return Ok(Seen::Changed(verification));
        }
        if verification.status.is_closed() || tasks.is_stopping() {
            return Ok(Seen::Unchanged(verification));
        }
        tokio::select! {
            () = changes.changed() => verification = get(ports, caller, id).await?,
            () = ports.parts.clock.sleep_until(until) => return Ok(Seen::Unchanged(verification)),
            () = tasks.stopping() => return Ok(Seen::Unchanged(verification)),
        }
    }
}

/// The caller's own, newest first.
pub async fn list(
    ports: &Ports,
    caller: &AppCaller,
    before: Option<VerificationId>,
    limit: usize,
) -> Result<Page, Error> {
    Ok(ports.store().list(caller.user.clone(), before, limit).await?)
}

/// Any user's, with what happened to it, for a back end that may read verdicts.
pub async fn inspect(
    ports: &Ports,
    caller: &BackendCaller,
    id: VerificationId,
) -> Result<Inspected, Error> {
    if !caller.may(Scope::VerificationRead) {
        return Err(Error::ScopeMissing(Scope::VerificationRead));
    }
    let mut inspected = inspected(ports, id).await?;
    let (data, images) = (caller.may(Scope::VerificationReadPii), caller.may(Scope::ImagesRead));
    let statement = if data || images { ports.store().statement(id).await? } else { None };
    let Some(statement) = statement else { return Ok(inspected) };
    inspected.images_expire_at = image_links(statement.expose()).expire_at();
    if data {
        let document = document(statement.expose());
        // Where there are none, nothing is read.
        if !document.is_empty() {
            let Verification { id, user, .. } = &inspected.verification;
            let entry = audit::by(caller, AuditAction::DocumentDataRead);
            audit::written(ports, entry.about(*id).of_user(user.clone())).await?;
        }
        inspected.document = document;
    }
    Ok(inspected)
}

/// Any users', newest first. Looking for one user's is written down: it tells what there is of a
/// person.
pub async fn search(
    ports: &Ports,
    caller: &BackendCaller,
    search: Search,
    before: Option<VerificationId>,
    limit: usize,
) -> Result<Page, Error> {
    if !caller.may(Scope::VerificationRead) {
        return Err(Error::ScopeMissing(Scope::VerificationRead));
    }
    if let Some(user) = &search.user {
        let entry = audit::by(caller, AuditAction::UserSearched).of_user(user.clone());
        audit::written(ports, entry).await?;
    }
    Ok(ports.store().search(search, before, limit).await?)
}

/// Any user's, with what happened to it.
pub(super) async fn inspected(ports: &Ports, id: VerificationId) -> Result<Inspected, Error> {
    let verification = ports.store().find(id).await?.ok_or(Error::NotFound)?;
    let timeline = ports.store().timeline(id).await?;
    Ok(Inspected { verification, timeline, document: Document::default(), images_expire_at: None })
}
