//! What these tests share: an approved verification, and the command that checks the log.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::TestApp;

/// What a server may that reads document data.
pub(super) const READER: &str = "verification:read verification:read:pii";

/// A verification of `user` that is approved, with all that the provider says about it.
pub(super) async fn approved(app: &TestApp, user: &str) -> String {
    let token = app.token(user, "01");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    let session = app.session(&id).await;
    app.provider.finish_capture(&session).unwrap();
    app.wait_for(&token, &id, &["approved"]).await;
    id
}

/// What the audit log says was done, oldest first: action, actor and verification.
pub(super) async fn entries(app: &TestApp) -> Vec<(String, String, Option<String>)> {
    let page = app.audit(&app.service_token("audit:read"), "?limit=100").await.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let entry = |item: &Value| {
        let verification = item.get("verificationId").map(text);
        (text(&item["action"]), text(&item["actor"]), verification)
    };
    let mut entries: Vec<_> = page["items"].as_array().unwrap().iter().map(entry).collect();
    // The newest is that somebody looked.
    entries.remove(0);
    entries.reverse();
    entries
}

/// `gerbang audit verify …` with the configuration in `directory`: its exit code and what it said.
pub(super) fn verify(directory: &std::path::Path, head: Option<&str>) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gerbang"));
    command.arg("--config").arg(directory.join("gerbang.toml")).args(["audit", "verify"]);
    if let Some(head) = head {
        command.args(["--head", head]);
    }
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}
