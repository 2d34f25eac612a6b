//! A server of key sets that counts its visitors and misbehaves when told to.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use gerbang::domain::Tasks;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use url::Url;

/// What the next visitors get.
#[derive(Clone)]
pub(crate) enum Mood {
    /// This text.
    Serve(String),
    /// This whole answer, head and all.
    Raw(String),
    /// Nothing, for as long as the visitor waits.
    Hang,
    /// A closed connection.
    Close,
}

pub(crate) struct KeyServer {
    address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    visits: Arc<watch::Sender<u64>>,
}

impl KeyServer {
    pub(crate) async fn start(mood: Mood) -> Self {
        Self::behind(TcpListener::bind("127.0.0.1:0").await.unwrap(), mood)
    }

    /// A server that answers whoever waits at `listener`.
    pub(crate) fn behind(listener: TcpListener, mood: Mood) -> Self {
        let address = listener.local_addr().unwrap();
        let mood = Arc::new(Mutex::new(mood));
        let visits = Arc::new(watch::Sender::new(0));
        let (moods, counter) = (Arc::clone(&mood), Arc::clone(&visits));
        let tasks = Tasks::on_current_runtime();
        let spawner = tasks.clone();
        tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.send_modify(|visits| *visits += 1);
                let mood = moods.lock().unwrap().clone();
                spawner.spawn(answer(stream, mood));
            }
        });
        Self { address, mood, visits }
    }

    pub(crate) fn url(&self) -> Url {
        url_at(self.address)
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(crate) fn visits(&self) -> u64 {
        *self.visits.borrow()
    }
}

/// Where the key set of a server at `address` is.
pub(crate) fn url_at(address: SocketAddr) -> Url {
    Url::parse(&format!("http://{address}/jwks.json")).unwrap()
}

async fn answer(mut stream: TcpStream, mood: Mood) {
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut piece).await {
            Ok(length) if length > 0 => head.extend_from_slice(&piece[..length]),
            _ => return,
        }
    }
    let answer = match mood {
        Mood::Serve(text) => format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{text}",
            text.len()
        ),
        Mood::Raw(answer) => answer,
        Mood::Hang => {
            // Until the visitor has had enough.
            let _ = stream.read(&mut piece).await;
            return;
        }
        Mood::Close => return,
    };
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}
