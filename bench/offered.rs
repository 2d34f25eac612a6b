//! An open-loop client: requests go out when they are due, whatever the answers do, over kept-alive
//! connections whose number is bounded. What cannot go out within a second, because every
//! connection still waits for an answer, is not sent: its user has given up.

use std::{
    cell::RefCell,
    collections::VecDeque,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// How late a request is still sent.
const PATIENCE: Duration = Duration::from_secs(1);

/// The largest answer that is waited for.
const MOST_BYTES: usize = 64 * 1024;

/// Tokens of users who have no verification yet. A start that was refused has left nothing behind, so
/// its token goes back.
pub(crate) type Tokens = RefCell<VecDeque<String>>;

/// What came of one request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    Served,
    Refused,
    NotSent,
}

/// One request: what came of it, when, and how long after it was due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) outcome: Outcome,
    pub(crate) at: Instant,
    pub(crate) latency: Duration,
}

/// A number of starts, one after each `pace`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
    pub(crate) begun: Instant,
    pub(crate) pace: Duration,
    pub(crate) count: u32,
}

/// A connection, made when it is needed and kept for as long as the gateway keeps it.
#[derive(Debug)]
pub(crate) struct Line {
    address: SocketAddr,
    stream: Option<TcpStream>,
    request: String,
    answer: Vec<u8>,
}

impl Offer {
    /// When request `number` is due; `None`: there is no such request.
    fn due(&self, number: u32) -> Option<Instant> {
        (number < self.count).then(|| self.begun + self.pace * number)
    }
}

impl Line {
    pub(crate) const fn to(address: SocketAddr) -> Self {
        Self { address, stream: None, request: String::new(), answer: Vec::new() }
    }

    /// Sends a start of the token's user.
    pub(crate) async fn start(&mut self, token: &str) -> Result<Outcome> {
        let header = ["authorization: Bearer ", token];
        let status = self.send("POST /v1/verifications", header, r#"{"channel":"sdk"}"#).await?;
        match status {
            201 => Ok(Outcome::Served),
            503 => Ok(Outcome::Refused),
            _ => bail!("answered {status}: {}", String::from_utf8_lossy(&self.answer)),
        }
    }

    /// Sends any request and gives the status of its answer.
    pub(crate) async fn send(&mut self, line: &str, header: [&str; 2], body: &str) -> Result<u16> {
        self.request.clear();
        let length = body.len().to_string();
        for part in [line, " HTTP/1.1\r\nhost: kyc.bench.example\r\n", header[0], header[1]] {
            self.request.push_str(part);
        }
        for part in ["\r\ncontent-type: application/json\r\ncontent-length: ", &length] {
            self.request.push_str(part);
        }
        self.request.push_str("\r\n\r\n");
        self.request.push_str(body);
        let mut stream = match self.stream.take() {
            Some(kept) => kept,
            None => TcpStream::connect(self.address).await?,
        };
        stream.set_nodelay(true)?;
        stream.write_all(self.request.as_bytes()).await?;
        self.answer.clear();
        loop {
            ensure!(stream.read_buf(&mut self.answer).await? > 0, "hung up");
            if let Some((status, is_kept)) = whole(&self.answer)? {
                self.stream = Some(stream).filter(|_| is_kept);
                return Ok(status);
            }
            ensure!(self.answer.len() < MOST_BYTES, "the answer is too long");
        }
    }
}

/// The status, and whether the connection is kept, once all of the answer is there. One that is turned away without a word of when to come
/// back is a mistake of the gateway.
fn whole(bytes: &[u8]) -> Result<Option<(u16, bool)>> {
    let text = std::str::from_utf8(bytes).context("not text")?;
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Ok(None) };
    let status: u16 = head.split(' ').nth(1).context("no status")?.parse()?;
    ensure!(status != 503 || head.contains("retry-after"), "no Retry-After: {head}");
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    let length: usize = length.context("no length")?.parse()?;
    Ok((body.len() >= length).then_some((status, !head.contains("connection: close"))))
}

/// Sends what is offered over `lines`, and says what came of each.
pub(crate) async fn send(offer: Offer, lines: &mut [Line], tokens: &Tokens) -> Result<Vec<Sample>> {
    let (next, samples) = (RefCell::new(0_u32), RefCell::new(Vec::new()));
    let work = lines.iter_mut().map(|line| {
        let (next, samples) = (&next, &samples);
        async move {
            loop {
                let number = next.replace_with(|number| *number + 1);
                let Some(due) = offer.due(number) else { return anyhow::Ok(()) };
                wait(due).await;
                let outcome = if due.elapsed() > PATIENCE {
                    Outcome::NotSent
                } else {
                    try_one(line, tokens).await?
                };
                let at = Instant::now();
                let latency = at.saturating_duration_since(due);
                samples.borrow_mut().push(Sample { outcome, at, latency });
            }
        }
    });
    futures_util::future::try_join_all(work).await?;
    Ok(samples.into_inner())
}

async fn try_one(line: &mut Line, tokens: &Tokens) -> Result<Outcome> {
    let token = tokens.borrow_mut().pop_front().context("no token is left")?;
    let outcome = line.start(&token).await?;
    if outcome == Outcome::Refused {
        // Far behind, so that a while passes before this user tries again.
        tokens.borrow_mut().push_back(token);
    }
    Ok(outcome)
}

/// Waits until then; at once if that is over.
#[expect(clippy::disallowed_methods, reason = "a load runs by the machine's own time")]
pub(crate) async fn wait(until: Instant) {
    if until > Instant::now() {
        tokio::time::sleep_until(until.into()).await;
    }
}
