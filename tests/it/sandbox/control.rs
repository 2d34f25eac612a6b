//! `/sandbox/…` has the power of `Control`, and takes only JSON that is named JSON.

use gerbang::sandbox::{CallbackMethod, Operation};
use reqwest::Method;
use serde_json::json;

use super::house::{House, str_of};
use super::partner::Partner;

#[tokio::test]
async fn a_verification_can_be_driven_over_http_alone() {
    let house = House::start();
    let partner = Partner::open().await;
    let target = partner.target(CallbackMethod::Put);
    let header = json!({ "name": "x-callback-key", "value": "agreed-value" });
    let target = json!({ "url": target.url, "method": "PUT", "header": header });

    let set = house.call(Method::PUT, "/sandbox/callback-target", &[], Some(&target)).await;
    let forced = json!({ "who": "u", "outcome": "rejected_fraud" });
    let forced = house.post("/sandbox/forced", &forced).await;
    house.initiate("u", "s", "00").await;
    let captured = house.post("/sandbox/sessions/s/capture", &json!({})).await;
    house.until_quiet().await;

    assert_eq!((set.status, forced.status, captured.status), (204, 204, 200));
    let [call] = partner.arrived().try_into().unwrap();
    assert_eq!(
        (call.method.as_str(), call.words()),
        ("put", "COMPLETED INVALID FRAUD_REJECT".to_owned())
    );
    let submissions = house.get("/sandbox/submissions").await.json();
    assert_eq!(submissions[0]["submissionId"], captured.json()["submissionId"]);
    assert_eq!(submissions[0]["outcome"], json!("rejected_fraud"));
    let sessions = house.get("/sandbox/sessions").await.json();
    assert_eq!(sessions[0]["sessionId"], json!("s"));
    assert!(sessions[0].get("token").is_none());
    let callbacks = house.get("/sandbox/callbacks").await.json();
    assert_eq!(callbacks[0]["answer"], json!({ "kind": "answered", "status": 200 }));
}

#[tokio::test]
async fn counters_requests_and_outcomes_can_be_read() {
    let house = House::start();
    house.initiate("u", "s", "00").await;

    let counters = house.get("/sandbox/counters").await.json();
    let requests = house.get("/sandbox/requests").await.json();
    let outcomes = house.get("/sandbox/outcomes").await.json();

    assert_eq!(
        counters,
        json!({ "token": 1, "initiate": 1, "details": 0, "image": 0, "callbacksDelivered": 0 })
    );
    assert_eq!(str_of(&requests[1], "path"), "/esign-partner/v1/initiate-flow");
    assert_eq!(str_of(&outcomes[0], "name"), "approved");
}

#[tokio::test]
async fn tokens_are_revoked_and_callbacks_sent_over_http() {
    let house = House::start();
    let token = house.token().await;

    let revoked = house.post("/sandbox/tokens/revoke", &json!({})).await;
    let sent = house.post("/sandbox/callbacks", &json!({ "status": "COMPLETED" })).await;
    let refused = house.initiate_with(&[("x-onekyc-token", token.as_str())], &json!({})).await;

    assert_eq!(revoked.status, 204);
    assert_eq!(sent.json(), json!({ "kind": "no_target" }));
    assert_eq!(refused.status, 401);
}

#[tokio::test]
async fn what_cannot_be_read_or_found_is_said() {
    let house = House::start();
    house.captured("u", "s", "00").await;
    let text = [("content-type", "text/plain")];
    let faults = "/sandbox/faults";

    let named = house.call(Method::POST, faults, &text, Some(&json!({}))).await;
    let broken = house.post(faults, &json!({ "operation": "token", "kind": "unheard_of" })).await;
    let both = json!({ "session": "s", "who": "u", "outcome": "approved" });
    let both = house.post("/sandbox/forced", &both).await;
    let twice = house.post("/sandbox/sessions/s/capture", &json!({})).await;
    let nobody = house.post("/sandbox/sessions/none/capture", &json!({})).await;
    let lost = house.get("/nowhere").await;

    assert_eq!((named.status, broken.status, both.status), (415, 400, 400));
    assert!(broken.text.contains("unheard_of"), "{}", broken.text);
    assert_eq!((twice.status, nobody.status, lost.status), (409, 404, 404));
}

#[tokio::test]
async fn without_recording_only_counters_are_kept() {
    let house = House::start_with(|options| options.record = false);

    house.initiate("u", "s", "00").await;

    assert_eq!(house.control().calls(Operation::Initiate), 1);
    assert!(house.control().requests().is_empty());
    assert_eq!(house.control().newest_session("u").unwrap().session_id, "s");
}
