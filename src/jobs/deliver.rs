//! Delivers webhooks to one endpoint: at once after a change, by the clock what is to be repeated.

use super::turns::Turns;
use crate::usecase::webhook::Route;

pub(super) async fn run(turns: Turns, mut route: Route) {
    loop {
        if let Err(failure) = route.deliver_due(&turns.ports).await {
            Turns::failed("deliver", &failure);
        }
        if !turns.next(route.wait_for_post()).await {
            return;
        }
    }
}
