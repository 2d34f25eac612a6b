//! More starts than there is room for: refused before anything is done for them.
//!
//! What is refused here must cost next to nothing, or refusing would leave nothing to serve with: no
//! token is checked, no body is read, and the log has a line a second, not one a request.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use actix_web::http::Method;
use jiff::Timestamp;

use super::{
    error::BUSY,
    problem::{Problem, ProblemType},
};

/// What was refused, and when that was last told.
#[derive(Debug, Default)]
pub struct Rush {
    refused: AtomicU64,
    told: AtomicU64,
    told_at: AtomicI64,
}

impl Rush {
    /// Counts one more, and gives what it is told. Not all are told to come back at once.
    pub(super) fn refuse(&self, now: Timestamp) -> Problem {
        metrics::counter!("gerbang_refused_total", "limit" => "starts").increment(1);
        let refused = self.refused.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let second = now.as_second();
        let before = self.told_at.load(Ordering::Relaxed);
        let mine = (Ordering::Relaxed, Ordering::Relaxed);
        if before != second && self.told_at.compare_exchange(before, second, mine.0, mine.1).is_ok()
        {
            let told = self.told.swap(refused, Ordering::Relaxed);
            let refused = refused.wrapping_sub(told);
            tracing::warn!(refused, "starts are refused, since there is no room for more");
        }
        Problem::new(ProblemType::Overloaded, BUSY).retry_after(1 + refused % 3)
    }
}

/// Whether a request asks for work at the provider. Everything else goes on in a rush: who waits for
/// a result, and above all who brings one. A start whose path is spelt with escapes passes here, and is
/// refused where places are given.
pub(super) fn is_start(method: &Method, path: &str) -> bool {
    let renewed = || path.starts_with("/v1/verifications/") && path.ends_with("/renew");
    *method == Method::POST
        && (path == "/v1/verifications" || path == "/v1/backend/verifications" || renewed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::OPERATIONS;

    #[test]
    fn starts_and_renewals_are_told_from_all_other_operations() {
        let starts = OPERATIONS
            .iter()
            .filter(|operation| is_start(&operation.method.parse().unwrap(), operation.path));

        let names: Vec<_> =
            starts.map(|start| format!("{} {}", start.method, start.path)).collect();

        assert_eq!(
            names,
            [
                "POST /v1/verifications",
                "POST /v1/verifications/{verificationId}/renew",
                "POST /v1/backend/verifications",
            ]
        );
    }

    #[test]
    fn those_who_are_refused_together_do_not_come_back_together() {
        let rush = Rush::default();
        let now = Timestamp::UNIX_EPOCH;

        let mut waits: Vec<_> = (0..3).filter_map(|_| rush.refuse(now).retry_after).collect();

        waits.sort_unstable();
        assert_eq!(waits, [1, 2, 3]);
    }
}
