//! `[reconcile]`: how results are fetched when their callback does not come.

use std::time::Duration;

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
}
