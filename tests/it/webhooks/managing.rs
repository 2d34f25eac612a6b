//! Looking after deliveries: by the API while the gateway runs, by the command line while it does
//! not.

use std::process::Command;

use serde_json::Value;

use super::{delivering::expire, receiver::Receiver};
use crate::{
    contacts::user_service::Mood,
    support::{Answer, PATIENCE, TestApp},
};

impl TestApp {
    pub(super) async fn deliveries(&self, query: &str) -> Answer {
        let path = format!("/v1/backend/webhooks/deliveries{query}");
        let token = self.service_token("webhook:manage");
        self.send(self.request(reqwest::Method::GET, &path, &token)).await
    }

    pub(super) async fn redeliver(&self, id: &str) -> Answer {
        let path = format!("/v1/backend/webhooks/deliveries/{id}/redeliver");
        let token = self.service_token("webhook:manage");
        self.send(self.request(reqwest::Method::POST, &path, &token)).await
    }

    /// Waits until there are deliveries and they are as `are` wants them.
    pub(super) async fn deliveries_until(
        &self,
        query: &str,
        are: impl Fn(&[Value]) -> bool,
    ) -> Vec<Value> {
        let wait = async {
            loop {
                let answer = self.deliveries(query).await;
                assert_eq!(answer.status, 200, "{}", answer.text("/detail"));
                let items = answer.json()["items"].as_array().unwrap().clone();
                if !items.is_empty() && are(&items) {
                    return items;
                }
                // Other tests share the machine; a breath, not a pause with a meaning.
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("deliveries are not as expected")
    }
}

#[tokio::test]
async fn the_list_is_filtered_and_comes_in_pages() {
    let (up, down) = (Receiver::start().await, Receiver::start().await);
    down.set(Mood::says("500 Oh", ""));
    let both = up.settings("up") + &down.settings("down");
    let app = TestApp::builder().settings(&both).start().await;
    for user in ["cust-1", "cust-2", "cust-3"] {
        expire(&app, user).await;
    }
    app.deliveries_until("?endpoint=up&state=delivered", |items| items.len() == 3).await;

    let first = app.deliveries("?endpoint=up&limit=2").await.json();
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = app.deliveries(&format!("?endpoint=up&limit=2&cursor={cursor}")).await.json();
    let waiting = app.deliveries("?state=pending").await.json();

    let ids = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let (first, rest) = (ids(&first), ids(&second));
    assert_eq!((first.len(), rest.len(), second.get("nextCursor")), (2, 1, None));
    assert!(first[0] > first[1] && first[1] > rest[0], "newest first");
    let waiting = waiting["items"].as_array().unwrap();
    assert!(waiting.iter().all(|it| it["endpoint"] == "down"), "{waiting:?}");
    assert_eq!(waiting.len(), 3);
    app.stop().await;
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused() {
    let app = TestApp::start().await;
    for query in ["?limit=0", "?limit=101", "?state=lost", "?endpoint=A", "?cursor=x"] {
        let answer = app.deliveries(query).await;

        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (422, "validation-failed"),
            "{query}"
        );
    }
    for id in ["whd_01h455vb4pex5vsknk084sn02q", "ver_01h455vb4pex5vsknk084sn02q", "x"] {
        assert_eq!(app.redeliver(id).await.status, 404, "{id}");
    }
    app.stop().await;
}

#[tokio::test]
async fn only_a_token_with_the_scope_sees_deliveries() {
    let app = TestApp::start().await;
    let token = app.service_token("verification:read verification:start");
    let list = app.request(reqwest::Method::GET, "/v1/backend/webhooks/deliveries", &token);
    let path = "/v1/backend/webhooks/deliveries/whd_01h455vb4pex5vsknk084sn02q/redeliver";
    let again = app.request(reqwest::Method::POST, path, &token);

    for request in [list, again] {
        let answer = app.send(request).await;

        assert_eq!((answer.status, answer.problem().as_str()), (403, "insufficient-scope"));
    }
    app.stop().await;
}

#[tokio::test]
async fn the_command_line_looks_after_deliveries_while_no_gateway_runs() {
    let receiver = Receiver::start().await;
    receiver.set(Mood::says("410 Gone", ""));
    let app = TestApp::builder().settings(&receiver.settings("ledger")).start().await;
    expire(&app, "cust-1").await;
    let gone = app.deliveries_until("", |items| items[0]["tries"] == 1).await;
    let id = gone[0]["id"].as_str().unwrap().to_owned();
    let file = app.directory.path().join("gerbang.toml");
    let run = |arguments: &[&str]| {
        let command = env!("CARGO_BIN_EXE_gerbang");
        let mut command = Command::new(command);
        let output = command.arg("--config").arg(&file).arg("webhook").args(arguments).output();
        let output = output.unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let beside = run(&["list"]);
    let mut seen = Vec::new();

    let app = app
        .restart_after(async || {
            seen.push(run(&["list"]));
            seen.push(run(&["redeliver", "whd_01h455vb4pex5vsknk084sn02q"]));
            seen.push(run(&["redeliver", &id]));
            seen.push(run(&["enable", "nobody"]));
            seen.push(run(&["enable", "ledger"]));
            seen.push(run(&["redeliver", "--dead"]));
            seen.push(run(&["list", "--state", "pending"]));
            receiver.accept();
        })
        .await;
    receiver.received(2).await;
    app.deliveries_until("", |items| items[0]["state"] == "delivered").await;

    assert!(!beside.0 && beside.1.contains("/v1/backend/webhooks/deliveries"), "{beside:?}");
    let good: Vec<_> = seen.iter().map(|(good, _)| *good).collect();
    assert_eq!(good, [true, false, true, false, true, true, true], "{seen:?}");
    assert!(seen[0].1.contains("ledger: disabled since") && seen[0].1.contains(&id), "{seen:?}");
    assert!(seen[6].1.contains("ledger: enabled, 1 pending, 0 dead"), "{seen:?}");
    app.stop().await;
}
