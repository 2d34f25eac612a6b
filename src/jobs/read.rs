//! Reads details: at once after a callback, by the clock when none comes.

use super::turns::Turns;
use crate::usecase::verification;

pub(super) async fn run(turns: Turns, concurrency: usize) {
    loop {
        Turns::take("read", verification::read_due(&turns.ports, concurrency)).await;
        if !turns.next(verification::wait_for_due_read(&turns.ports)).await {
            return;
        }
    }
}
