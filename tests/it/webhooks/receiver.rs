//! A back end's receiver of webhooks, as a test wants it: it answers one thing to everybody and
//! remembers what it was sent.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use aws_lc_rs::hmac;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use gerbang::domain::Tasks;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::{contacts::user_service::Mood, support::PATIENCE};

/// Bytes 1 to 32, and 33 to 64.
pub(crate) const SECRET: &str = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
pub(crate) const OLD_SECRET: &str = "whsec_ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A=";

/// One webhook as it came.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    pub(crate) line: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Receiver {
    address: SocketAddr,
    hooks: watch::Sender<Vec<Hook>>,
    mood: Arc<Mutex<Mood>>,
}

impl Hook {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// Revision and status.
    pub(crate) fn news(&self) -> (u64, String) {
        let body = self.json();
        let status = body["data"]["status"].as_str().unwrap().to_owned();
        (body["data"]["revision"].as_u64().unwrap(), status)
    }

    /// The signatures, and which of them `secret` made: worked out apart from the gateway's code.
    pub(crate) fn signed_by(&self, secret: &str) -> (usize, Vec<usize>) {
        let key = BASE64_STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let mut signed =
            format!("{}.{}.", self.id(), self.headers["webhook-timestamp"]).into_bytes();
        signed.extend_from_slice(&self.body);
        let signatures: Vec<_> = self.headers["webhook-signature"].split(' ').collect();
        let good = |signature: &str| {
            let tag = BASE64_STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
            hmac::verify(&key, &signed, &tag).is_ok()
        };
        let places = signatures.iter().enumerate().filter(|(_, it)| good(it)).map(|(at, _)| at);
        (signatures.len(), places.collect())
    }
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mood = Arc::new(Mutex::new(Mood::says("204 No Content", "")));
        let hooks = watch::Sender::new(Vec::new());
        let (seen, moods) = (hooks.clone(), Arc::clone(&mood));
        let tasks = Tasks::on_current_runtime();
        let spawner = tasks.clone();
        tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                spawner.spawn(answer(stream, Arc::clone(&moods), seen.clone()));
            }
        });
        Self { address, hooks, mood }
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(crate) fn accept(&self) {
        self.set(Mood::says("204 No Content", ""));
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hooks/canary-path-77", self.address)
    }

    pub(crate) const fn port(&self) -> u16 {
        self.address.port()
    }

    /// The settings of a gateway that tells this receiver as `id`.
    pub(crate) fn settings(&self, id: &str) -> String {
        let url = self.url();
        format!("[[webhooks]]\nid = \"{id}\"\nurl = \"{url}\"\nsecret = \"{SECRET}\"\n")
    }

    /// What came so far.
    pub(crate) fn hooks(&self) -> Vec<Hook> {
        self.hooks.borrow().clone()
    }

    /// Waits until at least `count` have come.
    pub(crate) async fn received(&self, count: usize) -> Vec<Hook> {
        let mut seen = self.hooks.subscribe();
        let enough = seen.wait_for(|hooks| hooks.len() >= count);
        let waited = tokio::time::timeout(PATIENCE, enough).await;
        waited.unwrap_or_else(|_| panic!("{count} webhooks did not come")).unwrap().clone()
    }
}

async fn answer(mut stream: TcpStream, mood: Arc<Mutex<Mood>>, seen: watch::Sender<Vec<Hook>>) {
    let Some(hook) = read(&mut stream).await else { return };
    let mood = mood.lock().unwrap().clone();
    seen.send_modify(|hooks| hooks.push(hook));
    match mood {
        Mood::Raw(answer) => {
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Mood::Hang => {
            // Until the visitor has had enough.
            let _ = stream.read(&mut [0; 16]).await;
        }
        Mood::Close => {}
    }
}

async fn read(stream: &mut TcpStream) -> Option<Hook> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let mut lines = head.lines();
            let line = lines.next().unwrap().to_owned();
            let headers: HashMap<String, String> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let length: usize = headers["content-length"].parse().unwrap();
            if bytes.len() >= end + 4 + length {
                return Some(Hook { line, headers, body: bytes[end + 4..].to_vec() });
            }
        }
        match stream.read(&mut piece).await {
            Ok(length) if length > 0 => bytes.extend_from_slice(&piece[..length]),
            _ => return None,
        }
    }
}
