//! Expires what was not finished in time.

use super::turns::Turns;
use crate::usecase::verification;

pub(super) async fn run(turns: Turns) {
    loop {
        if let Err(failure) = verification::expire_due(&turns.ports).await {
            Turns::failed("expire", &failure);
        }
        if !turns.next(std::future::pending()).await {
            return;
        }
    }
}
