//! Destroying what is held about a user.

use crate::{
    domain::{AuditActor, ErasureOrder, ErasureReceipt, Scope, UserId},
    usecase::{Error, Ports},
};

/// Destroys everything held about a user, for one of the partner's servers. What the operator says
/// the law wants is kept, and so said in the receipt.
///
/// Whoever waits for one of the user's verifications is told that it is gone; what is under way finds
/// nothing to add to. The user may start anew at once.
#[tracing::instrument(skip_all)]
pub async fn erase(
    ports: &Ports,
    actor: AuditActor,
    may: impl Fn(Scope) -> bool,
    user: UserId,
) -> Result<ErasureReceipt, Error> {
    if !may(Scope::SubjectErase) {
        return Err(Error::ScopeMissing(Scope::SubjectErase));
    }
    let own = ports.clone();
    // To its end, so that a caller who hangs up does not leave the bytes lying in the log.
    let erased = ports.parts.tasks.carry(async move {
        let retention = &own.parts.retention;
        let order = ErasureOrder {
            user,
            actor,
            hold: retention.hold.clone(),
            remembered: retention.tombstones,
        };
        let receipt = own.store().erase(order, own.now()).await?;
        own.erased.notify_one();
        Ok::<_, Error>(receipt)
    });
    let receipt = erased.await?;
    tracing::info!(
        receipt.hash = receipt.hash,
        verifications = receipt.destroyed.verifications,
        callbacks = receipt.destroyed.callbacks,
        "everything held about a user was destroyed"
    );
    Ok(receipt)
}

/// Destroys once more what the log of erasures says was destroyed, should a backup have brought it
/// back.
pub async fn reapply(ports: &Ports) -> Result<(), Error> {
    let hold = ports.parts.retention.hold.clone();
    let users = ports.store().reapply_erasures(hold, ports.now()).await?;
    if users > 0 {
        tracing::warn!(users, "data that had been erased was there again, and was erased again");
        ports.erased.notify_one();
    }
    Ok(())
}

/// Folds the log into the database's file, so that what was destroyed is in neither. `false`: somebody
/// reads for longer than usual, and it has to be tried again.
pub async fn scrub(ports: &Ports) -> Result<bool, Error> {
    Ok(ports.store().fold_log().await?)
}

/// Completes when something was erased.
pub async fn wait_for_erasure(ports: &Ports) {
    ports.erased.notified().await;
}
