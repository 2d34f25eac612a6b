//! What is written down of reads of personal data, and who may look at that.
//!
//! Invariant: no entry, no read. Whoever hands out personal data calls `written` first, and hands out
//! nothing if that fails.

pub use crate::storage::AuditFilter;
use crate::{
    domain::{AuditAction, AuditActor, AuditEntry, AuditHead, BackendCaller, Scope},
    storage::AuditPage,
    usecase::{Error, Ports},
};

/// Writes down that the gateway starts; `configuration` tells one configuration from another.
pub async fn note_start(ports: &Ports, configuration: String) -> Result<(), Error> {
    let entry = AuditEntry::new(AuditAction::ConfigurationStarted, AuditActor::Gateway);
    written(ports, entry.detail(configuration)).await
}

/// Says in the log where the chain stands, unless that is where it stood when it was `told` last: whoever
/// cuts off its end later would have to change the log as well. Says where it stands.
pub async fn tell_head(ports: &Ports, told: Option<AuditHead>) -> Result<AuditHead, Error> {
    let head = ports.store().audit_head().await?;
    if told != Some(head) {
        tracing::info!(audit.head = %head, "the audit log stands here");
    }
    Ok(head)
}

/// Entries, newest first. Looking at them is one itself.
pub async fn list(
    ports: &Ports,
    caller: &BackendCaller,
    filter: AuditFilter,
    before: Option<u64>,
    limit: usize,
) -> Result<AuditPage, Error> {
    if !caller.may(Scope::AuditRead) {
        return Err(Error::ScopeMissing(Scope::AuditRead));
    }
    let mut entry = by(caller, AuditAction::AuditRead);
    (entry.user, entry.verification) = (filter.user.clone(), filter.verification);
    written(ports, entry).await?;
    Ok(ports.store().audit_page(filter, before, limit).await?)
}

/// An entry about what `caller` does.
pub(super) fn by(caller: &BackendCaller, action: AuditAction) -> AuditEntry {
    AuditEntry::new(action, AuditActor::Backend(caller.client.clone()))
}

/// Writes an entry; on `Ok` it is durable.
pub(super) async fn written(ports: &Ports, entry: AuditEntry) -> Result<(), Error> {
    ports.store().append_audit(entry, ports.now()).await?;
    Ok(())
}
