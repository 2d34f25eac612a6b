//! Reads details: at once after a callback, by the clock when none comes.

use super::turns::Turns;
use crate::usecase::verification::{self, ReadPace};

pub(super) async fn run(turns: Turns, mut pace: ReadPace) {
    loop {
        Turns::take("read", verification::read_due(&turns.ports, &mut pace)).await;
        if !turns.next(verification::wait_for_due_read(&turns.ports)).await {
            return;
        }
    }
}
