//! Handing out everything that is held about a user, a piece at a time: however much there is, one
//! piece is in memory.

use std::{collections::VecDeque, fmt, sync::Arc};

use jiff::Timestamp;

use crate::{
    domain::{AuditActor, AuditRecord, CallbackId, Scope, UserId, VerificationId},
    storage::{AuditFilter, Dossier, HeldRecord, Store, StoredCallback},
    usecase::{Error, Ports},
};

/// How many entries of the access trail are read at a time.
const PAGE: usize = 100;

/// A piece of an export.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Everything about one verification.
    Verification(Box<Dossier>),
    /// A callback that names the user and belongs to no verification.
    Callback(Box<StoredCallback>),
    /// What the law keeps of a verification that was erased.
    Held(HeldRecord),
    /// Who read or did what.
    Access(AuditRecord),
}

/// An export on its way. Pieces come by kind, in the order of [`Piece`].
pub struct Export {
    store: Arc<dyn Store>,
    user: UserId,
    at: Timestamp,
    verifications: VecDeque<VerificationId>,
    callbacks: VecDeque<CallbackId>,
    held: VecDeque<HeldRecord>,
    trail: VecDeque<AuditRecord>,
    /// There is more of the trail, before this entry if one is given.
    is_trail_left: bool,
    before: Option<u64>,
}

/// Begins an export, for whoever `may`. It is in the audit log before anything is handed out.
#[tracing::instrument(skip_all)]
pub async fn export(
    ports: &Ports,
    actor: AuditActor,
    may: impl Fn(Scope) -> bool,
    user: UserId,
) -> Result<Export, Error> {
    if !may(Scope::SubjectExport) {
        return Err(Error::ScopeMissing(Scope::SubjectExport));
    }
    begin(Arc::clone(&ports.parts.store), actor, user, ports.now()).await
}

/// Begins an export out of a store, for whoever may have all of it.
pub async fn begin(
    store: Arc<dyn Store>,
    actor: AuditActor,
    user: UserId,
    at: Timestamp,
) -> Result<Export, Error> {
    let there = store.begin_export(user.clone(), actor, at).await?;
    Ok(Export {
        store,
        user,
        at,
        verifications: there.verifications.into(),
        callbacks: there.callbacks.into(),
        held: there.held.into(),
        trail: VecDeque::new(),
        is_trail_left: true,
        before: None,
    })
}

impl Export {
    /// Whose.
    pub const fn user(&self) -> &UserId {
        &self.user
    }

    /// When it began.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// The next piece. `None`: that was all.
    pub async fn next(&mut self) -> Result<Option<Piece>, Error> {
        while let Some(id) = self.verifications.pop_front() {
            if let Some(dossier) = self.store.dossier(id, self.user.clone()).await? {
                return Ok(Some(Piece::Verification(Box::new(dossier))));
            }
        }
        while let Some(id) = self.callbacks.pop_front() {
            if let Some(callback) = self.store.stored_callback(id).await? {
                return Ok(Some(Piece::Callback(Box::new(callback))));
            }
        }
        if let Some(held) = self.held.pop_front() {
            return Ok(Some(Piece::Held(held)));
        }
        if self.trail.is_empty() && self.is_trail_left {
            let filter = AuditFilter { user: Some(self.user.clone()), ..AuditFilter::default() };
            let page = self.store.audit_page(filter, self.before, PAGE).await?;
            self.trail = page.items.into();
            (self.is_trail_left, self.before) = (page.next.is_some(), page.next);
        }
        Ok(self.trail.pop_front().map(Piece::Access))
    }
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export").finish_non_exhaustive()
    }
}
