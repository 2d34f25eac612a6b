//! Applies callbacks as they come.

use super::turns::Turns;
use crate::usecase::callback;

pub(super) async fn run(turns: Turns) {
    loop {
        if let Err(failure) = callback::apply_due(&turns.ports).await {
            Turns::failed("apply", &failure);
        }
        if !turns.next(callback::wait_for_callback(&turns.ports)).await {
            return;
        }
    }
}
