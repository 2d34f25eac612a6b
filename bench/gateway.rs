//! A gateway in a process of its own, on a core of its own, with everything on.

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

/// The header that callbacks prove themselves with.
pub(crate) const CALLBACK_KEY: &str = "bench-callback-value-of-enough-length";

const PORT: u16 = 18080;
const ADMIN: u16 = 18090;

/// Ends with this value.
#[derive(Debug)]
pub(crate) struct Gateway {
    address: SocketAddr,
    child: Child,
    work: PathBuf,
}

impl Gateway {
    /// Starts one whose provider is at `provider`, with its files in `work`.
    pub(crate) fn start(binary: &Path, work: &Path, provider: SocketAddr) -> Result<Self> {
        let file = work.join("gerbang.toml");
        fs::write(&file, settings(work, provider))?;
        let child = Command::new("taskset")
            .args(["-c", "0"])
            .arg(binary)
            .arg("--config")
            .arg(file)
            .arg("serve")
            .stderr(File::create(work.join("gerbang.log"))?)
            .spawn()
            .context("the gateway did not start")?;
        let mut gateway = Self {
            address: SocketAddr::from(([127, 0, 0, 1], PORT)),
            child,
            work: work.to_owned(),
        };
        gateway.wait()?;
        Ok(gateway)
    }

    /// Where callers arrive.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its resident memory, in KiB.
    pub(crate) fn resident(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.context("no VmRSS")?.parse()?)
    }

    /// The processor time it has used.
    pub(crate) fn used(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses is cut off, since it may hold anything.
        let (_, rest) = stat.rsplit_once(')').context("no stat")?;
        let ticks = rest.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
        // A hundred a second, on every Linux there is.
        Ok(Duration::from_millis(10) * ticks.sum::<Result<u32, _>>()?)
    }

    fn wait(&mut self) -> Result<()> {
        let begun = Instant::now();
        while TcpStream::connect(self.address()).is_err() || self.child.try_wait()?.is_some() {
            if begun.elapsed() > Duration::from_secs(20) {
                let log = fs::read_to_string(self.work.join("gerbang.log")).unwrap_or_default();
                bail!("the gateway does not answer: {log}");
            }
            std::thread::yield_now();
        }
        Ok(())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It has nothing to lose that anybody wants.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn settings(work: &Path, provider: SocketAddr) -> String {
    let work = work.display();
    format!(
        r#"
[server]
listen = "127.0.0.1:{PORT}"
admin_listen = "127.0.0.1:{ADMIN}"
public_url = "http://127.0.0.1:{PORT}"
workers = 1

[provider]
token_base_url = "http://{provider}"
api_base_url = "http://{provider}"
client_id = "bench"
pass_key = "bench-pass-key"
user_id_type = "BENCH"
onboarding_partner = {{ sdk = "BENCH-SDK" }}
sdk = {{ base_url = "http://{provider}/", environment = "STAGING" }}

[[auth.issuers]]
use = "app"
issuer = "https://login.bench.example/"
audience = "kyc-gateway"
algorithms = ["ES256"]
public_key_file = "{work}/issuer.pem"

[callbacks]
confirm = false
headers = [{{ name = "x-callback-key", value = "{CALLBACK_KEY}" }}]

[reconcile]
after_hint = "1h"
after_silence = "24h"
max_interval = "24h"
partial_interval = "24h"

[limits]
app_requests_per_minute = 100000000

[storage]
url = "sqlite://{work}/data/gerbang.db"
"#
    )
}
