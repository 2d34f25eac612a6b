//! Expires what was not finished in time.

use super::turns::Turns;
use crate::usecase::verification;

pub(super) async fn run(turns: Turns) {
    loop {
        Turns::take("expire", verification::expire_due(&turns.ports)).await;
        if !turns.next(std::future::pending()).await {
            return;
        }
    }
}
