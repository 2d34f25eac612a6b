//! The contract on SQLite, and what belongs to a file: durability, keys, versions, privacy.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use gerbang::{
    domain::{CaptureOutcome, News, Status},
    storage::{
        KeyRingError, KeySource, OpenError, OpenedStore, Options, Store, StoreError,
        open as open_store,
    },
};
use tempfile::TempDir;

use super::bed::{at, callback, find, issued, open, policy, record, report, user, valid, wanted};

/// A folder of its own, gone at the end of the test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn database(&self) -> PathBuf {
        self.0.path().join("data").join("gerbang.db")
    }

    fn keys(&self) -> PathBuf {
        self.0.path().join("data").join("keys.json")
    }

    async fn try_open(&self) -> Result<OpenedStore, OpenError> {
        open_store(Options::new(self.database(), KeySource::Generate(self.keys()))).await
    }

    async fn open(&self) -> Arc<dyn Store> {
        self.try_open().await.unwrap().store
    }
}

/// A file as it is, byte for byte; empty if it is not there.
fn bytes(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_default()
}

/// Runs every test of the contract on a store of its own.
macro_rules! contract {
    ($($file:ident: $($name:ident),+;)+) => {
        $(mod $file {
            $(#[tokio::test]
            async fn $name() {
                let folder = crate::storage::sqlite::Folder::new();
                let store = folder.open().await;
                crate::storage::$file::$name(&*store).await;
                store.close().await;
            })+
        })+
    };
}

mod contract {
    contract! {
        starts:
            a_start_is_read_back_as_it_was_written,
            a_hundred_starts_at_once_make_one_verification,
            users_do_not_meet,
            a_credential_with_life_left_is_given_again,
            a_failed_credential_is_replaced_after_asking,
            a_verification_never_issued_is_used_by_the_next_start,
            another_contact_supersedes,
            one_that_waits_for_its_certificate_is_not_superseded,
            a_start_after_the_end_makes_a_new_one,
            the_cap_counts_issued_attempts_of_a_rolling_day,
            renew_asks_first_and_never_resumes,
            renew_of_anothers_or_a_closed_one_hands_out_nothing,
            a_refused_attempt_is_replaced_once,
            an_attempt_that_ends_wakes_those_who_wait_for_it,
            a_late_answer_to_a_replaced_attempt_is_kept;
        results:
            details_settle_the_verification_they_name,
            every_verdict_is_read_back,
            details_of_nobody_of_ours_are_not_readable,
            details_of_another_verification_go_to_it,
            a_result_of_an_expired_one_links_to_the_open_one,
            a_result_links_to_no_open_one_that_has_a_submission,
            an_expired_one_opens_again_while_none_is_newer,
            details_about_another_user_change_nothing,
            the_timeline_tells_what_happened_in_order,
            what_is_not_there_is_none,
            pages_go_from_the_newest_to_the_oldest,
            one_submission_belongs_to_one_verification;
        sweeps:
            a_due_read_is_claimed_by_one_and_comes_back,
            due_reads_come_oldest_first_and_bounded,
            what_outlived_its_time_expires_once,
            an_announced_result_keeps_it_open_until_confirming_ends,
            attempts_under_way_at_a_crash_become_unknown;
        callbacks:
            a_callback_is_kept_then_applied_once,
            without_confirmation_a_callback_decides,
            the_same_body_again_only_counts_up,
            an_orphan_is_parked_and_matched_later,
            a_parked_body_that_comes_again_is_due_at_once,
            orphans_live_thirty_days,
            a_callback_finds_its_verification_by_submission_too,
            a_callback_of_an_expired_one_links_to_the_open_one,
            one_set_aside_is_never_due_again,
            one_put_off_waits_and_counts_the_try,
            due_callbacks_come_oldest_first_and_bounded;
    }
}

#[tokio::test]
async fn what_was_answered_survives_reopening() {
    let folder = Folder::new();
    let first = folder.try_open().await.unwrap();
    let store = first.store;
    let (verification, session) = issued(&*store, "cust-1").await;
    let said = report("sub-1", "cust-1", Some(&session), valid());
    let kept = store.keep_callback(callback(&said, 1)).await.unwrap();
    store.close().await;
    drop(store);

    let second = folder.try_open().await.unwrap();

    assert_eq!(first.generated_keys, Some(folder.keys()));
    assert_eq!(second.generated_keys, None);
    let store = second.store;
    assert_eq!(format!("{:?}", find(&*store, verification.id).await), format!("{verification:?}"));
    let due = store.due_callbacks(at(1), 10).await.unwrap();
    assert_eq!((due.len(), due[0].id), (1, kept));
    store.apply_callback(kept, said, at(2), policy()).await.unwrap();
    assert_eq!(find(&*store, verification.id).await.status, Status::Processing);
}
