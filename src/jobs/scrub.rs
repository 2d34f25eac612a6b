//! Sees to it that the bytes of what was destroyed go.

use super::turns::Turns;
use crate::usecase::subject;

pub(super) async fn run(turns: Turns) {
    loop {
        tokio::select! {
            () = turns.tasks.stopping() => return,
            () = subject::wait_for_erasure(&turns.ports) => {}
        }
        loop {
            match subject::scrub(&turns.ports).await {
                Ok(true) => break,
                Ok(false) => {}
                Err(failure) => Turns::failed("scrub", &failure),
            }
            if !turns.next(std::future::pending()).await {
                return;
            }
        }
    }
}
