//! Told to stop in the middle of a rush, over connections that are kept and connections that are new:
//! everybody who was let in is answered.

use futures_util::future::{join, join_all};
use gerbang::sandbox::Operation;
use reqwest::Client;
use serde_json::json;

use crate::{
    crash::Bed,
    support::{PATIENCE, Process},
};

/// What one caller met.
#[derive(Default)]
struct Met {
    served: u32,
    refused: u32,
    failed: Vec<String>,
}

/// Whether a caller keeps its connection.
const fn keeps(name: usize) -> bool {
    name.is_multiple_of(2)
}

fn client(name: usize) -> Client {
    let client = Client::builder().no_proxy().pool_max_idle_per_host(usize::from(keeps(name)));
    client.timeout(PATIENCE).build().unwrap()
}

/// Starts for one user after another. A balancer sends nobody to a gateway that is not ready, nor
/// over a connection that is to be closed.
async fn call(bed: &Bed, process: &Process, http: &Client, name: usize) -> Met {
    let mut met = Met::default();
    for number in 0.. {
        let request = http
            .post(format!("{}/v1/verifications", process.base_url))
            .bearer_auth(bed.token(&format!("cust-{name}-{number}")))
            .json(&json!({ "channel": "sdk" }));
        let closes = match request.send().await {
            Ok(answer) => {
                let closes = answer.headers().get("connection").is_some_and(|it| it == "close");
                match answer.status().as_u16() {
                    201 => met.served += 1,
                    503 if answer.headers().contains_key("retry-after") => met.refused += 1,
                    other => met.failed.push(other.to_string()),
                }
                closes
            }
            Err(error) => {
                met.failed.push(format!("{error:?}"));
                return met;
            }
        };
        if (closes || !keeps(name)) && bed.asked(process, "/readyz").await != 200 {
            return met;
        }
    }
    met
}

#[tokio::test]
async fn a_stop_in_a_rush_answers_everybody_who_was_let_in() {
    let lasting = "lame_duck = \"500ms\"\nshutdown_deadline = \"10s\"";
    let tight = "max_concurrent = 4\nmax_waiting = 8\npatience = \"20ms\"\npass_key = ";
    let edits = [("lame_duck = \"0s\"", lasting), ("pass_key = ", tight)];
    let bed = Bed::with(&edits);
    let process = bed.raise();
    // Made before anybody is connected: it takes so long that the first would be told to hurry up.
    let clients: Vec<_> = (0..32).map(client).collect();
    let callers = clients.iter().enumerate();
    let callers = join_all(callers.map(|(name, http)| call(&bed, &process, http, name)));
    let stop = async {
        bed.provider.wait_for_calls(Operation::Initiate, 100).await;
        process.signal("TERM");
    };

    let both = tokio::time::timeout(PATIENCE * 2, join(callers, stop)).await;
    let (met, ()) = both.expect("everybody is told to go elsewhere");
    let ended = tokio::task::spawn_blocking(|| process.wait()).await.unwrap();

    let failed: Vec<_> = met.iter().flat_map(|met| &met.failed).collect();
    let count = |number: fn(&Met) -> u32| met.iter().map(number).sum::<u32>();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(count(|met| met.served) >= 100 && count(|met| met.refused) > 0);
    assert_eq!(ended.0.code(), Some(0));
    bed.stop().await;
}
