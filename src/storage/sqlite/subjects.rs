//! A user's rights, as the store serves them.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{ageing, erasing, exporting, store::SqliteStore, sweeps, tombs, verifications::bound};
use crate::{
    domain::{AuditActor, CallbackId, ErasureOrder, ErasureReceipt, Hold, UserId, VerificationId},
    storage::{
        error::StoreError,
        records::whole_millis,
        subjects::{Dossier, Inventory, StoredCallback, Subjects},
    },
};

/// How many entries of the log are applied in one transaction.
const BATCH: usize = 100;

impl Subjects for SqliteStore {
    fn erase(
        &self,
        order: ErasureOrder,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<ErasureReceipt, StoreError>> {
        let log = Arc::clone(&self.erasures);
        self.write(move |tx| erasing::erase(tx, &log, &order, whole_millis(at)))
    }

    fn reapply_erasures(
        &self,
        hold: Hold,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<usize, StoreError>> {
        Box::pin(async move {
            let (found, mut concerned) = (self.erasures.take_found(), 0_usize);
            for some in found.chunks(BATCH) {
                let (some, hold) = (some.to_vec(), hold.clone());
                let applied =
                    self.write(move |tx| erasing::reapply(tx, &some, &hold, whole_millis(at)));
                concerned = concerned.saturating_add(applied.await?);
            }
            Ok(concerned)
        })
    }

    fn begin_export(
        &self,
        user: UserId,
        actor: AuditActor,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<Inventory, StoreError>> {
        self.write(move |tx| exporting::begin(tx, &user, &actor, at))
    }

    fn dossier(
        &self,
        id: VerificationId,
        user: UserId,
    ) -> BoxFuture<'_, Result<Option<Dossier>, StoreError>> {
        self.read(move |snapshot| exporting::dossier(snapshot, id, &user))
    }

    fn stored_callback(
        &self,
        id: CallbackId,
    ) -> BoxFuture<'_, Result<Option<StoredCallback>, StoreError>> {
        self.read(move |snapshot| exporting::callback(snapshot, id))
    }

    fn fold_log(&self) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            let (tell, folded) = oneshot::channel();
            let mut tell = Some(tell);
            self.write(move |tx| {
                tell.take().into_iter().for_each(|tell| tx.fold(tell));
                Ok(())
            })
            .await?;
            Ok(folded.await.unwrap_or(false))
        })
    }

    fn forget_erased(
        &self,
        at: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.write(move |tx| tombs::forget(tx, at, bound(limit)))
    }

    fn forget_submissions(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.write(move |tx| {
            let sql = "DELETE FROM submission_bodies WHERE verification IN
                     (SELECT verification FROM submission_bodies WHERE recorded_at <= ?1 LIMIT ?2)";
            sweeps::forget(tx, sql, before, limit)
        })
    }

    fn forget_verifications(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.write(move |tx| erasing::forget_closed(tx, before, bound(limit)))
    }

    fn forget_contacts(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.write(move |tx| ageing::forget_contacts(tx, before, limit))
    }

    fn forget_credentials(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.write(move |tx| ageing::forget_credentials(tx, before, limit))
    }
}
