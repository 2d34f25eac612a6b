//! The partner's user service, as a test wants it: it answers one thing to everybody and remembers
//! what it was asked.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use gerbang::domain::Tasks;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What visitors get.
#[derive(Clone)]
pub(crate) enum Mood {
    /// This whole answer, head and all.
    Raw(String),
    /// Nothing, for as long as the visitor waits.
    Hang,
    /// A closed connection.
    Close,
}

impl Mood {
    pub(crate) fn answer(body: &Value) -> Self {
        Self::says("200 OK", &body.to_string())
    }

    pub(crate) fn says(status: &str, body: &str) -> Self {
        let length = body.len();
        Self::Raw(format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ))
    }
}

pub(crate) struct UserService {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    mood: Arc<Mutex<Mood>>,
}

impl UserService {
    pub(crate) async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (heads, mood) = (Arc::default(), Arc::new(Mutex::new(mood)));
        let (seen, moods) = (Arc::clone(&heads), Arc::clone(&mood));
        let tasks = Tasks::on_current_runtime();
        let spawner = tasks.clone();
        tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mood = moods.lock().unwrap().clone();
                spawner.spawn(answer(stream, mood, Arc::clone(&seen)));
            }
        });
        Self { address, heads, mood }
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// The settings of a gateway that asks here.
    pub(crate) fn settings(&self) -> String {
        format!(
            "[directory]\nurl = \"http://{}/users/{{userId}}/contacts?of=kyc\"\n\
             header = {{ name = \"Authorization\", value = \"Bearer directory-key-77\" }}\n\
             timeout = \"300ms\"\n",
            self.address
        )
    }

    /// The heads of the requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn answer(mut stream: TcpStream, mood: Mood, heads: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut piece).await {
            Ok(length) if length > 0 => head.extend_from_slice(&piece[..length]),
            _ => return,
        }
    }
    heads.lock().unwrap().push(String::from_utf8(head).unwrap());
    match mood {
        Mood::Raw(answer) => {
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Mood::Hang => {
            // Until the visitor has had enough.
            let _ = stream.read(&mut piece).await;
        }
        Mood::Close => {}
    }
}
