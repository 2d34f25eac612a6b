//! A stream of events, read as a browser's `fetch` would read it.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use super::{Answer, PATIENCE, TestApp};

/// One block of a stream.
#[derive(Debug, PartialEq)]
pub(crate) enum Block {
    Event(Event),
    /// A comment, which clients pass over.
    Comment,
}

/// One event, with the fields that came with it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: String,
}

/// An open stream.
#[derive(Debug)]
pub(crate) struct EventStream {
    pub(crate) head: Answer,
    /// The `retry` that it began with, in milliseconds.
    pub(crate) retry: u64,
    response: Response,
    text: String,
}

impl Event {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }

    pub(crate) fn status(&self) -> String {
        self.json()["status"].as_str().unwrap().to_owned()
    }

    pub(crate) fn revision(&self) -> u64 {
        self.id.parse().unwrap()
    }
}

impl TestApp {
    pub(crate) fn watching(&self, token: &str, id: &str) -> RequestBuilder {
        let path = format!("/v1/verifications/{id}/events");
        self.request(Method::GET, &path, token).header("Accept", "text/event-stream")
    }

    /// Opens a stream that must be granted.
    pub(crate) async fn watch(&self, token: &str, id: &str) -> EventStream {
        self.open_stream(self.watching(token, id)).await.unwrap()
    }

    /// Opens a stream and reads what each begins with; any other answer is the error. Both are held
    /// against `openapi.yaml`.
    pub(crate) async fn open_stream(&self, request: RequestBuilder) -> Result<EventStream, Answer> {
        let mut request = request.build().unwrap();
        // Of the whole stream; each block has its own.
        *request.timeout_mut() = Some(PATIENCE * 60);
        let path = request.url().path().to_owned();
        let response = self.http.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        if status == 200 {
            let head = Answer { status, headers, body: Vec::new() };
            self.check("GET", &path, &head);
            let mut stream = EventStream { head, retry: 0, response, text: String::new() };
            let opening = stream.block().await.unwrap();
            stream.retry = opening.strip_prefix("retry: ").unwrap().parse().unwrap();
            return Ok(stream);
        }
        let body = response.bytes().await.unwrap().to_vec();
        let answer = Answer { status, headers, body };
        self.check("GET", &path, &answer);
        Err(answer)
    }
}

impl EventStream {
    /// The next block; `None` is the end.
    pub(crate) async fn next(&mut self) -> Option<Block> {
        self.block().await.map(|block| Block::parse(&block))
    }

    async fn block(&mut self) -> Option<String> {
        let reading = async {
            loop {
                if let Some((block, rest)) = self.text.split_once("\n\n") {
                    let (block, rest) = (block.to_owned(), rest.to_owned());
                    self.text = rest;
                    return Some(block);
                }
                let bytes = self.response.chunk().await.expect("a stream that ends in order")?;
                self.text.push_str(std::str::from_utf8(&bytes).unwrap());
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("something, or the end")
    }

    /// The next event, which must come next.
    pub(crate) async fn event(&mut self) -> Event {
        match self.next().await {
            Some(Block::Event(event)) => event,
            other => panic!("no event: {other:?}"),
        }
    }

    /// All events up to the end.
    pub(crate) async fn rest(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(block) = self.next().await {
            match block {
                Block::Event(event) => events.push(event),
                Block::Comment => {}
            }
        }
        events
    }
}

impl Block {
    fn parse(block: &str) -> Self {
        let mut event = Event::default();
        for line in block.lines() {
            let (field, value) = line.split_once(':').unwrap();
            let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
            match field {
                "" => return Self::Comment,
                "event" => event.name = value,
                "id" => event.id = value,
                "data" => event.data = value,
                other => panic!("an unexpected field: {other}"),
            }
        }
        Self::Event(event)
    }
}
