//! A new key while the gateway serves: nobody notices, and everything comes under it.

use std::{
    path::PathBuf,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use futures_util::future::{join, join_all};
use gerbang::storage::{KeySource, Options, open as open_store, rotate_key_ring};
use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    storage::started,
    support::{Issuer, PATIENCE, Process, TestApp, write_settings},
};

/// `gerbang keys …` with the configuration in `directory` of a gateway whose admin listener is
/// `admin`: its exit code, what it printed and what it complained about.
async fn command(directory: PathBuf, admin: &str, what: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gerbang"));
    command
        .arg("--config")
        .arg(directory.join("gerbang.toml"))
        .args(["keys", what])
        .env("GERBANG__SERVER__ADMIN_LISTEN", admin.trim_start_matches("http://"));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

impl TestApp {
    async fn keys(&self, what: &str) -> (Option<i32>, String, String) {
        command(self.directory.path().to_owned(), &self.admin_url, what).await
    }

    fn ring(&self) -> Value {
        let text = std::fs::read(self.directory.path().join("keys.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}

/// Waits until the admin listener says that nothing is under a retired key.
async fn until_moved(http: &reqwest::Client, admin: &str) -> String {
    let moved = async {
        loop {
            let answer = http.get(format!("{admin}/admin/keys")).send().await.unwrap();
            let text = answer.text().await.unwrap();
            let mut retired = text.lines().filter(|line| line.contains("state=retired"));
            if retired.all(|line| line.contains("removable=yes")) {
                return text;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, moved).await.expect("everything under one key, in time")
}

/// A verification that was made under load, and how it ended up.
struct Made {
    user: String,
    id: String,
    status: &'static str,
}

/// Starts, captures and reads until it is told to end; says what it made.
async fn busy(app: &TestApp, lane: usize, over: &AtomicBool, done: &AtomicU64) -> Vec<Made> {
    let mut all = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let user = format!("cust-{lane}-{}", all.len());
        let token = app.token(&user, "0001");
        let started = app.start_verification(&token, json!({ "channel": "sdk" })).await;
        assert_eq!(started.status, 201, "{}", started.json());
        let id = started.text("/id");
        let session = app.provider.newest_session(&user).unwrap().session_id;
        app.provider.finish_capture(&session).unwrap();
        let read = app.get_verification(&token, &id).await;
        assert_eq!(read.status, 200, "{}", read.json());
        let resumed = app.start_verification(&token, json!({ "channel": "sdk" })).await;
        app.wait_for(&token, &id, &["approved"]).await;
        match resumed.status {
            200 => assert_eq!(resumed.text("/id"), id),
            // The verdict was faster, so there was nothing to resume.
            201 => {
                all.push(Made { user: user.clone(), id: resumed.text("/id"), status: "pending" });
            }
            _ => panic!("{}", resumed.json()),
        }
        all.push(Made { user, id, status: "approved" });
        done.fetch_add(1, Ordering::Relaxed);
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotations_under_load_fail_no_request_and_lose_nothing() {
    const ROTATIONS: usize = 3;
    let app = TestApp::start().await;
    let (over, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let rotating = async {
        for round in 1..=ROTATIONS {
            // Something is to be moved each time, and something comes while it is.
            let enough = u64::try_from(4 * round).unwrap();
            while done.load(Ordering::Relaxed) < enough {
                tokio::task::yield_now().await;
            }
            let (code, said, complaint) = app.keys("rotate").await;
            assert_eq!((code, complaint.as_str()), (Some(0), ""), "{said}");
            until_moved(&app.http, &app.admin_url).await;
        }
        over.store(true, Ordering::Relaxed);
    };

    let load = join_all((0..4).map(|lane| busy(&app, lane, &over, &done)));
    let (all, ()) = join(load, rotating).await;

    let all: Vec<_> = all.into_iter().flatten().collect();
    assert!(all.len() >= 4 * ROTATIONS, "{}", all.len());
    let (_, status, _) = app.keys("status").await;
    assert_eq!(status.lines().count(), ROTATIONS + 2, "{status}");
    assert_eq!(status.matches("verifications=0 callbacks=0 removable=yes").count(), ROTATIONS);
    assert!(status.contains(&format!("state=active verifications={}", all.len())), "{status}");
    let mut ring = app.ring();
    let file = app.directory.path().join("keys.json");
    let app = app
        .restart_after(async || {
            ring["keys"].as_array_mut().unwrap().retain(|key| key["state"] == "active");
            std::fs::write(file, ring.to_string()).unwrap();
        })
        .await;
    for Made { user, id, status } in &all {
        let seen = app.get_verification(&app.token(user, "0001"), id).await;
        assert_eq!(seen.text("/status"), *status, "{}", seen.json());
    }
    app.stop().await;
}

#[tokio::test]
async fn the_commands_work_with_a_gateway_and_without_and_print_no_key() {
    let app = TestApp::start().await;
    app.start_verification(&app.token("cust-1", "0001"), json!({ "channel": "sdk" })).await;

    let before = app.keys("status").await;
    let rotated = app.keys("rotate").await;
    let moved = until_moved(&app.http, &app.admin_url).await;
    let nobody = command(app.directory.path().to_owned(), "http://127.0.0.1:9", "rotate").await;
    let ring = app.ring();
    let directory = Arc::clone(&app.directory);
    app.stop().await;
    let alone = command(directory.path().to_owned(), "http://127.0.0.1:9", "rotate").await;
    let after = command(directory.path().to_owned(), "http://127.0.0.1:9", "status").await;

    assert_eq!((before.0, rotated.0, alone.0, after.0), (Some(0), Some(0), Some(0), Some(0)));
    assert!(before.1.contains("state=active verifications=1 callbacks=0 removable=no"));
    assert!(rotated.1.contains("seals from now on"), "{}", rotated.1);
    assert!(moved.contains("state=retired verifications=0 callbacks=0 removable=yes"), "{moved}");
    // A gateway that cannot be asked is no reason to go on alone.
    assert_eq!(nobody.0, Some(1));
    assert!(nobody.2.contains("cannot be asked"), "{}", nobody.2);
    assert_eq!(ring["keys"].as_array().unwrap().len(), 3);
    assert!(after.1.contains("state=retired verifications=1 callbacks=0 removable=no"));
    for key in ring["keys"].as_array().unwrap() {
        let key = key["key"].as_str().unwrap();
        for (_, said, complaint) in [&before, &rotated, &nobody, &alone, &after] {
            assert!(!said.contains(key) && !complaint.contains(key));
        }
    }
}

#[tokio::test]
async fn a_ring_put_there_by_others_is_taken_up_within_a_minute() {
    let app = TestApp::start().await;
    app.start_verification(&app.token("cust-1", "0001"), json!({ "channel": "sdk" })).await;
    app.idle().await;

    rotate_key_ring(&app.directory.path().join("keys.json")).unwrap();
    app.advance(jiff::SignedDuration::from_mins(1)).await;
    let moved = async {
        loop {
            let text = until_moved(&app.http, &app.admin_url).await;
            if text.contains("state=retired") {
                return text;
            }
        }
    };
    let moved = tokio::time::timeout(PATIENCE, moved).await.unwrap();

    assert!(moved.contains("state=active verifications=1"), "{moved}");
    app.stop().await;
}

#[tokio::test]
async fn the_admin_listener_reloads_for_no_web_page_and_says_what_is_wrong() {
    let app = TestApp::start().await;
    let reload = || app.http.request(Method::POST, format!("{}/admin/keys/reload", app.admin_url));
    let ring = app.directory.path().join("keys.json");

    let page = reload().header("Origin", "https://elsewhere.example").send().await.unwrap();
    let fine = reload().send().await.unwrap();
    std::fs::write(&ring, "{}").unwrap();
    let odd = reload().send().await.unwrap();
    let status = app.keys("status").await.1;

    assert_eq!((page.status().as_u16(), fine.status().as_u16()), (403, 200));
    assert_eq!(odd.status().as_u16(), 503);
    assert!(odd.text().await.unwrap().contains("not a key ring"));
    assert!(status.contains("cannot be used"), "{status}");
    let token = app.token("cust-1", "0001");
    let started = app.start_verification(&token, json!({ "channel": "sdk" })).await;
    assert_eq!(started.status, 201);
    app.stop().await;
}

#[tokio::test]
async fn a_damaged_row_keeps_its_key_needed_while_the_others_move() {
    let app = TestApp::start().await;
    for user in ["cust-1", "cust-2", "cust-3"] {
        app.start_verification(&app.token(user, "0001"), json!({ "channel": "sdk" })).await;
    }
    let damage = "UPDATE verifications SET data_key = zeroblob(61) WHERE number = 2";
    let conn = Connection::open(app.directory.path().join("gerbang.db")).unwrap();
    assert_eq!(conn.execute(damage, []).unwrap(), 1);

    assert_eq!(app.keys("rotate").await.0, Some(0));
    let reload = || app.http.post(format!("{}/admin/keys/reload", app.admin_url)).send();
    let moved = async {
        while !reload().await.unwrap().text().await.unwrap().contains("active verifications=2") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, moved).await.expect("the others moved, in time");

    // Every reload is another chance to let the key go.
    for _ in 0..20 {
        let status = reload().await.unwrap().text().await.unwrap();
        assert!(
            status.contains("state=retired verifications=1 callbacks=0 removable=no"),
            "{status}"
        );
    }
    app.stop().await;
}

/// Rows that take many steps to move.
const MANY: usize = 1500;

/// How many data keys of verifications are under `key`, in a file that somebody else writes.
fn under(database: &std::path::Path, key: &str) -> usize {
    let conn = Connection::open(database).unwrap();
    let sql = "SELECT count(*) FROM verifications WHERE key_id = ?1";
    usize::try_from(conn.query_row(sql, [key], |row| row.get::<_, i64>(0)).unwrap()).unwrap()
}

#[tokio::test]
async fn a_rewrap_killed_half_way_is_finished_by_the_next_process() {
    gerbang::auth::install_crypto();
    let directory = tempfile::tempdir().unwrap();
    write_settings(&directory, "http://127.0.0.1:9", &Issuer::new("apps"), "");
    let (database, keys) =
        (directory.path().join("gerbang.db"), directory.path().join("keys.json"));
    let options = || Options::new(database.clone(), KeySource::Generate(keys.clone()));
    let users: Vec<_> = (0..MANY).map(|number| format!("cust-{number}")).collect();
    let store = open_store(options()).await.unwrap().store;
    let started = join_all(users.iter().map(|user| started(&*store, user))).await;
    store.close().await;
    drop(store);

    let mut tries = 0;
    let (active, process_killed_at) = loop {
        let rotation = rotate_key_ring(&keys).unwrap();
        let process = Process::start(&directory);
        while under(&database, &rotation.active) == 0 {
            tokio::task::yield_now().await;
        }
        process.kill();
        let moved = under(&database, &rotation.active);
        if moved < MANY {
            break (rotation.active, moved);
        }
        tries += 1;
        assert!(tries < 20, "never killed half way");
    };
    let process = Process::start(&directory);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let status = until_moved(&http, &process.admin_url).await;
    process.terminate();

    assert!((1..MANY).contains(&process_killed_at), "{process_killed_at}");
    assert!(status.contains(&format!("state=active verifications={MANY} ")), "{status}");
    assert_eq!(under(&database, &active), MANY);
    let mut ring: Value = serde_json::from_slice(&std::fs::read(&keys).unwrap()).unwrap();
    ring["keys"].as_array_mut().unwrap().retain(|key| key["state"] == "active");
    std::fs::write(&keys, ring.to_string()).unwrap();
    let store = open_store(options()).await.unwrap().store;
    for (verification, _) in started {
        assert!(store.find(verification.id).await.unwrap().is_some());
    }
}
