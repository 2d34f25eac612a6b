//! Reading a verification: at once, when it changes, and by whom.

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;

use crate::support::TestApp;

async fn started(app: &TestApp, outcome: &str) -> (String, String) {
    let token = app.token("cust-1", outcome);
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    (token, id)
}

#[tokio::test]
async fn an_etag_saves_the_body() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "00").await;
    let path = format!("/v1/verifications/{id}");
    let etag = app.get_verification(&token, &id).await.header("etag").to_owned();

    let same =
        app.send(app.request(Method::GET, &path, &token).header("If-None-Match", &etag)).await;
    let english = app
        .send(
            app.request(Method::GET, &path, &token)
                .header("If-None-Match", &etag)
                .header("Accept-Language", "en"),
        )
        .await;

    assert_eq!((same.status, same.body.len()), (304, 0));
    assert_eq!((english.status, english.header("content-language")), (200, "en"));
    app.stop().await;
}

#[tokio::test]
async fn a_waiter_is_answered_when_something_changes() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "00").await;
    let path = format!("/v1/verifications/{id}?wait=30");
    let before = app.get_verification(&token, &id).await;
    let wait = app.send(
        app.request(Method::GET, &path, &token).header("If-None-Match", before.header("etag")),
    );
    let change = app.report_capture(&token, &id, json!({ "outcome": "completed" }));

    let (seen, told) = futures_util::future::join(wait, change).await;

    assert_eq!((seen.status, seen.text("/nextAction").as_str()), (200, "wait"));
    assert_eq!(seen.json()["revision"], told.json()["revision"]);
    app.stop().await;
}

#[tokio::test]
async fn a_waiter_whose_time_is_over_gets_304_or_the_state() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "00").await;
    let path = format!("/v1/verifications/{id}?wait=20");
    let etag = app.get_verification(&token, &id).await.header("etag").to_owned();
    let knowing = app.send(app.request(Method::GET, &path, &token).header("If-None-Match", etag));
    let ignorant = app.send(app.request(Method::GET, &path, &token));
    let time = async {
        app.clock.wait_for_sleepers_until(app.now() + SignedDuration::from_secs(20), 2).await;
        app.advance(SignedDuration::from_secs(21)).await;
    };

    let (knowing, ignorant, ()) = futures_util::future::join3(knowing, ignorant, time).await;

    assert_eq!(knowing.status, 304);
    assert_eq!((ignorant.status, ignorant.text("/status").as_str()), (200, "pending"));
    app.stop().await;
}

#[tokio::test]
async fn a_closed_verification_is_answered_at_once() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "01").await;
    app.provider.finish_capture(&app.session(&id).await).unwrap();
    let seen = app.wait_for(&token, &id, &["approved"]).await;
    let path = format!("/v1/verifications/{id}?wait=30");

    let again = app
        .send(app.request(Method::GET, &path, &token).header("If-None-Match", seen.header("etag")))
        .await;

    assert_eq!(again.status, 304);
    app.stop().await;
}

#[tokio::test]
async fn a_fifth_waiter_of_one_user_is_refused() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "00").await;
    let path = format!("/v1/verifications/{id}?wait=20");
    let until = app.now() + SignedDuration::from_secs(20);
    let mut waiters: FuturesUnordered<_> =
        (0..5).map(|_| app.send(app.request(Method::GET, &path, &token))).collect();

    let refused = waiters.next().await.unwrap();
    let others = async {
        app.clock.wait_for_sleepers_until(until, 4).await;
        app.advance(SignedDuration::from_secs(21)).await;
    };
    let (served, ()) = futures_util::future::join(waiters.collect::<Vec<_>>(), others).await;

    assert_eq!((refused.status, refused.problem().as_str()), (429, "rate-limited"));
    assert_eq!(refused.header("retry-after"), "1");
    assert!(served.len() == 4 && served.iter().all(|answer| answer.status == 200));
    app.stop().await;
}

#[tokio::test]
async fn another_users_verification_is_as_if_it_were_not_there() {
    let app = TestApp::start().await;
    let (_, id) = started(&app, "00").await;
    let stranger = app.token("cust-2", "00");

    let read = app.get_verification(&stranger, &id).await;
    let renewed = app.renew(&stranger, &id).await;
    let told = app.report_capture(&stranger, &id, json!({ "outcome": "completed" })).await;
    let none = app.get_verification(&stranger, "ver_01h455vb4pex5vsknk084sn02q").await;

    assert_eq!([read.status, renewed.status, told.status, none.status], [404; 4]);
    assert_eq!(read.text("/detail"), none.text("/detail"));
    app.stop().await;
}

#[tokio::test]
async fn a_list_is_the_users_own_newest_first_in_pages() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let (token, id) = started(&app, "11").await;
        app.provider.finish_capture(&app.session(&id).await).unwrap();
        app.wait_for(&token, &id, &["rejected"]).await;
        ids.insert(0, id);
        app.advance(SignedDuration::from_secs(1)).await;
    }
    let token = app.token("cust-1", "11");

    let first = app.list(&token, "?limit=2").await.json();
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = app.list(&token, &format!("?limit=2&cursor={cursor}")).await.json();
    let others = app.list(&app.token("cust-2", "11"), "").await.json();

    let listed: Vec<_> = [&first, &second]
        .iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(listed, ids);
    assert!(second.get("nextCursor").is_none());
    assert_eq!(others, json!({ "items": [] }));
    app.stop().await;
}

#[tokio::test]
async fn a_back_end_sees_the_whole_story() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "11");
    let wish = json!({ "channel": "sdk", "reference": "loan-1", "consentReference": "consent-1" });
    let id = app.start_verification(&token, wish).await.text("/id");
    app.provider.finish_capture(&app.session(&id).await).unwrap();
    app.wait_for(&token, &id, &["rejected"]).await;

    let seen = app.inspect(&app.service_token("verification:read"), &id).await.json();

    assert_eq!(seen["userId"], "cust-1");
    assert_eq!(seen["reference"], "loan-1");
    assert_eq!(seen["submission"]["reasonCode"], "NOT_EKTP");
    assert_eq!(
        seen["contact"],
        json!({
            "kind": "phone", "source": "claims", "verificationReferenceId": "otp-0001",
            "verifiedAt": app.now().to_string(),
        })
    );
    let kinds: Vec<_> =
        seen["timeline"].as_array().unwrap().iter().map(|step| step["kind"].clone()).collect();
    assert!(
        kinds.contains(&json!("callback_received")) && kinds.contains(&json!("status_changed"))
    );
    assert!(!seen.to_string().contains("6281"), "no contact value");
    app.stop().await;
}

#[tokio::test]
async fn tokens_of_one_kind_do_not_open_doors_of_the_other() {
    let app = TestApp::start().await;
    let (token, id) = started(&app, "00").await;

    let app_at_backend = app.inspect(&token, &id).await;
    let backend_at_app = app.get_verification(&app.service_token("verification:read"), &id).await;
    let without_scope = app.inspect(&app.service_token("other:scope"), &id).await;

    assert_eq!((app_at_backend.status, backend_at_app.status), (401, 401));
    assert_eq!(
        (without_scope.status, without_scope.problem().as_str()),
        (403, "insufficient-scope")
    );
    app.stop().await;
}
