//! A gateway in a process of its own, so that it can be told to stop, starved, and killed.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread::JoinHandle,
};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Process {
    child: Child,
    pub(crate) base_url: String,
    pub(crate) admin_url: String,
    log: Option<JoinHandle<Vec<Value>>>,
}

impl Process {
    /// Starts the gateway whose `gerbang.toml` lies in `directory`, and waits until it serves.
    pub(crate) fn start(directory: &TempDir) -> Self {
        Self::start_with(directory, &[])
    }

    /// The same, in another environment.
    pub(crate) fn start_with(directory: &TempDir, variables: &[(&str, &str)]) -> Self {
        let mut child = spawn(directory.path(), variables);
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let served = loop {
            match lines.next().map(Result::unwrap) {
                Some(line) if line.contains("the gateway serves") => break line,
                Some(line) => said.push(line),
                None => panic!("the gateway did not start: {said:#?}"),
            }
        };
        let line: Value = serde_json::from_str(&served).unwrap();
        let url = |name: &str| format!("http://{}", line["fields"][name].as_str().unwrap());
        let (base_url, admin_url) = (url("listen"), url("admin"));
        // Read on, so that a full pipe never stops the gateway. The last words of a process that
        // fails are no JSON.
        let log = std::thread::spawn(move || {
            let lines = lines.map(Result::unwrap);
            lines.map(|line| serde_json::from_str(&line).unwrap_or(Value::String(line))).collect()
        });
        Self { child, base_url, admin_url, log: Some(log) }
    }

    /// Starts it and kills it before it may have come to serve.
    pub(crate) async fn miscarry(directory: &TempDir, after: impl Future<Output = ()>) {
        let mut child = spawn(directory.path(), &[]);
        after.await;
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub(crate) fn pid(&self) -> String {
        self.child.id().to_string()
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.pid()).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end; says how it ended, and what it logged.
    pub(crate) fn wait(mut self) -> (ExitStatus, Vec<Value>) {
        let status = self.child.wait().unwrap();
        (status, self.log.take().unwrap().join().unwrap())
    }

    /// Ends it as a supervisor does.
    pub(crate) fn terminate(self) -> (ExitStatus, Vec<Value>) {
        self.signal("TERM");
        self.wait()
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Through a shell that has it ignore one signal: without that a process is ended for writing beyond
/// a limit that `prlimit` has set, and with it the write fails, as on a full disk.
fn spawn(directory: &Path, variables: &[(&str, &str)]) -> Child {
    Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" serve --config \"$1\""])
        .arg(env!("CARGO_BIN_EXE_gerbang"))
        .arg(directory.join("gerbang.toml"))
        .envs(variables.iter().copied())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// A test that fails leaves no process behind.
impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
