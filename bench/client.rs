//! An HTTP/1.1 client that does as little as it can: fixed request, kept-alive connections, one
//! thread.
//!
//! It shares a core with the canned upstream, so what it does not do is left to those it measures.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::future::try_join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// What every start sends; nginx passes it on as it is.
const BODY: &str = r#"{"channel":"sdk"}"#;

/// What proves a callback, as `bench/run` and `bench/callbacks` configure it.
const PROOF: &str = "bench-callback-value-of-enough-length";

/// The largest answer that is waited for.
const MOST_BYTES: usize = 64 * 1024;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Call {
    /// To start a verification.
    Start,
    /// For the user's verifications.
    List,
    /// To take a callback, whose body stands where tokens stand otherwise.
    Callback,
}

/// Whom to ask for what, how fast, and which answer is a success.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) expected: u16,
    pub(crate) call: Call,
    /// The time from one request to the next, over all connections.
    pub(crate) pace: Option<Duration>,
}

/// What was measured.
#[derive(Debug)]
pub(crate) struct Figures {
    took: Duration,
    latencies: Vec<Duration>,
}

impl Figures {
    /// Requests answered per second.
    pub(crate) fn per_second(&self) -> f64 {
        let requests = u32::try_from(self.latencies.len()).unwrap_or(u32::MAX);
        f64::from(requests) / self.took.as_secs_f64()
    }

    /// Those of a run that took `took`.
    pub(crate) const fn new(took: Duration, latencies: Vec<Duration>) -> Self {
        Self { took, latencies }
    }

    /// The latency that `percent` of the requests did not exceed.
    pub(crate) fn percentile(&mut self, percent: usize) -> Duration {
        self.latencies.sort_unstable();
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get(last * percent / 100).copied().unwrap_or_default()
    }
}

/// Sends one request a token over `connections` connections.
pub(crate) fn run(target: &Target, tokens: &[&str], connections: usize) -> Result<Figures> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let opened = (0..connections).map(|_| Connection::open(target));
        let opened = try_join_all(opened).await.context("no connection was made")?;
        let next = Cell::new(0);
        let latencies = RefCell::new(Vec::with_capacity(tokens.len()));

        let begun = Instant::now();
        try_join_all(opened.into_iter().map(|mut connection| {
            let (next, latencies) = (&next, &latencies);
            async move {
                loop {
                    let number = next.replace(next.get() + 1);
                    let Some(token) = tokens.get(number) else { break };
                    let asked = match target.pace {
                        Some(pace) => due(begun, pace, number).await,
                        None => Instant::now(),
                    };
                    connection.send(token).await?;
                    latencies.borrow_mut().push(asked.elapsed());
                }
                anyhow::Ok(())
            }
        }))
        .await?;

        Ok(Figures::new(begun.elapsed(), latencies.into_inner()))
    })
}

/// Waits until request `number` is due, and says when that was.
#[expect(clippy::disallowed_methods, reason = "a load runs by the machine's own time")]
async fn due(begun: Instant, pace: Duration, number: usize) -> Instant {
    let at = begun + pace * u32::try_from(number).unwrap_or(u32::MAX);
    // Timers tick in milliseconds, so a moment before its time a request counts as due. Those that
    // fall into one tick are spread by as much, and are not measured as waiting.
    tokio::time::sleep_until(at.into()).await;
    at.max(Instant::now().min(at + Duration::from_millis(1)))
}

struct Connection<'a> {
    target: &'a Target,
    stream: TcpStream,
    request: String,
    answer: Vec<u8>,
}

impl<'a> Connection<'a> {
    async fn open(target: &'a Target) -> Result<Self> {
        let stream = TcpStream::connect(target.address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { target, stream, request: String::new(), answer: Vec::new() })
    }

    async fn send(&mut self, token: &str) -> Result<()> {
        const USER: &str = "authorization: Bearer ";
        let (line, header, proof, body) = match self.target.call {
            Call::Start => ("POST /v1/verifications", USER, token, BODY),
            Call::List => ("GET /v1/verifications", USER, token, ""),
            Call::Callback => ("POST /callbacks/provider", "x-callback-key: ", PROOF, token),
        };
        self.request.clear();
        for part in [
            line,
            " HTTP/1.1\r\nhost: kyc.bench.example\r\n",
            header,
            proof,
            "\r\ncontent-type: application/json\r\naccept: application/json\r\ncontent-length: ",
            &body.len().to_string(),
            "\r\n\r\n",
            body,
        ] {
            self.request.push_str(part);
        }
        self.stream.write_all(self.request.as_bytes()).await?;
        let (status, body) = self.read().await?;
        ensure!(status == self.target.expected, "answered {status}: {body}");
        // Both gateway and upstream name it; an error page of either does not.
        let named = body.to_ascii_lowercase().contains("token\"");
        ensure!(named || !matches!(self.target.call, Call::Start), "no token in: {body}");
        Ok(())
    }

    /// Reads one answer with a `Content-Length`.
    async fn read(&mut self) -> Result<(u16, String)> {
        self.answer.clear();
        loop {
            ensure!(self.stream.read_buf(&mut self.answer).await? > 0, "hung up");
            if let Some(whole) = whole(&self.answer)? {
                return Ok(whole);
            }
            ensure!(self.answer.len() < MOST_BYTES, "the answer is too long");
        }
    }
}

/// Status and body, once all of it is there.
fn whole(bytes: &[u8]) -> Result<Option<(u16, String)>> {
    let text = std::str::from_utf8(bytes).context("not text")?;
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Ok(None) };
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("no status")?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
    });
    let Some(length) = length else { bail!("no length: {head}") };
    let length = length.context("no length")?;
    Ok((body.len() >= length).then_some((status.parse()?, body.to_owned())))
}
