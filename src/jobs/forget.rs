//! Forgets what has outlived its use.

use super::turns::Turns;
use crate::usecase;

pub(super) async fn run(turns: Turns) {
    loop {
        if let Err(failure) = usecase::forget_due(&turns.ports).await {
            Turns::failed("forget", &failure);
        }
        if !turns.next(std::future::pending()).await {
            return;
        }
    }
}
