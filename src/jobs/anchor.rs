//! Says in the log where the audit log stands, whenever that has changed.

use super::turns::Turns;
use crate::usecase;

pub(super) async fn run(turns: Turns) {
    let mut told = None;
    loop {
        let turn = async {
            told = Some(usecase::audit::tell_head(&turns.ports, told).await?);
            Ok(())
        };
        Turns::take("anchor", turn).await;
        if !turns.next(std::future::pending()).await {
            return;
        }
    }
}
