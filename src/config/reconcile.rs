//! `[reconcile]`: how results are fetched when their callback does not come.

use std::time::Duration;

use super::mistake::Flaw;
use super::parse::{hours, millis, mins, secs};
use super::reader::{Read, Section};

/// When submission details are read without a callback.
#[derive(Debug, Clone)]
pub struct Reconcile {
    /// First read after a hint that capture ended. Too low asks before the provider knows; too
    /// high keeps the user waiting.
    pub after_hint: Duration,
    /// First read when nothing was heard at all. Too low asks about users still scanning; too high
    /// delays verdicts whose hint was lost.
    pub after_silence: Duration,
    /// The longest pause between two reads, reached by doubling. Too low burdens the provider; too
    /// high delays verdicts after an outage.
    pub max_interval: Duration,
    /// The pause between reads while only the certificate is missing.
    pub partial_interval: Duration,
    /// How often due work is looked for. Too low costs queries; too high delays every read.
    pub tick: Duration,
    /// Reads in progress at once. Too low falls behind after an outage; too high turns its end
    /// into a rush on the provider.
    pub concurrency: usize,
    /// Reads begun in a second, on average. Too low falls behind when many callbacks come; too high
    /// may use up what the provider allows.
    pub reads_per_second: u32,
}

pub(super) fn read(section: &Section<'_>) -> Read<Reconcile> {
    let after_hint = section.duration("after_hint", secs(1)..=hours(1));
    let after_silence = section.duration("after_silence", secs(1)..=hours(24));
    let max_interval = section.duration("max_interval", secs(1)..=hours(24));
    let partial_interval = section.duration("partial_interval", secs(1)..=hours(24));
    let tick = section.duration("tick", millis(50)..=mins(1));
    let concurrency = section.number("concurrency", 1..=256);
    let reads_per_second = section.number("reads_per_second", 1..=10_000);
    let reconcile = Reconcile {
        after_hint: after_hint?,
        after_silence: after_silence?,
        max_interval: max_interval?,
        partial_interval: partial_interval?,
        tick: tick?,
        concurrency: concurrency?,
        reads_per_second: reads_per_second?,
    };
    if reconcile.max_interval < reconcile.after_hint {
        return Err(section.fault(
            "max_interval",
            Flaw::new(
                "is shorter than `reconcile.after_hint`, from which the pauses grow",
                "choose at least `reconcile.after_hint`",
            ),
        ));
    }
    Ok(reconcile)
}
