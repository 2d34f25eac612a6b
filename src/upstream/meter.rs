//! How long calls take and how they end, for operators.

use std::time::Instant;

use futures_util::Future;

use super::error::UpstreamError;

/// Measures one call to the other side. `operation` and the outcome are the only labels: both come
/// from short lists of ours.
pub(super) async fn metered<T>(
    operation: &'static str,
    call: impl Future<Output = Result<T, UpstreamError>>,
) -> Result<T, UpstreamError> {
    let begun = Instant::now();
    let outcome = call.await;
    let label = outcome.as_ref().map_or_else(UpstreamError::label, |_| "ok");
    metrics::histogram!(
        "gerbang_upstream_request_duration_seconds",
        "operation" => operation,
        "outcome" => label
    )
    .record(begun.elapsed());
    outcome
}
