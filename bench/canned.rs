//! The provider, canned: gives everybody a token and remembers whose session is which, so that
//! callbacks can name it. It knows no details; the gateway is told not to ask for any.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use anyhow::Result;

/// Sessions, by user.
type Sessions = Arc<Mutex<HashMap<String, String>>>;

/// A provider that runs until the program ends.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) address: SocketAddr,
    sessions: Sessions,
}

impl Provider {
    /// Answers from now on, after `pause`; tokens expire a day after `now`.
    pub(crate) fn start(now: u64, pause: Duration) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let sessions = Sessions::default();
        let theirs = Arc::clone(&sessions);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sessions = Arc::clone(&theirs);
                // As many as the gateway opens at once, which is bounded.
                thread::spawn(move || serve(stream, &sessions, now, pause));
            }
        });
        Ok(Self { address, sessions })
    }

    /// The session of a user's newest attempt.
    pub(crate) fn session(&self, user: &str) -> Option<String> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).get(user).cloned()
    }
}

fn serve(mut stream: TcpStream, sessions: &Sessions, now: u64, pause: Duration) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let expires = now + 86_400;
    loop {
        let (mut line, mut headers) = (String::new(), HashMap::new());
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        reader.read_exact(&mut vec![0; length]).ok()?;
        let session = (headers.remove("x-partner-user-id"), headers.remove("x-partner-session-id"));
        if let (Some(user), Some(session)) = session {
            sessions.lock().unwrap_or_else(PoisonError::into_inner).insert(user, session);
        }
        let token = "eyJ".repeat(120);
        let names = if line.contains("initiate") {
            ["expirySeconds", "expiresAt"]
        } else {
            ["expiry_seconds", "expires_at"]
        };
        let [lifetime, expiry] = names;
        let body = format!(
            r#"{{"success":true,"data":{{"token":"{token}","{lifetime}":"86400","{expiry}":"{expires}"}}}}"#
        );
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if !pause.is_zero() {
            rest(pause);
        }
        stream.write_all(answer.as_bytes()).ok()?;
    }
}

#[expect(clippy::disallowed_methods, reason = "each connection has a thread of its own")]
fn rest(pause: Duration) {
    thread::sleep(pause);
}
