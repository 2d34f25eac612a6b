//! The metrics: one registry a process, in the text form of Prometheus.

use std::{fmt, sync::OnceLock};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of durations, in seconds: from a cached answer to a provider that hangs.
const DURATIONS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The process's metrics; cheap to clone.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// The registry, installed at the first call.
    pub fn install() -> Self {
        static REGISTRY: OnceLock<PrometheusHandle> = OnceLock::new();
        Self(REGISTRY.get_or_init(build).clone())
    }

    /// All metrics as text.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Folds what was recorded since the last call into the histograms; without it they grow.
    pub fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

fn build() -> PrometheusHandle {
    let builder = PrometheusBuilder::new();
    let builder = builder
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &DURATIONS)
        .unwrap_or_else(|_| PrometheusBuilder::new());
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    // Another recorder can only be there in a program that is not ours.
    let _ = metrics::set_global_recorder(recorder);
    handle
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}
