//! Forgetting what has outlived its use, as the retention settings say.

use jiff::{SignedDuration, Timestamp};

use super::{error::Error, ports::Ports};

/// How much is forgotten in one transaction, so that a rush of it holds nobody else up.
const BATCH: usize = 200;
/// The same of what is heavy: each of these has to be unsealed, and takes rows of other tables along.
const HEAVY: usize = 50;

/// Forgets whatever's time is over, a batch of each class at a time; says how much.
pub async fn forget_due(ports: &Ports) -> Result<usize, Error> {
    let (store, retention) = (ports.store(), &ports.parts.retention);
    let before = |life: SignedDuration| ports.now().saturating_sub(life).unwrap_or(Timestamp::MIN);
    let mut total = 0_usize;
    loop {
        let requests = store.forget_requests(ports.now(), BATCH).await?;
        let returns = store.forget_returns(ports.now(), BATCH).await?;
        let callbacks = store.forget_callbacks(retention, ports.now(), BATCH).await?;
        let webhooks = store.forget_deliveries(before(retention.webhooks), BATCH).await?;
        let submissions = before(retention.submissions_held());
        let submissions = store.forget_submissions(submissions, BATCH).await?;
        let erased = store.forget_erased(ports.now(), BATCH).await?;
        let verifications = before(retention.verifications_held());
        let verifications = store.forget_verifications(verifications, HEAVY).await?;
        let contacts = before(retention.contacts_held());
        let contacts = store.forget_contacts(contacts, HEAVY).await?;
        let credentials = store.forget_credentials(before(retention.credentials), HEAVY).await?;
        let heavy = [verifications, contacts, credentials];
        let counts = [requests, returns, callbacks, webhooks, submissions, erased];
        total = counts.iter().chain(&heavy).fold(total, |sum, count| sum.saturating_add(*count));
        if submissions + callbacks + erased > 0 || heavy.iter().any(|count| *count > 0) {
            // Bytes in the log are as good as bytes in the file.
            ports.erased.notify_one();
        }
        let is_over = counts.iter().all(|count| *count < BATCH);
        if is_over && heavy.iter().all(|count| *count < HEAVY) {
            break;
        }
    }
    // Last: a log that was tampered with is not pruned, and that must not keep the rest.
    while store.prune_audit(before(retention.audit), BATCH, ports.now()).await? == BATCH {}
    Ok(total)
}
