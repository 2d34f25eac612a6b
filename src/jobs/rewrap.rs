//! Takes up a key ring that was changed, and wraps by its active key what is under another one.

use super::turns::Turns;
use crate::usecase::keys::{self, KeyRounds};

pub(super) async fn run(turns: Turns) {
    let mut rounds = KeyRounds::default();
    loop {
        // A round may take long. It can be left anywhere: the next one begins from what is in the file.
        let round = keys::look_after(&turns.ports, &mut rounds);
        tokio::select! {
            biased;
            () = turns.tasks.stopping() => return,
            () = Turns::take("rewrap", round) => {}
        }
        if !turns.next(keys::wait_for_change(&turns.ports)).await {
            return;
        }
    }
}
