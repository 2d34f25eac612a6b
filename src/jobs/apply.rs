//! Applies callbacks as they come.

use super::turns::Turns;
use crate::usecase::callback;

pub(super) async fn run(turns: Turns) {
    loop {
        Turns::take("apply", callback::apply_due(&turns.ports)).await;
        if !turns.next(callback::wait_for_callback(&turns.ports)).await {
            return;
        }
    }
}
