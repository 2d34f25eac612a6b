//! Forgets what has outlived its use.

use super::turns::Turns;
use crate::usecase;

pub(super) async fn run(turns: Turns) {
    loop {
        Turns::take("forget", usecase::forget_due(&turns.ports)).await;
        if !turns.next(std::future::pending()).await {
            return;
        }
    }
}
