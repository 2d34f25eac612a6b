//! The contract on SQLite, and what belongs to a file: durability, versions, privacy.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use super::{
    bed::{at, attempt_of, callback, find, issued, policy, report, valid, wanted},
    folder::{Folder, bytes},
};
use gerbang::{
    domain::Status,
    storage::{KeySource, OpenError, Options, StoreError, open as open_store},
};

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
            the_cap_counts_closed_verifications_too,
            without_an_attempt_left_the_provider_is_not_even_asked,
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
        proofs:
            a_proof_is_good_for_the_verification_it_opened,
            a_used_proof_opens_nothing_else,
            a_used_proof_does_not_resume_a_later_verification,
            a_proof_that_resumes_is_used_too,
            a_start_that_hands_nothing_out_leaves_the_proof_good,
            used_proofs_are_forgotten_when_nobody_would_believe_them;
        sweeps:
            a_due_read_is_claimed_by_one_and_comes_back,
            due_reads_come_oldest_first_and_bounded,
            what_outlived_its_time_expires_once,
            an_announced_result_keeps_it_open_until_confirming_ends,
            one_that_is_given_longer_holds_no_other_up,
            attempts_under_way_at_a_crash_become_unknown,
            reads_claimed_before_a_crash_are_given_back,
            the_end_of_life_comes_although_a_read_is_claimed;
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
        reads:
            announced_results_are_overdue_until_they_are_confirmed;
        kept:
            what_is_left_over_is_listed_newest_first,
            a_replayed_one_is_due_at_once_whatever_became_of_it,
            one_aside_that_comes_again_and_can_be_read_now_is_applied,
            applied_and_aside_ones_are_forgotten_in_time_and_others_never,
            those_aside_are_forgotten_though_others_are_kept_for_longer;
        ageing:
            credentials_go_one_by_one_and_nobody_is_told,
            a_credential_that_comes_late_is_let_go_of_too,
            the_contact_of_a_closed_one_goes_and_of_an_open_one_stays,
            a_few_at_a_time_until_all_are_done,
            a_late_result_finds_the_next_one_without_the_contact,
            one_that_opens_again_without_its_contact_is_still_the_users;
        idempotency:
            a_request_is_held_by_one_go_until_its_lease_ends,
            a_released_request_is_free_at_once,
            an_answer_is_given_again_until_its_end,
            only_the_holder_keeps_an_answer_and_only_one,
            a_credential_of_another_verification_is_not_kept,
            an_answer_is_spent_once_its_credential_was_replaced,
            an_answer_is_spent_at_the_end_of_its_verification,
            an_answer_is_spent_at_the_end_of_its_credential,
            an_answer_without_a_credential_outlives_the_capture,
            what_is_over_is_forgotten_in_batches;
        webhooks:
            a_new_status_leaves_a_webhook_for_each_endpoint,
            without_endpoints_nothing_is_written,
            the_reference_comes_with_what_is_due,
            what_has_arrived_stays_arrived,
            a_disabled_endpoint_keeps_what_waits_for_it,
            an_endpoint_taken_out_is_told_nothing_more,
            old_deliveries_are_forgotten_in_batches;
        returns:
            a_way_back_leads_to_its_attempt_until_its_end,
            a_way_back_of_no_attempt_leads_nowhere,
            ways_back_are_forgotten_in_batches;
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

#[tokio::test]
async fn the_last_reference_closes_in_order_too() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (verification, _) = issued(&*store, "cust-1").await;

    drop(store);

    let log = folder.database().with_extension("db-wal");
    assert!(bytes(&log).is_empty(), "the log was folded into the database");
    find(&*folder.open().await, verification.id).await;
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (verification, _) = issued(&*store, "cust-1").await;

    store.close().await;
    store.close().await;

    assert!(matches!(store.writable().await, Err(StoreError::Closed)));
    assert!(matches!(store.find(verification.id).await, Err(StoreError::Closed)));
}

#[tokio::test]
async fn a_full_queue_refuses_and_what_it_took_is_done() {
    let folder = Folder::new();
    let keys = KeySource::Generate(folder.keys());
    let options = Options { queue: 1, ..Options::new(folder.database(), keys) };
    let store = open_store(options).await.unwrap().store;

    let names: Vec<_> = (0..500).map(|number| format!("cust-{number}")).collect();
    let starts = names.iter().map(|name| store.open(wanted(name), false, at(0), policy()));
    let opened = futures_util::future::join_all(starts).await;

    let (done, refused): (Vec<_>, Vec<_>) = opened.into_iter().partition(Result::is_ok);
    assert!(!done.is_empty() && !refused.is_empty());
    assert!(refused.iter().all(|refused| matches!(refused, Err(StoreError::Overloaded))));
    for done in done.into_iter().flatten() {
        let (verification, _) = attempt_of(done);
        find(&*store, verification.id).await;
    }
}

#[tokio::test]
async fn a_writable_store_is_ready() {
    let folder = Folder::new();
    let store = folder.open().await;

    store.writable().await.unwrap();
}

#[tokio::test]
async fn files_and_folders_are_for_their_owner_alone() {
    let folder = Folder::new();
    let store = folder.open().await;
    issued(&*store, "cust-1").await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;

    assert_eq!(mode(folder.database().parent().unwrap()), 0o700);
    for file in folder.files() {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn no_personal_value_and_no_secret_is_in_any_byte_of_the_files() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (verification, session) = issued(&*store, "cust-canary-1").await;
    let said = report("sub-canary-1", "cust-canary-1", Some(&session), valid());
    let kept = store.keep_callback(callback(&said, 1)).await.unwrap();
    store.apply_callback(kept, said.clone(), at(1), policy()).await.unwrap();
    store.settle(verification.id, said, at(2), policy()).await.unwrap();
    super::idempotency::only_the_holder_keeps_an_answer_and_only_one(&*store).await;
    let way = gerbang::domain::ReturnRef::new();
    store.keep_return(way.clone(), verification.id, session.clone(), at(60)).await.unwrap();

    for file in folder.files() {
        let bytes = bytes(&file);
        for canary in [
            "628127777",
            "cust-canary",
            "sub-canary",
            "otp-canary",
            "mobile-canary",
            "canary-sdk-token",
            "canary-idempotency-key",
            "canary answer",
            "canary-partner-reference",
            "canary-consent-reference",
            "app.example.com",
            "CANARY",
            "9901015403920001",
            session.as_str(),
            &way.expose()[..12],
        ] {
            let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
            assert!(!found, "{canary} in {}", file.display());
        }
    }
    // Not because nothing was written.
    assert_eq!(find(&*store, verification.id).await.status, Status::Approved);
    assert!(folder.files().iter().map(|file| bytes(file).len()).sum::<usize>() > 10_000);
}

#[tokio::test]
async fn a_newer_database_is_left_alone() {
    let folder = Folder::new();
    drop(folder.open().await);
    let mut file = bytes(&folder.database());
    // The user version stands at byte 60 of a database (its file format, section 1.3).
    file[60..64].copy_from_slice(&1000_u32.to_be_bytes());
    fs::write(folder.database(), &file).unwrap();

    let error = folder.try_open().await.unwrap_err();

    assert!(matches!(error, OpenError::Newer { found: 1000, .. }), "{error:?}");
    assert_eq!(bytes(&folder.database()), file);
}

#[tokio::test]
async fn what_is_no_database_is_left_alone() {
    let folder = Folder::new();
    fs::create_dir_all(folder.database().parent().unwrap()).unwrap();
    fs::write(folder.database(), "no database at all, but something dear to somebody").unwrap();

    let error = folder.try_open().await.unwrap_err();

    assert!(matches!(error, OpenError::Database { .. }), "{error:?}");
    assert!(bytes(&folder.database()).starts_with(b"no database at all"));
    assert!(!folder.keys().exists());
}

#[tokio::test]
async fn a_second_process_is_kept_out() {
    let folder = Folder::new();
    let store = folder.open().await;

    let error = folder.try_open().await.unwrap_err();
    drop(store);

    assert!(matches!(error, OpenError::InUse(_)), "{error:?}");
    folder.open().await;
}

#[tokio::test]
async fn a_changed_byte_in_a_sealed_value_is_noticed() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (first, _) = issued(&*store, "cust-1").await;
    let (second, _) = issued(&*store, "cust-2").await;
    drop(store);
    // Somebody with the file, but without the keys, gives one user's identity to another.
    let conn = rusqlite::Connection::open(folder.database()).unwrap();
    conn.execute(
        "UPDATE verifications SET identity =
             (SELECT identity FROM verifications WHERE id = ?1) WHERE id = ?2",
        [first.id.as_bytes(), second.id.as_bytes()],
    )
    .unwrap();
    drop(conn);

    let store = folder.open().await;

    assert!(matches!(store.find(second.id).await, Err(StoreError::Sealed)));
    find(&*store, first.id).await;
}
