//! A demo for the code of the guides, and the code itself.

use std::{path::Path, process::Command};

use gerbang::demo::{Demo, DemoOptions};

pub(super) async fn demo() -> Demo {
    let options =
        DemoOptions { port: 0, gateway_port: 0, admin_port: 0, sandbox_port: 0, fast: true };
    Demo::start(options).await.unwrap()
}

/// What stands between the fences of a language, one after the other.
pub(super) fn pieces(page: &'static str, language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    page.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// `text` with the addresses that the pages name in the place of this demo's.
pub(super) fn here(text: &str, demo: &Demo) -> String {
    text.replace("http://127.0.0.1:8080", &format!("http://{}", demo.gateway_addr()))
        .replace("http://127.0.0.1:8090", &format!("http://{}", demo.addr()))
        .replace("http://127.0.0.1:8070", demo.sandbox().base_url())
}

/// Runs a program in a folder; what it printed, or `None` if it is not on this machine.
pub(super) async fn run(program: &str, arguments: &[&str], folder: &Path) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().ok()?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{program}: {errors}\n{printed}");
    Some(printed)
}
