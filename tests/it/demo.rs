//! The demo, started as its command starts it: everything over the page's one origin.

use std::net::TcpListener;
use std::time::Duration;

use gerbang::demo::{Demo, DemoOptions};
use gerbang::sandbox::Operation;
use reqwest::header::HOST;
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

/// How long a verdict may take: the demo's provider plays in real time, if fast.
const PATIENCE: Duration = Duration::from_secs(30);

fn free_ports() -> DemoOptions {
    DemoOptions { port: 0, gateway_port: 0, admin_port: 0, sandbox_port: 0, fast: true }
}

/// The page's side of the demo.
struct App {
    demo: Demo,
    client: Client,
    base: String,
}

impl App {
    async fn start() -> Self {
        let demo = Demo::start(free_ports()).await.unwrap();
        let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let base = format!("http://{}", demo.addr());
        Self { demo, client, base }
    }

    async fn send(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Response {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    async fn json(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Value {
        let response = self.send(method, path, token, body).await;
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.json().await.unwrap()
    }

    async fn sign_in(&self, contact: &str) -> (String, String) {
        let body = Some(json!({ "contact": contact }));
        let session = self.json(Method::POST, "/demo/session", "", body).await;
        let text = |name: &str| session[name].as_str().unwrap().to_owned();
        (text("accessToken"), text("userId"))
    }

    /// Starts and captures, as a person does; the verification's path and the user's token.
    async fn captured(&self, contact: &str) -> (String, String) {
        let (token, user) = self.sign_in(contact).await;
        let body = Some(json!({ "channel": "sdk" }));
        let started = self.json(Method::POST, "/v1/verifications", &token, body).await;
        let path = format!("/v1/verifications/{}", started["id"].as_str().unwrap());
        let control = self.demo.sandbox().control();
        let session = control.newest_session(&user).unwrap();
        control.finish_capture(&session.session_id).unwrap();
        let hint = Some(json!({ "outcome": "completed" }));
        self.json(Method::POST, &format!("{path}/capture"), &token, hint).await;
        (path, token)
    }

    /// Goes through a verification and answers what the back end was told of it up to the verdict,
    /// as status and revision.
    async fn told_of(&self, contact: &str) -> Vec<(String, u64)> {
        let (path, token) = self.captured(contact).await;
        let verdict = self.verdict(&path, &token).await;
        assert_eq!(verdict["status"], "approved", "{contact}");
        let asked =
            format!("/demo/webhooks?verification={}&wait=5", verdict["id"].as_str().unwrap());
        let told = async {
            let (mut told, mut after) = (Vec::new(), 0);
            while !told.iter().any(|(_, revision)| *revision == verdict["revision"]) {
                let path = format!("{asked}&after={after}");
                let items = self.json(Method::GET, &path, "", None).await["items"].take();
                for item in items.as_array().unwrap() {
                    after = item["number"].as_u64().unwrap();
                    let data = &item["body"]["data"];
                    let status = data["status"].as_str().unwrap().to_owned();
                    told.push((status, data["revision"].as_u64().unwrap()));
                }
            }
            told
        };
        tokio::time::timeout(PATIENCE, told).await.unwrap()
    }

    /// Long-polls until there is nothing more to wait for.
    async fn verdict(&self, path: &str, token: &str) -> Value {
        let wait = async {
            loop {
                let view = self.json(Method::GET, &format!("{path}?wait=2"), token, None).await;
                if view["nextAction"] != "wait" {
                    return view;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_shows_an_approved_and_a_rejected_verification() {
    let app = App::start().await;

    let (path, token) = app.captured("6281200000000").await;
    let approved = app.verdict(&path, &token).await;
    let (path, token) = app.captured("demo+14@partner.example").await;
    let rejected = app.verdict(&path, &token).await;

    assert_eq!(approved["status"], "approved");
    assert_eq!(rejected["status"], "rejected");
    assert_eq!(rejected["reason"]["code"], "face_not_verified");
    app.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_approves_a_verification_whose_callback_never_comes() {
    let app = App::start().await;

    let (path, token) = app.captured("6281200000060").await;
    let verdict = app.verdict(&path, &token).await;

    assert_eq!(verdict["status"], "approved");
    let control = app.demo.sandbox().control();
    assert_eq!(control.callbacks_delivered(), 0);
    assert!(control.calls(Operation::Details) > 0);
    app.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_tells_the_back_end_each_change_once_whatever_the_callbacks_do() {
    let app = App::start().await;

    let duplicated = app.told_of("6281200000061").await;
    let reordered = app.told_of("6281200000063").await;
    let missing = app.told_of("6281200000060").await;

    for (name, told) in [("duplicated", duplicated), ("reordered", reordered), ("missing", missing)]
    {
        let revisions: Vec<_> = told.iter().map(|(_, revision)| *revision).collect();
        let mut once = revisions.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), revisions.len(), "{name}: {told:?}");
        let approvals = told.iter().filter(|(status, _)| status == "approved").count();
        assert_eq!(approvals, 1, "{name}: {told:?}");
        let newest = told.iter().max_by_key(|(_, revision)| *revision).unwrap();
        assert_eq!(newest.0, "approved", "{name}: {told:?}");
        let other = |status: &str| {
            !["pending", "processing", "partially_completed", "approved"].contains(&status)
        };
        assert!(told.iter().all(|(status, _)| !other(status)), "{name}: {told:?}");
    }
    app.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_takes_no_webhook_without_a_signature() {
    let app = App::start().await;
    let forged = json!({ "type": "verification.updated", "data": { "id": "ver_forged" } });

    let refused = app.send(Method::POST, "/demo/webhooks", "", Some(forged)).await;
    let shown = app.json(Method::GET, "/demo/webhooks?verification=ver_forged", "", None).await;

    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(shown, json!({ "items": [] }));
    app.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_passes_events_on_as_they_come() {
    let app = App::start().await;
    let (path, token) = app.captured("6281200000000").await;

    let mut stream = app.send(Method::GET, &format!("{path}/events"), &token, None).await;
    let (mut told, mut before_the_end) = (String::new(), false);
    while let Some(piece) = stream.chunk().await.unwrap() {
        before_the_end |= !told.is_empty();
        told.push_str(std::str::from_utf8(&piece).unwrap());
    }

    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    assert!(before_the_end && told.starts_with("retry: "), "{told}");
    assert!(told.contains(r#""status":"approved""#), "{told}");
    app.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_shows_what_an_expired_token_meets() {
    let app = App::start().await;
    let body = Some(json!({ "contact": "6281200000000", "expired": true }));
    let session = app.json(Method::POST, "/demo/session", "", body).await;
    let token = session["accessToken"].as_str().unwrap();

    let refused = app.send(Method::GET, "/v1/verifications", token, None).await;
    let (good, user) = app.sign_in("6281200000000").await;
    let listed = app.send(Method::GET, "/v1/verifications", &good, None).await;

    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(listed.status(), StatusCode::OK);
    assert_eq!(session["userId"], user);
    app.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_lets_the_back_end_see_what_the_app_does_not() {
    let app = App::start().await;
    let (path, user_token) = app.captured("6281200000001").await;
    app.verdict(&path, &user_token).await;
    let session = app.json(Method::POST, "/demo/service-session", "", None).await;
    let token = session["serviceToken"].as_str().unwrap();
    let path = path.replace("/v1/", "/v1/backend/");

    let view = app.json(Method::GET, &path, token, None).await;
    let refused = app.send(Method::GET, &path, &user_token, None).await;

    assert_eq!(view["submission"]["result"], "VALID");
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    app.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_page_answers_to_its_own_name_and_passes_only_v1() {
    let app = App::start().await;

    let page = app.send(Method::GET, "/", "", None).await;
    let foreign = app.client.get(&app.base).header(HOST, "attacker.example").send().await.unwrap();
    let callback = app.send(Method::POST, "/callbacks/provider", "", Some(json!({}))).await;
    let climbing = app.send(Method::GET, "/v1/%2e%2e/openapi.yaml", "", None).await;
    let no_token = app.send(Method::GET, "/v1/verifications", "", None).await;
    let no_contact = app.send(Method::POST, "/demo/session", "", Some(json!({}))).await;

    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(foreign.status(), StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(callback.status(), StatusCode::NOT_FOUND);
    assert_eq!(climbing.status(), StatusCode::NOT_FOUND);
    assert_eq!(no_token.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(no_contact.status(), StatusCode::UNPROCESSABLE_ENTITY);
    app.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_refuses_a_taken_port_and_leaves_nothing_running() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let admin_port = taken.local_addr().unwrap().port();
    let page = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = page.local_addr().unwrap().port();
    drop(page);

    let error = Demo::start(DemoOptions { port, admin_port, ..free_ports() }).await.unwrap_err();

    let text = error.to_string();
    assert!(text.contains(&admin_port.to_string()) && text.contains("--admin-port"), "{text}");
    assert!(TcpListener::bind(("127.0.0.1", port)).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_stops_at_once_during_a_long_poll_and_takes_its_data_along() {
    let app = App::start().await;
    let (token, _) = app.sign_in("6281200000000").await;
    let body = Some(json!({ "channel": "sdk" }));
    let started = app.json(Method::POST, "/v1/verifications", &token, body).await;
    let path = format!("/v1/verifications/{}?wait=30", started["id"].as_str().unwrap());
    let polling = app.client.get(format!("{}{path}", app.base)).bearer_auth(&token).send();
    let (page, gateway) = (app.demo.addr(), app.demo.gateway_addr());
    let folder = app.demo.folder().to_owned();
    assert!(folder.join("gerbang.db").exists());

    let (_, stopped) =
        tokio::time::timeout(PATIENCE, async { tokio::join!(polling, app.demo.stop()) })
            .await
            .unwrap();

    stopped.unwrap();
    assert!(!folder.exists());
    assert!(TcpListener::bind(page).is_ok() && TcpListener::bind(gateway).is_ok());
}
