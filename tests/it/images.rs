//! Pictures of a capture, for the partner's own servers.

use gerbang::sandbox::{Fault, FaultBody, FaultRule, Operation};
use jiff::SignedDuration;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::support::{Answer, PATIENCE, TestApp};

const KINDS: [&str; 3] = ["ktp", "selfie", "additional_selfie"];
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A verification whose details, with links to its pictures, were read a while ago.
async fn verified(app: &TestApp, user: &str, outcome: &str) -> String {
    let token = app.token(user, outcome);
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    app.provider.finish_capture(&app.session(&id).await).unwrap();
    app.provider.wait_until(|provider| provider.scripts_running() == 0).await;
    assert_eq!(app.refresh(&app.service_token("verification:start"), &id).await.status, 200);
    app.advance(SignedDuration::from_secs(10)).await;
    id
}

fn asking(app: &TestApp, id: &str, kind: &str) -> RequestBuilder {
    let path = format!("/v1/backend/verifications/{id}/images/{kind}");
    app.request(Method::GET, &path, &app.service_token("verification:read:images"))
}

async fn picture(app: &TestApp, id: &str, kind: &str) -> Answer {
    app.send(asking(app, id, kind)).await
}

/// Whether the picture, once opened, is broken off.
async fn is_broken_off(app: &TestApp, id: &str) -> bool {
    // The head may still have waited to be sent when the connection was closed.
    let Ok(response) = asking(app, id, "ktp").send().await else { return true };
    assert_eq!(response.status(), 200);
    response.bytes().await.is_err()
}

async fn app() -> TestApp {
    TestApp::builder().without_callbacks().start().await
}

async fn transfers(app: &TestApp) -> String {
    let metrics = app.http.get(format!("{}/metrics", app.admin_url)).send().await.unwrap();
    metrics.text().await.unwrap()
}

async fn end_of_links(app: &TestApp) {
    app.advance(SignedDuration::from_hours(5 * 24)).await;
}

#[tokio::test]
async fn whoever_may_see_pictures_is_told_until_when_they_are_at_hand() {
    let app = app().await;
    let id = verified(&app, "cust-1", "01").await;
    let ends = async |scope: &str| {
        app.inspect(&app.service_token(scope), &id).await.text("/imagesExpireAt")
    };

    let told = ends("verification:read verification:read:images").await;

    let until: jiff::Timestamp = told.parse().unwrap();
    assert!(
        until > app.now() && until < app.now() + SignedDuration::from_hours(5 * 24 + 1),
        "{until}"
    );
    assert_eq!(ends("verification:read").await, "");
    app.stop().await;
}

#[tokio::test]
async fn each_picture_is_passed_on_in_our_own_words() {
    let app = app().await;
    let id = verified(&app, "cust-1", "01").await;
    // What it is called elsewhere does not matter.
    app.provider.push_fault(FaultRule::once(Operation::Image, Fault::WrongContentType));

    for kind in KINDS {
        let answer = picture(&app, &id, kind).await;

        assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"), "{kind}");
        assert!(answer.body.starts_with(PNG), "{kind}");
        assert_eq!(answer.header("content-length"), answer.body.len().to_string());
        let name = format!("inline; filename=\"{kind}.png\"");
        assert_eq!(answer.header("content-disposition"), name);
        assert_eq!(answer.header("cache-control"), "private, no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let policy = "default-src 'none'; sandbox; frame-ancestors 'none'";
        assert_eq!(answer.header("content-security-policy"), policy);
    }
    assert_eq!(app.provider.calls(Operation::Image), 3);
    assert!(transfers(&app).await.contains("gerbang_image_transfers_total{outcome=\"whole\"}"));
    app.stop().await;
}

#[tokio::test]
async fn an_image_needs_its_own_scope_and_a_known_name() {
    let app = app().await;
    let id = verified(&app, "cust-1", "01").await;
    let path = format!("/v1/backend/verifications/{id}/images/ktp");

    let all = app.service_token("verification:read verification:start webhook:manage");
    let refused = app.send(app.request(Method::GET, &path, &all)).await;
    let passport = picture(&app, &id, "passport").await;
    let nobody = picture(&app, "ver_01h455vb4pex5vsknk084sn02q", "ktp").await;
    let as_json = app.send(asking(&app, &id, "ktp").header("Accept", "application/json")).await;

    assert_eq!((refused.status, refused.problem().as_str()), (403, "insufficient-scope"));
    assert_eq!((passport.status, passport.problem().as_str()), (404, "not-found"));
    assert_eq!((nobody.status, nobody.problem().as_str()), (404, "not-found"));
    assert_eq!((as_json.status, as_json.problem().as_str()), (406, "not-acceptable"));
    assert_eq!(app.provider.calls(Operation::Image), 0);
    app.stop().await;
}

#[tokio::test]
async fn an_image_that_the_provider_did_not_name_is_404() {
    let app = app().await;
    // Refused captures have no second selfie.
    let id = verified(&app, "cust-1", "11").await;
    let token = app.token("cust-2", "01");
    let fresh = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");

    let missing = picture(&app, &id, "additional_selfie").await;
    let before = picture(&app, &fresh, "ktp").await;

    assert_eq!((missing.status, missing.problem().as_str()), (404, "not-found"));
    assert_eq!((before.status, before.problem().as_str()), (404, "not-found"));
    assert_eq!(picture(&app, &id, "ktp").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_link_to_a_host_that_is_not_listed_is_not_followed() {
    for hosts in ["[]", "[\"images.provider.example\"]", "[\"127.0.0.1.example\"]"] {
        let builder = TestApp::builder().without_callbacks();
        let listed = format!("image_hosts = {hosts}");
        let app = builder.edit("image_hosts = [\"127.0.0.1\"]", &listed).start().await;
        let id = verified(&app, "cust-1", "01").await;

        let answer = picture(&app, &id, "ktp").await;

        assert_eq!((answer.status, answer.problem().as_str()), (502, "upstream-error"), "{hosts}");
        assert_eq!(app.provider.calls(Operation::Image), 0);
        app.stop().await;
    }
}

#[tokio::test]
async fn what_is_no_picture_is_not_passed_on() {
    let app = app().await;
    let id = verified(&app, "cust-1", "01").await;
    let body = |content_type: &str, text: &str| Fault::Body {
        content_type: content_type.to_owned(),
        text: text.to_owned(),
    };
    let elsewhere = format!("{}/elsewhere", app.base_url);
    for fault in [
        body("text/html", "<!DOCTYPE html><script>alert(1)</script>"),
        body("image/png", "<!DOCTYPE html><script>alert(1)</script>"),
        body("image/svg+xml", "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"x\"/>"),
        body("image/jpeg", ""),
        body("image/gif", "GIF89a and more"),
        Fault::Garbage,
        Fault::Redirect { location: elsewhere },
        Fault::Padded { bytes: 10 * 1024 * 1024 + 1, announced: true },
    ] {
        app.provider.push_fault(FaultRule::once(Operation::Image, fault.clone()));

        let answer = picture(&app, &id, "ktp").await;

        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (502, "upstream-error"),
            "{fault:?}"
        );
    }
    // A redirect that is followed would be a second call.
    assert_eq!(app.provider.calls(Operation::Image), 8);
    app.stop().await;
}

#[tokio::test]
async fn a_storage_in_trouble_is_told_from_an_expired_link() {
    let app = app().await;
    let id = verified(&app, "cust-1", "01").await;
    let status = |status| Fault::Status { status, body: FaultBody::Html, retry_after: None };
    for (fault, expected) in [
        (status(500), (503, "upstream-unavailable")),
        (status(429), (503, "upstream-unavailable")),
        (status(451), (502, "upstream-error")),
        (Fault::Close, (502, "upstream-error")),
    ] {
        app.provider.push_fault(FaultRule::once(Operation::Image, fault.clone()));

        let answer = picture(&app, &id, "ktp").await;

        assert_eq!((answer.status, answer.problem().as_str()), expected, "{fault:?}");
    }
    // Once before, and never for these.
    assert_eq!(app.provider.calls(Operation::Details), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_picture_that_grows_too_large_or_breaks_is_broken_off() {
    let app = TestApp::builder().without_callbacks();
    let app = app.edit("image_hosts", "max_image = 65536\nimage_hosts").start().await;
    let id = verified(&app, "cust-1", "01").await;
    let large = Fault::Padded { bytes: 4 * 1024 * 1024, announced: false };
    let fits = Fault::Padded { bytes: 65_536, announced: false };
    for (fault, broken) in [(large, true), (Fault::CutBody, true), (fits, false)] {
        app.provider.push_fault(FaultRule::once(Operation::Image, fault.clone()));

        assert_eq!(is_broken_off(&app, &id).await, broken, "{fault:?}");
    }
    let counted = transfers(&app).await;
    for outcome in ["too_large", "broken"] {
        assert!(counted.contains(&format!("transfers_total{{outcome=\"{outcome}\"}}")));
    }
    app.stop().await;
}

#[tokio::test]
async fn a_picture_that_drips_meets_its_deadline() {
    let app = TestApp::builder().without_callbacks();
    let app = app.edit("image_hosts", "image_timeout = \"500ms\"\nimage_hosts").start().await;
    let id = verified(&app, "cust-1", "01").await;
    let drip = Fault::Drip { bytes: 16, millis: 100 };
    app.provider.push_fault(FaultRule::once(Operation::Image, drip));
    assert!(is_broken_off(&app, &id).await);
    app.provider.push_fault(FaultRule::always(Operation::Image, Fault::Hang));

    let hung = picture(&app, &id, "ktp").await;

    assert_eq!((hung.status, hung.problem().as_str()), (504, "upstream-timeout"));
    assert!(transfers(&app).await.contains("transfers_total{outcome=\"timed_out\"}"));
    app.provider.clear_faults();
    app.stop().await;
}

#[tokio::test]
async fn who_hangs_up_ends_the_transfer_and_frees_its_place() {
    let app = TestApp::builder().without_callbacks();
    let app = app.edit("image_hosts", "max_concurrent_images = 1\nimage_hosts").start().await;
    let id = verified(&app, "cust-1", "01").await;
    // Whole it would take longer than the test has patience.
    let drip = Fault::Drip { bytes: 16, millis: 100 };
    app.provider.push_fault(FaultRule::once(Operation::Image, drip));
    let mut response = asking(&app, &id, "ktp").send().await.unwrap();
    assert!(response.chunk().await.unwrap().is_some());
    assert_eq!(app.provider.dripping(), 1);
    let crowded = picture(&app, &id, "selfie").await;

    drop(response);

    let ended = app.provider.wait_until(|provider| provider.dripping() == 0);
    tokio::time::timeout(PATIENCE, ended).await.unwrap();
    assert_eq!((crowded.status, crowded.problem().as_str()), (503, "upstream-unavailable"));
    assert!(transfers(&app).await.contains("transfers_total{outcome=\"abandoned\"}"));
    assert_eq!(picture(&app, &id, "selfie").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn an_expired_link_is_renewed_by_one_read() {
    let app = app().await;
    let id = verified(&app, "cust-1", "01").await;
    end_of_links(&app).await;

    for kind in KINDS {
        assert_eq!(picture(&app, &id, kind).await.status, 200, "{kind}");
    }

    // One when it was verified, and one for all three.
    assert_eq!(app.provider.calls(Operation::Details), 2);
    app.stop().await;
}

#[tokio::test]
async fn a_link_that_ends_early_is_renewed_too() {
    let app = app().await;
    let id = verified(&app, "cust-1", "01").await;
    for status in [400, 403, 404, 410] {
        let over = Fault::Status { status, body: FaultBody::Empty, retry_after: None };
        app.provider.push_fault(FaultRule::once(Operation::Image, over));

        assert_eq!(picture(&app, &id, "ktp").await.status, 200, "{status}");
        app.advance(SignedDuration::from_secs(10)).await;
    }
    assert_eq!(app.provider.calls(Operation::Details), 5);
    app.stop().await;
}

#[tokio::test]
async fn a_picture_that_is_gone_is_410_and_the_provider_is_asked_seldom() {
    let app = app().await;
    let id = verified(&app, "cust-1", "01").await;
    let gone = Fault::Status { status: 404, body: FaultBody::Html, retry_after: None };
    app.provider.push_fault(FaultRule::always(Operation::Image, gone));

    let first = picture(&app, &id, "ktp").await;
    let again = picture(&app, &id, "ktp").await;

    assert_eq!((first.status, first.problem().as_str()), (410, "image-expired"));
    assert_eq!((again.status, again.problem().as_str()), (429, "rate-limited"));
    assert_eq!(app.provider.calls(Operation::Details), 2);
    app.stop().await;
}

#[tokio::test]
async fn a_newer_capture_lends_an_older_one_no_picture() {
    let app = app().await;
    let older = verified(&app, "cust-1", "11").await;
    let newer = verified(&app, "cust-1", "01").await;
    assert_ne!(older, newer);
    end_of_links(&app).await;
    let seen = app.inspect(&app.service_token("verification:read"), &newer).await;

    let answer = picture(&app, &older, "ktp").await;

    assert_eq!((answer.status, answer.problem().as_str()), (410, "image-expired"));
    assert_eq!(app.provider.calls(Operation::Image), 0);
    let after = app.inspect(&app.service_token("verification:read"), &newer).await;
    assert_eq!(after.json(), seen.json());
    app.stop().await;
}

#[tokio::test]
async fn no_byte_of_a_picture_leaves_before_it_is_written_down() {
    let app = app().await;
    let id = verified(&app, "cust-1", "01").await;
    let database = rusqlite::Connection::open(app.directory.path().join("gerbang.db")).unwrap();
    let written = || -> i64 {
        let sql = "SELECT count(*) FROM audit WHERE action = 'image_read' AND detail = 'ktp'";
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    app.provider.push_fault(FaultRule::once(Operation::Image, Fault::Garbage));
    picture(&app, &id, "ktp").await;
    assert_eq!(written(), 0, "nothing was read");
    assert_eq!(picture(&app, &id, "ktp").await.status, 200);
    assert_eq!(written(), 1);
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON audit
                  BEGIN SELECT RAISE(ABORT, 'no'); END";
    database.execute_batch(refuse).unwrap();

    let answer = picture(&app, &id, "ktp").await;

    assert_eq!((answer.status, answer.problem().as_str()), (500, "internal-error"));
    app.stop().await;
}
