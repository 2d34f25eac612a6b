//! The commands of the page on operations that make a backup of a gateway that serves, and that put
//! it back.

use std::path::Path;

use serde_json::json;

use super::bed::{pieces, run};
use crate::support::TestApp;

const PAGE: &str = include_str!("../../../docs/operations.md");

/// The page's command with these words in it, for a gateway whose data lie in the folder itself.
fn command(mark: &str) -> String {
    let commands = pieces(PAGE, "sh");
    let command = commands.iter().find(|it| it.contains(mark)).expect("a command of the page");
    command.replace("data/gerbang.db", "gerbang.db")
}

/// Runs it in `folder`, as an operator would who has the gateway's program at hand.
async fn bash(script: &str, folder: &Path) -> Option<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_gerbang")).parent().unwrap();
    let script = format!("set -e\nPATH=\"{}:$PATH\"\n{script}", program.display());
    run("bash", &["-c", &script], folder).await
}

/// A user's token, and the verification that ended well.
async fn approved(app: &TestApp, user: &str) -> [String; 2] {
    let token = app.token(user, "01");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    app.provider.finish_capture(&app.session(&id).await).unwrap();
    app.wait_for(&token, &id, &["approved"]).await;
    [token, id]
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "whoever runs the tests should know what was not run")]
async fn what_was_there_at_a_backup_is_there_again_after_a_restore() {
    let app = TestApp::start().await;
    let folder = app.directory.path().to_owned();
    if run("sqlite3", &["--version"], &folder).await.is_none() {
        println!("sqlite3 is not there, so the commands for backups were not run");
        return app.stop().await;
    }
    let [before, kept] = approved(&app, "cust-1").await;
    // What was committed stands in the log beside the file as well: a plain copy would lack it.
    let saved = bash(&(command("VACUUM INTO") + "echo \"$COPY\""), &folder).await.unwrap();
    let [after, lost] = approved(&app, "cust-2").await;
    let (integrity, copy) = saved.trim_end().split_once('\n').unwrap();
    let restore = command("install -m 600").replace("gerbang --config gerbang.toml serve", "");

    let mut verified = None;
    let app = app
        .restart_after(async || {
            verified = bash(&format!("COPY='{copy}'\n{restore}"), &folder).await;
        })
        .await;

    assert_eq!(integrity, "ok");
    assert!(verified.as_ref().unwrap().contains("whole"), "{verified:?}");
    assert!(folder.join("before/gerbang.db").exists());
    assert_eq!(app.get_verification(&before, &kept).await.text("/status"), "approved");
    assert_eq!(app.get_verification(&after, &lost).await.status, 404);
    app.stop().await;
}
