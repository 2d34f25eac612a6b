//! The examples of `docs/webhooks.md`, taken from that page and run on a webhook that was really
//! sent. A language that is not on this machine is passed over, and said to be.

use std::{path::Path, process::Command};

use super::{
    delivering::expire,
    receiver::{Hook, OLD_SECRET, Receiver, SECRET},
};
use crate::support::TestApp;

const PAGE: &str = include_str!("../../../docs/webhooks.md");

/// Reads the folder, asks the example, prints the answer.
const NODE: &str = r#"
const { readFileSync } = await import("node:fs");
const [folder, secret, now] = process.argv.slice(2);
const lines = readFileSync(`${folder}/headers`, "utf8").trim().split("\n");
const headers = Object.fromEntries(lines.map((line) => {
  const at = line.indexOf(" ");
  return [line.slice(0, at), line.slice(at + 1)];
}));
console.log(isGenuine(headers, readFileSync(`${folder}/body`), secret, Number(now)));
"#;

const PYTHON: &str = r#"
import sys
folder, secret, now = sys.argv[1:]
lines = open(f"{folder}/headers").read().strip().split("\n")
headers = dict(line.split(" ", 1) for line in lines)
print(str(is_genuine(headers, open(f"{folder}/body", "rb").read(), secret, int(now))).lower())
"#;

const KOTLIN: &str = r#"
fun main(args: Array<String>) {
    val (folder, secret, now) = args
    val lines = java.io.File(folder, "headers").readLines()
    val headers = lines.associate { it.substringBefore(" ") to it.substringAfter(" ") }
    val body = java.io.File(folder, "body").readBytes()
    println(isGenuine(headers, body, secret, now.toLong()))
}
"#;

#[tokio::test]
#[expect(clippy::print_stdout, reason = "whoever runs the tests should know what was not run")]
async fn the_examples_of_the_page_tell_real_webhooks_from_others() {
    let receiver = Receiver::start().await;
    let both = receiver.settings("ledger") + &format!("previous_secret = \"{OLD_SECRET}\"\n");
    let app = TestApp::builder().settings(&both).start().await;
    expire(&app, "cust-1").await;
    let hook = receiver.received(1).await.remove(0);
    let now = app.now().as_second();
    app.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let ways = write_programs(folder.path());

    for (language, program) in ways {
        let Some(first) = ask(&program, folder.path(), &hook, SECRET, now) else {
            println!("{language} is not there, so its example was not run");
            continue;
        };
        let mut other = hook.clone();
        let last = other.body.len() - 2;
        other.body[last] ^= 1;
        let mut renamed = hook.clone();
        renamed.headers.insert("webhook-id".into(), "whd_01h455vb4pex5vsknk084sn02q".into());
        let mut newer = hook.clone();
        newer.headers.insert("webhook-version".into(), "x".into());
        newer.headers.insert("webhook-signature".into(), "v1, v1a,AAAA v1,AAAA".into());
        let ask = |hook: &Hook, secret: &str, now| ask(&program, folder.path(), hook, secret, now);

        assert_eq!(first, "true", "{language}");
        for (hook, secret, now, expected) in [
            (&hook, OLD_SECRET, now, "true"),
            (&hook, SECRET, now + 299, "true"),
            (&hook, SECRET, now + 301, "false"),
            (&hook, SECRET, now - 301, "false"),
            (&hook, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", now, "false"),
            (&other, SECRET, now, "false"),
            (&renamed, SECRET, now, "false"),
            (&newer, SECRET, now, "false"),
        ] {
            assert_eq!(ask(hook, secret, now).as_deref(), Some(expected), "{language} {hook:?}");
        }
    }
}

/// The page's code between the fences of a language.
fn example(language: &str) -> &'static str {
    let fence = format!("```{language}\n");
    PAGE.split(fence.as_str()).nth(1).unwrap().split("```").next().unwrap()
}

/// The languages, each with the command that runs its example.
fn write_programs(folder: &Path) -> Vec<(&'static str, Vec<String>)> {
    // What only a TypeScript compiler needs is taken out.
    let mut script =
        example("ts").replace("type Headers = Record<string, string | undefined>;", "");
    for kind in [": Headers", ": Buffer", ": string", ": number", ": boolean"] {
        script = script.replace(kind, "");
    }
    let place = |name: &str| folder.join(name).display().to_string();
    std::fs::write(place("verify.mjs"), format!("{script}{NODE}")).unwrap();
    std::fs::write(place("verify.py"), format!("{}{PYTHON}", example("python"))).unwrap();
    std::fs::write(place("verify.kt"), format!("{}{KOTLIN}", example("kotlin"))).unwrap();
    let archive = place("verify.jar");
    compile("kotlinc", &[&place("verify.kt"), "-include-runtime", "-d", &archive]);
    vec![
        ("TypeScript", vec!["node".to_owned(), place("verify.mjs")]),
        ("Python", vec!["python3".to_owned(), place("verify.py")]),
        ("Kotlin", vec!["java".to_owned(), "-jar".to_owned(), archive]),
    ]
}

/// Compiles an example. A compiler that is not there leaves nothing behind.
fn compile(compiler: &str, arguments: &[&str]) {
    let Ok(output) = Command::new(compiler).args(arguments).output() else { return };
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
}

/// What an example says of a webhook; `None` if there is nothing to run it with.
fn ask(program: &[String], folder: &Path, hook: &Hook, secret: &str, now: i64) -> Option<String> {
    let headers: String = hook
        .headers
        .iter()
        .map(|(name, value)| format!("{name} {value}\n"))
        .collect::<Vec<_>>()
        .concat();
    std::fs::write(folder.join("headers"), headers).unwrap();
    std::fs::write(folder.join("body"), &hook.body).unwrap();
    let (command, arguments) = program.split_first().unwrap();
    let mut command = Command::new(command);
    if let Some(archive) =
        arguments.iter().find(|it| Path::new(it).extension().is_some_and(|kind| kind == "jar"))
    {
        std::fs::metadata(archive).ok()?;
    }
    let output = command.args(arguments).arg(folder).args([secret, &now.to_string()]).output();
    let output = output.ok()?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}
