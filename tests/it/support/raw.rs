//! Requests byte by byte, for what no HTTP client would send.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Answer, PATIENCE, TestApp};

impl TestApp {
    /// A connection to the public listener.
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.base_url.trim_start_matches("http://")).await.unwrap()
    }

    /// Sends bytes as they are and reads one answer, which is held against `openapi.yaml` as far as
    /// the bytes name a method and a path.
    pub(crate) async fn send_raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect().await;
        // A server that refuses early may have closed before everything was written.
        let _ = stream.write_all(bytes).await;
        let answer = read_answer(&mut stream).await;
        let line = String::from_utf8_lossy(bytes.split(|byte| *byte == b'\r').next().unwrap());
        let mut words = line.split(' ');
        if let (Some(method), Some(path)) = (words.next(), words.next())
            // Methods are told apart by case, which the document is not asked about.
            && !method.contains(|letter: char| letter.is_lowercase())
        {
            self.check(method, path, &answer);
        }
        answer
    }
}

/// Reads one answer; status 0 stands for a connection that was closed without one.
pub(crate) async fn read_answer(stream: &mut TcpStream) -> Answer {
    let reading = async {
        let mut bytes = Vec::new();
        loop {
            if let Some(answer) = parse(&bytes) {
                return answer;
            }
            let mut chunk = [0; 4096];
            match stream.read(&mut chunk).await {
                Ok(count) if count > 0 => bytes.extend_from_slice(&chunk[..count]),
                _ => return Answer { status: 0, headers: HeaderMap::new(), body: bytes },
            }
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.expect("an answer, or the end of the connection")
}

/// The answer, once it is whole.
fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_str(value.trim()).unwrap());
    }
    let length = headers.get("content-length").and_then(|value| value.to_str().ok());
    let body = bytes[end + 4..].to_vec();
    let whole = length.and_then(|text| text.parse().ok()).unwrap_or(0);
    (body.len() >= whole).then_some(Answer { status, headers, body })
}
