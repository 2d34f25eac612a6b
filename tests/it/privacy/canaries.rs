//! Nothing personal and no secret leaves the gateway but to whom it belongs: driven with values
//! that can be recognised, then looked for everywhere.

use std::{
    io, panic,
    path::Path,
    sync::{Arc, Mutex},
};

use gerbang::telemetry::JsonLines;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, prelude::*, registry};

use super::driving;
use crate::{
    contacts::user_service::{Mood, UserService},
    support::{CALLBACK_KEY, TestApp},
    webhooks::receiver::{Receiver, SECRET},
};

/// Everything the process says at its chattiest, in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    fn said(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl io::Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Memory {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Values that nothing but the user's own app, the provider and entitled back ends may ever see.
const CANARIES: [&str; 13] = [
    "canary-user-77",
    "81777333001",
    "canary-reference-77",
    "canary77@",
    "canary-case-77",
    "canary-key-77",
    "9901017777770001",
    "CANARY CONTOH",
    "sandbox-pass-key",
    "directory-key-77",
    CALLBACK_KEY,
    "canary-path-77",
    SECRET,
];

/// Somewhere that must hold none of them.
type Place = (String, Vec<u8>);

/// What of `secrets` stands where.
fn leaks(places: &[Place], secrets: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for (place, bytes) in places {
        let text = String::from_utf8_lossy(bytes);
        let held = secrets.iter().filter(|secret| text.contains(secret.as_str()));
        found.extend(held.map(|secret| format!("{place} holds {secret}")));
    }
    found
}

/// The database, its log, and whatever else lies beside them, but for settings and keys.
fn files(directory: &Path) -> Vec<Place> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let kept = entries.filter(|path| {
        path.extension().is_none_or(|kind| !["toml", "pem", "json"].iter().any(|it| kind == *it))
    });
    kept.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
}

/// The keys of the ring, as its file spells them.
fn ring_keys(directory: &Path) -> Vec<String> {
    let ring = std::fs::read(directory.join("keys.json")).unwrap();
    let ring: Value = serde_json::from_slice(&ring).unwrap();
    let keys = ring["keys"].as_array().unwrap().iter();
    keys.map(|key| key["key"].as_str().unwrap().to_owned()).collect()
}

/// Keeps what panics say, beside whoever else hears it.
fn listen_to_panics() -> Memory {
    let said = Memory::default();
    let (before, ear) = (panic::take_hook(), said.clone());
    panic::set_hook(Box::new(move |panic| {
        ear.0.lock().unwrap().extend(panic.to_string().into_bytes());
        before(panic);
    }));
    said
}

#[tokio::test]
async fn no_personal_value_or_secret_is_found_where_it_does_not_belong() {
    let (log, panics) = (Memory::default(), listen_to_panics());
    // Ours at the finest level; libraries below may trace the bytes they carry by design.
    let filter = EnvFilter::new("info,gerbang=trace");
    let subscriber = registry().with(filter).with(JsonLines(log.clone()));
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let service = UserService::start(Mood::answer(&json!({
        "phoneNumber": "+6281777333001", "phoneVerified": true,
        "phoneReference": "canary-reference-77-dir",
    })))
    .await;
    let receiver = Receiver::start().await;
    let contact = TestApp::builder().contact("[\"claims\", \"proof\", \"directory\"]");
    let builder = contact
        .settings(&service.settings())
        .settings(&receiver.settings("ledger"))
        .redirects("mode = \"gateway\"");
    let mut app = builder.without_callbacks().start().await;
    // A browser's stand-in that goes nowhere by itself.
    app.http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();

    let (seen, mut secrets) = driving::drive(&app).await;
    let id = seen.text("/id");
    secrets.extend(driving::drive_contacts(&app, &service).await);
    secrets.push(driving::drive_images(&app, &id).await);
    receiver.received(1).await;
    let directory = Arc::clone(&app.directory);
    let refused = driving::drive_reads(&app, &id).await;
    let rest = driving::drive_the_rest(&app, &id).await;
    let before = files(directory.path());
    let session = app.session(&id).await;
    let late = driving::callback(&app, &session);
    let rights = driving::drive_rights(&app, late).await;
    let operators = driving::operators_see(&app).await;
    let told = driving::back_ends_were_told(&receiver);
    let running = files(directory.path());
    app.stop().await;

    secrets.extend(ring_keys(directory.path()));
    secrets.extend(CANARIES.map(ToOwned::to_owned));
    assert!(String::from_utf8_lossy(&log.said()).contains(&id), "the log was really read");
    let left_out = driving::routes_left_out(&String::from_utf8_lossy(&operators));
    assert!(left_out.is_empty(), "not driven: {left_out:?}");
    let mut places = vec![
        ("the log".to_owned(), log.said()),
        ("a panic".to_owned(), panics.said()),
        ("what operators see".to_owned(), operators),
        ("the app's view".to_owned(), seen.body),
        ("a refusal".to_owned(), refused),
        ("another answer".to_owned(), rest),
        ("a webhook".to_owned(), told),
        ("a receipt".to_owned(), rights),
    ];
    places.extend(before.into_iter().chain(running).chain(files(directory.path())));
    let named = |end: &str| places.iter().any(|(place, _)| place.ends_with(end));
    assert!(named(".db") && named(".db-wal"), "the database and its log are among the places");
    assert_eq!(leaks(&places, &secrets), Vec::<String>::new());
    what_is_planted_is_found(directory.path(), &log, &secrets);
}

/// Or the search would prove nothing.
fn what_is_planted_is_found(directory: &Path, log: &Memory, secrets: &[String]) {
    tracing::warn!(planted = "canary-user-77", "a leak for the test to find");
    let database = directory.join("gerbang.db");
    let plant = rusqlite::Connection::open(database).unwrap();
    plant.execute_batch("CREATE TABLE planted AS SELECT 'CANARY CONTOH' AS name").unwrap();
    drop(plant);
    let mut planted = vec![("the log".to_owned(), log.said())];
    planted.extend(files(directory));
    let found = leaks(&planted, secrets);
    assert!(found.iter().any(|leak| leak == "the log holds canary-user-77"), "{found:?}");
    let in_database = |leak: &String| leak.contains("gerbang.db") && leak.ends_with("CONTOH");
    assert!(found.iter().any(in_database), "{found:?}");
}
