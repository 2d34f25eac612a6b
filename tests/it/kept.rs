//! Callbacks that could not be applied: that they hold nobody up, and how an operator looks after
//! them, on the admin listener and on the command line.

use std::{process::Command, sync::Arc};

use futures_util::{FutureExt as _, future::BoxFuture};
use gerbang::{
    domain::{
        AllowList, CallbackState, Channel, IssuedCredential, Policy, SubmissionReport, Tasks,
    },
    storage::{KeySource, Options, open as open_store},
    upstream::{InitiateFlow, Provider, SubmissionQuery, UnreadableCallback, UpstreamError},
    usecase::{Admission, Parts, Ports, RedirectRules, callback},
};
use jiff::SignedDuration;
use serde_json::json;

use crate::support::{CALLBACK_KEY, ManualClock, NoImages, PATIENCE, TestApp};

async fn call_back_with(app: &TestApp, body: &'static str) -> u16 {
    let url = format!("{}/callbacks/provider", app.base_url);
    let request = app.http.post(url).header("x-callback-key", CALLBACK_KEY).body(body);
    app.send(request).await.status
}

async fn admin(app: &TestApp, method: &str, path: &str) -> (u16, String) {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let request = app.http.request(method, format!("{}{path}", app.admin_url));
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Waits until the admin listener says of the newest callback what is looked for.
async fn until(app: &TestApp, path: &str, word: &str) -> String {
    let seen = async {
        loop {
            let (_, text) = admin(app, "GET", path).await;
            if text.contains(word) {
                return text;
            }
            tokio::task::yield_now().await;
        }
    };
    let seen = tokio::time::timeout(PATIENCE, seen).await;
    seen.unwrap_or_else(|_| panic!("{path} never said {word}"))
}

/// `gerbang callbacks …` with the configuration of `app`: its exit code and what it printed.
async fn command(app: &TestApp, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gerbang"));
    command
        .arg("--config")
        .arg(app.directory.path().join("gerbang.toml"))
        .arg("callbacks")
        .args(arguments)
        .env("GERBANG__SERVER__ADMIN_LISTEN", app.admin_url.trim_start_matches("http://"));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

fn id_of(line: &str) -> &str {
    line.split(' ').next().unwrap()
}

const ORPHAN: &str = r#"{"submissionId":"s-orphan","userId":"cust-canary","status":"COMPLETED",
    "partnerSessionId":"of-nobody","result":"VALID"}"#;

#[tokio::test]
async fn operators_list_show_and_replay_while_the_gateway_serves() {
    let app = TestApp::start().await;
    let unreadable = call_back_with(&app, r#"{"userId":"cust-canary"}"#).await;
    let orphan = call_back_with(&app, ORPHAN).await;
    let listed = until(&app, "/admin/callbacks", "state=parked").await;

    let (code, printed) = command(&app, &["list"]).await;
    let aside = printed.lines().find(|line| line.contains("state=aside")).unwrap();
    let shown = command(&app, &["show", id_of(aside)]).await;
    let replayed = command(&app, &["replay", id_of(aside)]).await;
    let path = format!("/admin/callbacks/{}", id_of(aside));
    // It cannot be read now either.
    let after = until(&app, &path, "state=aside reason=unreadable").await;

    assert_eq!((unreadable, orphan, code), (400, 200, Some(0)));
    assert_eq!((printed.lines().count(), listed.contains("canary")), (2, false));
    assert_eq!(shown, (Some(0), format!("{aside}\n")));
    assert!(replayed.1.contains("state=pending") || replayed.1.contains("state=aside"));
    assert!(after.contains("tries=1"), "{after}");
    app.stop().await;
}

#[tokio::test]
async fn operators_list_and_replay_while_no_gateway_runs() {
    let app = TestApp::start().await;
    call_back_with(&app, r#"{"userId":"cust-canary"}"#).await;
    let (_, before) = admin(&app, "GET", "/admin/callbacks?state=aside").await;
    let (database, config) = (app.directory.path().to_owned(), app.directory.path().to_owned());
    let id = id_of(&before).to_owned();
    let run = async move |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gerbang"));
        command.arg("--config").arg(config.join("gerbang.toml")).arg("callbacks").args(arguments);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    };
    let mut printed = Vec::new();

    let app = app
        .restart_after(async || {
            for arguments in [&["list"][..], &["replay", &id], &["show", &id]] {
                let output = run(arguments).await;
                assert!(output.status.success(), "{output:?}");
                printed.push(String::from_utf8(output.stdout).unwrap());
            }
            let unknown = run(&["show", "cbk_01m8398debe9h88802w8wvqcq2"]).await;
            assert_eq!(unknown.status.code(), Some(1));
        })
        .await;

    assert!(database.join("gerbang.db").exists());
    assert_eq!(printed[0], before);
    assert!(printed[1].contains("state=pending") && printed[2] == printed[1], "{printed:?}");
    until(&app, &format!("/admin/callbacks/{id}"), "state=aside").await;
    app.stop().await;
}

#[tokio::test]
async fn the_admin_listener_refuses_what_it_cannot_do_and_web_pages() {
    let app = TestApp::start().await;
    call_back_with(&app, r#"{"userId":"cust-canary"}"#).await;
    let (_, line) = admin(&app, "GET", "/admin/callbacks").await;
    let replay = format!("/admin/callbacks/{}/replay", id_of(&line));

    let page =
        app.http.post(format!("{}{replay}", app.admin_url)).header("origin", "http://x.example");
    let page = page.send().await.unwrap().status().as_u16();
    let unknown = admin(&app, "GET", "/admin/callbacks/cbk_01m8398debe9h88802w8wvqcq2").await;
    let no_id = admin(&app, "POST", "/admin/callbacks/7/replay").await;
    let odd = admin(&app, "GET", "/admin/callbacks?state=lost").await;
    let outside = app.http.get(format!("{}/admin/callbacks", app.base_url)).send().await.unwrap();

    assert_eq!((page, unknown.0, no_id.0, odd.0), (403, 404, 404, 400));
    assert_eq!(outside.status().as_u16(), 404, "the public listener knows nothing of it");
    app.stop().await;
}

#[tokio::test]
async fn a_callback_for_nobody_is_applied_once_its_submission_is_known() {
    let app = TestApp::builder().without_callbacks().start().await;
    let token = app.token("cust-1", "01");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    app.provider.finish_capture(&app.session(&id).await).unwrap();
    app.provider.wait_until(|provider| provider.scripts_running() == 0).await;
    let submission = app.provider.submissions().pop().unwrap().submission_id;
    // It names no session, and nobody has read the submission yet.
    app.call_back(json!({
        "submissionId": submission, "userId": "cust-1", "userIdType": "EXAMPLE_APP_USER_ID",
        "status": "COMPLETED", "result": "VALID",
    }))
    .await;
    until(&app, "/admin/callbacks", "state=parked").await;

    app.report_capture(&token, &id, json!({ "outcome": "completed" })).await;
    app.advance(SignedDuration::from_secs(20)).await;
    app.wait_for(&app.token("cust-1", "01"), &id, &["approved"]).await;
    app.advance(SignedDuration::from_hours(1)).await;

    let done = until(&app, "/admin/callbacks?state=done", "state=done").await;
    assert!(done.contains(&format!("verification={id}")), "{done}");
    app.stop().await;
}

/// A provider whose statements are whatever the body says first: `panic`, or a readable one.
struct Moody;

impl Provider for Moody {
    fn initiate<'a>(
        &'a self,
        _: &'a InitiateFlow,
    ) -> BoxFuture<'a, Result<IssuedCredential, UpstreamError>> {
        futures_util::future::pending().boxed()
    }

    fn submission<'a>(
        &'a self,
        _: &'a SubmissionQuery,
    ) -> BoxFuture<'a, Result<Option<SubmissionReport>, UpstreamError>> {
        futures_util::future::pending().boxed()
    }

    fn read_callback(&self, body: &[u8]) -> Result<SubmissionReport, UnreadableCallback> {
        assert!(!body.starts_with(b"panic"), "as a bug would");
        Err(UnreadableCallback("of no form at all"))
    }

    fn may_repeat(&self) -> bool {
        false
    }

    fn offers(&self, _: Channel) -> bool {
        true
    }
}

#[tokio::test]
async fn one_that_makes_us_panic_holds_nobody_up_and_ends_aside() {
    let folder = tempfile::tempdir().unwrap();
    let keys = KeySource::Generate(folder.path().join("keys.json"));
    let store =
        open_store(Options::new(folder.path().join("gerbang.db"), keys)).await.unwrap().store;
    let clock = ManualClock::new();
    let ports = Ports::new(Parts {
        store: Arc::clone(&store),
        provider: Arc::new(Moody),
        directory: None,
        images: Arc::new(NoImages),
        couriers: Vec::new(),
        clock: clock.shared(),
        tasks: Tasks::on_current_runtime(),
        policy: Policy::default(),
        retention: gerbang::domain::Retention::default(),
        redirects: RedirectRules { allowed: AllowList::default(), default: None, through: None },
        sdk: None,
        admission: Admission::new(64, 0, std::time::Duration::ZERO),
        start_deadline: SignedDuration::from_secs(10),
        attempt_deadline: SignedDuration::from_secs(30),
    });
    let keep = async |body: &str| {
        let body = gerbang::domain::Pii::new(body.as_bytes().to_vec());
        let fingerprint = gerbang::storage::CallbackFingerprint::default();
        let received_at = gerbang::domain::Clock::now(&clock);
        let new = gerbang::storage::NewCallback { body, fingerprint, received_at };
        store.keep_callback(new).await.unwrap()
    };
    // More of them than are fetched at a time, all older than the one behind them.
    let mut odd = Vec::new();
    for number in 0..300 {
        odd.push(keep(&format!("panic {number}")).await);
    }
    clock.advance(SignedDuration::from_secs(1));
    let behind = keep("unreadable").await;

    callback::apply_due(&ports).await.unwrap();

    let state = async |id| store.find_callback(id).await.unwrap().unwrap().state;
    assert_eq!(state(behind).await, CallbackState::Aside);
    assert_eq!(state(odd[0]).await, CallbackState::Pending);
    for _ in 0..30 {
        clock.advance(SignedDuration::from_hours(1));
        callback::apply_due(&ports).await.unwrap();
    }
    let given_up = store.find_callback(odd[299]).await.unwrap().unwrap();
    assert_eq!(given_up.state, CallbackState::Aside);
    assert_eq!(given_up.reason.unwrap().as_str(), "failing");
    assert!(given_up.tries > 20);
}

#[tokio::test]
async fn what_operators_ask_in_a_wrong_way_is_refused_and_not_guessed_at() {
    let app = TestApp::start().await;

    let too_many = admin(&app, "GET", "/admin/callbacks?limit=1001").await;
    let as_many_as_may_be = admin(&app, "GET", "/admin/callbacks?limit=1000").await;
    let url = format!("{}/admin/callbacks", app.admin_url);
    let wrong_method = app.http.delete(url).send().await.unwrap();

    assert_eq!(too_many, (400, "limit: at most 1000\n".to_owned()));
    assert_eq!(as_many_as_may_be, (200, String::new()));
    assert_eq!(wrong_method.status(), 405);
    assert_eq!(wrong_method.headers()["allow"], "GET");
}
