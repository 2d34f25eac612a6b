//! A partner's callback endpoint that answers as told and keeps what it was sent.
//!
//! Raw sockets, so that what is seen is what was on the wire.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use gerbang::sandbox::{CallbackMethod, CallbackTarget};
use secrecy::SecretString;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// One callback as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub(super) method: String,
    pub(super) head: String,
    pub(super) body: Value,
}

impl Arrived {
    /// `status result reason`, with `-` for what is not there.
    pub(super) fn words(&self) -> String {
        words(&self.body)
    }
}

pub(super) fn words(body: &Value) -> String {
    ["status", "result", "reasonCode"].map(|name| body[name].as_str().unwrap_or("-")).join(" ")
}

#[derive(Default)]
struct Desk {
    arrived: Mutex<Vec<Arrived>>,
    answers: Mutex<VecDeque<u16>>,
}

/// The endpoint; gone when dropped.
pub(super) struct Partner {
    url: String,
    desk: Arc<Desk>,
    _tasks: JoinSet<()>,
}

impl Partner {
    pub(super) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/callbacks/provider", listener.local_addr().unwrap());
        let desk = Arc::new(Desk::default());
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&desk);
        tasks.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                serve(stream, &shared).await;
            }
        });
        Self { url, desk, _tasks: tasks }
    }

    pub(super) fn target(&self, method: CallbackMethod) -> CallbackTarget {
        let header = ("x-callback-key".to_owned(), SecretString::from("agreed-value"));
        CallbackTarget { url: self.url.clone(), method, header }
    }

    /// The next answers; 200 when there is none left.
    pub(super) fn answer_with(&self, statuses: &[u16]) {
        self.desk.answers.lock().unwrap().extend(statuses);
    }

    pub(super) fn arrived(&self) -> Vec<Arrived> {
        self.desk.arrived.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, desk: &Desk) {
    let mut bytes = Vec::new();
    let (head, body) = loop {
        if stream.read_buf(&mut bytes).await.unwrap() == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        if body.len() >= length {
            break (head, serde_json::from_str(body).unwrap());
        }
    };
    let method = head.split(' ').next().unwrap_or_default().to_owned();
    desk.arrived.lock().unwrap().push(Arrived { method, head, body });
    let status = desk.answers.lock().unwrap().pop_front().unwrap_or(200);
    let answer = format!(
        "HTTP/1.1 {status} Said\r\nlocation: http://127.0.0.1:1/\r\n\
         content-length: 0\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
}
