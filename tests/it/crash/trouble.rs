//! A disk that takes nothing more, and a database that somebody else holds: nothing is promised then,
//! nothing promised is lost, and nobody has to restart anything.

use std::process::Command;

use futures_util::future::join_all;
use gerbang::sandbox::{Fault, FaultRule, Operation};
use rusqlite::Connection;

use super::{
    bed::{Answer, Bed, once},
    file,
};
use crate::support::{PATIENCE, Process};

/// Lets the process write files up to so many bytes: a disk that is full, for one process.
fn limit(process: &Process, bytes: &str) {
    let limit = format!("--fsize={bytes}:");
    let set = Command::new("prlimit").args(["--pid", &process.pid(), &limit]).status();
    assert!(set.unwrap().success());
}

fn refusal(answer: &Answer) -> (u16, String, bool) {
    let problem = answer.json()["type"].as_str().unwrap().to_owned();
    (answer.status.as_u16(), problem, answer.headers.contains_key("retry-after"))
}

fn refused() -> (u16, String, bool) {
    (503, "/problems/overloaded".to_owned(), true)
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing_and_is_got_over() {
    let bed = Bed::new();
    let process = bed.raise();
    let base = process.base_url.clone();
    let first = once(bed.start(&base, "cust-1")).await.unwrap();
    bed.capture("cust-1");
    let id = first.json()["id"].as_str().unwrap().to_owned();

    limit(&process, "4096");
    let start = once(bed.start(&base, "cust-2")).await.unwrap();
    let callback = once(bed.call_back(&base, "cust-1")).await.unwrap();
    let read = once(bed.list(&base, "cust-1")).await.unwrap();
    let probes = (bed.asked(&process, "/readyz").await, bed.asked(&process, "/livez").await);
    limit(&process, "unlimited");
    bed.ready(&process, 200).await;
    let resumed = once(bed.start(&base, "cust-1")).await.unwrap();
    let later = once(bed.start(&base, "cust-2")).await.unwrap();
    let kept = once(bed.call_back(&base, "cust-1")).await.unwrap();
    bed.approved(&base, "cust-1").await;

    assert_eq!((refusal(&start), refusal(&callback)), (refused(), refused()));
    assert_eq!((read.status.as_u16(), probes), (200, (503, 200)));
    assert_eq!((resumed.json()["id"].as_str(), resumed.status.as_u16()), (Some(&*id), 200));
    assert_eq!((later.status.as_u16(), kept.status.as_u16()), (201, 200));
    process.kill();
    file::look(&bed.directory);
    bed.stop().await;
}

#[tokio::test]
async fn a_credential_that_comes_while_the_disk_is_full_is_written_down_later() {
    let bed = Bed::new();
    let process = bed.raise();
    bed.provider.push_fault(FaultRule::once(Operation::Initiate, Fault::Hang));
    let start = once(bed.start(&process.base_url, "cust-1"));
    let trouble = async {
        bed.provider.wait_for_calls(Operation::Initiate, 1).await;
        limit(&process, "4096");
        bed.provider.clear_faults();
        bed.ready(&process, 503).await;
        limit(&process, "unlimited");
    };

    let (started, ()) = futures_util::future::join(start, trouble).await;
    let started = started.unwrap();
    process.kill();
    let process = bed.raise();
    let resumed = once(bed.start(&process.base_url, "cust-1")).await.unwrap();

    assert_eq!((started.status.as_u16(), resumed.status.as_u16()), (201, 200));
    assert_eq!(resumed.json()["sdkToken"], started.json()["sdkToken"]);
    assert_eq!(bed.provider.calls(Operation::Initiate), 1);
    process.kill();
    bed.stop().await;
}

#[tokio::test]
async fn a_database_held_by_another_program_holds_each_caller_up_once() {
    let bed = Bed::new();
    let process = bed.raise();
    let base = process.base_url.clone();
    let users: Vec<_> = (0..20).map(|number| format!("cust-{number}")).collect();
    for user in &users {
        once(bed.start(&base, user)).await.unwrap();
        bed.capture(user);
    }
    let other = Connection::open(bed.directory.path().join("gerbang.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    let callbacks = join_all(users.iter().map(|user| once(bed.call_back(&base, user))));
    let read = once(bed.list(&base, "cust-0"));
    let all = futures_util::future::join(callbacks, read);
    let (callbacks, read) = tokio::time::timeout(PATIENCE, all).await.unwrap();
    let ready = bed.asked(&process, "/readyz").await;
    other.execute_batch("ROLLBACK").unwrap();
    bed.ready(&process, 200).await;
    let again = join_all(users.iter().map(|user| once(bed.call_back(&base, user)))).await;
    for user in &users {
        bed.approved(&base, user).await;
    }

    assert!(callbacks.iter().all(|answer| refusal(answer.as_ref().unwrap()) == refused()));
    assert_eq!((read.unwrap().status.as_u16(), ready), (200, 503));
    assert!(again.iter().all(|answer| answer.as_ref().unwrap().status == 200));
    process.kill();
    bed.stop().await;
}
