//! The least of HTTP/1.1 that callers need: one request after another, and a stream of events.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A connection that is kept.
#[derive(Debug)]
pub(crate) struct Caller {
    stream: TcpStream,
    bytes: Vec<u8>,
}

/// A stream of events.
#[derive(Debug)]
pub(crate) struct Listener {
    stream: TcpStream,
    text: String,
}

impl Caller {
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, bytes: Vec::new() })
    }

    /// Posts JSON and gives the JSON of a good answer.
    pub(crate) async fn post(&mut self, path: &str, header: &str, body: &Value) -> Result<Value> {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: kyc.bench.example\r\n{header}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.bytes.clear();
        loop {
            ensure!(self.stream.read_buf(&mut self.bytes).await? > 0, "hung up");
            let text = std::str::from_utf8(&self.bytes)?;
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.context("no length")?.parse()? {
                ensure!(head.starts_with("HTTP/1.1 20"), "answered {head}\n{body}");
                return Ok(serde_json::from_str(body).unwrap_or_default());
            }
        }
    }
}

impl Listener {
    pub(crate) async fn connect(address: SocketAddr, token: &str, id: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!(
            "GET /v1/verifications/{id}/events HTTP/1.1\r\nhost: kyc.bench.example\r\n\
             authorization: Bearer {token}\r\naccept: text/event-stream\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        Ok(Self { stream, text: String::new() })
    }

    /// The status that the next event tells.
    pub(crate) async fn status(&mut self) -> Result<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let status =
                    block.split("\"status\":\"").nth(1).and_then(|it| it.split('"').next());
                let (status, rest) = (status.map(str::to_owned), rest.to_owned());
                self.text = rest;
                match status {
                    Some(status) => return Ok(status),
                    // A heartbeat.
                    None => continue,
                }
            }
            let mut chunk = [0; 4096];
            let length = self.stream.read(&mut chunk).await?;
            ensure!(length > 0, "a stream ended: {}", self.text);
            self.text.push_str(std::str::from_utf8(chunk.get(..length).unwrap_or_default())?);
            let refused = self.text.starts_with("HTTP/") && !self.text.starts_with("HTTP/1.1 200");
            ensure!(!refused, "no stream: {}", self.text);
        }
    }
}
