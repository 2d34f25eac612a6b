//! How often one may call.

use std::sync::Arc;

use jiff::SignedDuration;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::support::{Answer, Issuer, TestApp};

const FEW: &str = "user_starts_per_minute = 3\nuser_reads_per_minute = 5";

/// `r` and `t` of `RateLimit`, with the limit's name.
fn left(answer: &Answer) -> (String, u64, u64) {
    let text = answer.header("ratelimit");
    let mut parts = text.split(';');
    let name = parts.next().unwrap().trim_matches('"').to_owned();
    let mut number = |prefix| parts.next().unwrap().strip_prefix(prefix).unwrap().parse().unwrap();
    (name, number("r="), number("t="))
}

fn refused(answer: &Answer, limit: &str) {
    assert_eq!((answer.status, answer.problem().as_str()), (429, "rate-limited"), "{answer:?}");
    let (name, left, more_in) = left(answer);
    assert_eq!((name.as_str(), left), (limit, 0));
    assert_eq!(answer.header("retry-after"), more_in.to_string(), "never before the window's end");
}

#[tokio::test]
async fn starts_of_a_user_are_counted_and_come_back_with_time() {
    let app = TestApp::builder().limits(FEW).start().await;
    let token = app.token("cust-1", "00");
    let start = || app.start_verification(&token, json!({ "channel": "sdk" }));

    let first = start().await;
    let id = first.text("/id");
    let (second, third, fourth) = (start().await, app.renew(&token, &id).await, start().await);
    app.advance(SignedDuration::from_secs(19)).await;
    let early = start().await;
    app.advance(SignedDuration::from_secs(1)).await;
    let (later, again) = (start().await, start().await);

    assert_eq!(first.header("ratelimit-policy"), "\"user_starts\";q=3;w=60");
    assert_eq!(left(&first), ("user_starts".to_owned(), 2, 20));
    assert_eq!((left(&second).1, left(&third).1), (1, 0), "a renewal costs as much as a start");
    refused(&fourth, "user_starts");
    assert_eq!(fourth.header("retry-after"), "20");
    assert_eq!((early.status, early.header("retry-after")), (429, "1"));
    assert_eq!(later.status, 200);
    refused(&again, "user_starts");
    app.stop().await;
}

#[tokio::test]
async fn reads_are_counted_apart_from_starts() {
    let app = TestApp::builder().limits(FEW).start().await;
    let token = app.token("cust-1", "00");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");

    let mut seen = vec![app.get_verification(&token, &id).await];
    seen.push(app.list(&token, "").await);
    seen.push(app.report_capture(&token, &id, json!({ "outcome": "cancelled" })).await);
    seen.push(app.get_verification(&token, "nothing").await);
    seen.push(app.list(&token, "?limit=0").await);
    let over = app.get_verification(&token, &id).await;
    let start = app.start_verification(&token, json!({ "channel": "sdk" })).await;

    let counts: Vec<u64> = seen.iter().map(|answer| left(answer).1).collect();
    assert_eq!(counts, [4, 3, 2, 1, 0], "whatever came of them");
    assert_eq!(seen[0].header("ratelimit-policy"), "\"user_reads\";q=5;w=60");
    refused(&over, "user_reads");
    assert_eq!(start.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn an_allowance_is_one_users_whatever_token_is_shown() {
    let app = TestApp::builder().limits(FEW).start().await;
    let body = json!({ "channel": "sdk" });
    for _ in 0..3 {
        let token = app.token_with(json!({ "sub": "cust-1", "jti": uuid::Uuid::new_v4() }));
        app.start_verification(&token, body.clone()).await;
    }

    let same = app.start_verification(&app.token("cust-1", "00"), body.clone()).await;
    let other = app.start_verification(&app.token("cust-2", "00"), body).await;

    refused(&same, "user_starts");
    assert_eq!(other.status, 201);
    app.stop().await;
}

#[tokio::test]
async fn a_refused_start_asks_nobody_and_changes_nothing() {
    let app = TestApp::builder().limits("user_starts_per_minute = 1").start().await;
    let token = app.token("cust-1", "00");
    app.start_verification(&token, json!({ "channel": "sdk" })).await;
    let before = app.provider.calls(gerbang::sandbox::Operation::Initiate);

    for _ in 0..20 {
        let answer = app.start_verification(&token, json!({ "channel": "web" })).await;
        refused(&answer, "user_starts");
    }

    assert_eq!(app.provider.calls(gerbang::sandbox::Operation::Initiate), before);
    app.stop().await;
}

#[tokio::test]
async fn all_users_of_an_app_share_its_allowance_and_other_apps_do_not() {
    let app = TestApp::builder().limits("app_requests_per_minute = 4").start().await;
    let list = async |user: &str, client: &str| {
        let token = app.token_with(json!({ "sub": user, "client_id": client }));
        app.list(&token, "").await
    };
    for user in ["a", "b", "c", "d"] {
        assert_eq!(left(&list(user, "android").await).0, "user_reads", "not how busy others are");
    }

    let (over, other) = (list("e", "android").await, list("e", "web").await);

    refused(&over, "app_requests");
    assert_eq!(other.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn back_ends_have_an_allowance_of_their_own() {
    let app = TestApp::builder().limits("backend_requests_per_minute = 2").start().await;
    let id = "ver_01h455vb4pex5vsknk084sn02q";
    let token = app.service_token("verification:read");

    let first = app.inspect(&token, id).await;
    let second = app.inspect(&app.service_token(""), id).await;
    let over = app.inspect(&token, id).await;
    let user = app.list(&app.token("cust-1", "00"), "").await;
    let other = json!({ "client_id": "desk", "scope": "verification:read" });
    let other = app.backends.token(app.now().as_second(), other);
    let beside = app.inspect(&other, id).await;

    assert_eq!((first.status, second.status, user.status), (404, 403, 200));
    assert_eq!(beside.status, 404, "one back end does not use up another's");
    assert_eq!(left(&second), ("backend_requests".to_owned(), 0, 30));
    refused(&over, "backend_requests");
    app.stop().await;
}

#[tokio::test]
async fn bad_tokens_are_counted_and_good_ones_pass_from_the_same_address() {
    let app = TestApp::builder().limits("failed_authentications_per_minute = 3").start().await;
    let good = app.token("cust-1", "00");
    for guess in ["a", "a.b.c", &format!("{good}x")] {
        assert_eq!(app.list(guess, "").await.status, 401, "{guess}");
    }

    let over = app.list("a.b.c", "").await;
    let backend = app.inspect("a.b.c", "x").await;
    let honest = app.list(&good, "").await;
    app.advance(SignedDuration::from_secs(20)).await;
    let later = app.list("a.b.c", "").await;

    refused(&over, "failed_authentications");
    refused(&backend, "failed_authentications");
    assert_eq!((honest.status, later.status), (200, 401));
    app.stop().await;
}

#[tokio::test]
async fn expired_tokens_and_missing_ones_are_no_guesses() {
    let app = TestApp::builder().limits("failed_authentications_per_minute = 1").start().await;
    let expired = app.token_with(json!({ "sub": "cust-1", "exp": app.now().as_second() - 3600 }));
    for _ in 0..5 {
        let without = app.send(app.http.get(format!("{}/v1/verifications", app.base_url))).await;
        assert_eq!((app.list(&expired, "").await.status, without.status), (401, 401));
    }

    let guess = app.list("a.b.c", "").await;

    assert_eq!(guess.status, 401);
    app.stop().await;
}

#[tokio::test]
async fn tokens_that_cannot_be_checked_now_are_no_guesses() {
    let unreachable = "[[auth.issuers]]\nuse = \"app\"\nissuer = \"far\"\naudience = \"gerbang\"\n\
                       algorithms = [\"EdDSA\"]\njwks_url = \"http://127.0.0.1:9/jwks.json\"\n\
                       shared_users = true";
    let app = TestApp::builder()
        .apps("shared_users = true")
        .settings(unreachable)
        .limits("failed_authentications_per_minute = 1")
        .start()
        .await;
    let token = Issuer::new("far").token(app.now().as_second(), json!({ "sub": "cust-1" }));

    for _ in 0..3 {
        let answer = app.list(&token, "").await;

        assert_eq!((answer.status, answer.problem().as_str()), (503, "upstream-unavailable"));
    }
    // Nobody is told what is wrong with his call before it is known who he is.
    let text = |request: RequestBuilder| request.header("Content-Type", "text/plain").body("x");
    for request in [
        text(app.request(Method::POST, "/v1/verifications", &token)),
        app.request(Method::GET, "/v1/verifications/nonsense", &token),
        app.request(Method::GET, "/v1/verifications?limit=x", &token),
    ] {
        assert_eq!(app.send(request).await.status, 503);
    }
    assert_eq!(app.list("a.b.c", "").await.status, 401, "the first guess");
    app.stop().await;
}

#[tokio::test]
async fn addresses_behind_a_trusted_proxy_are_told_apart() {
    let app = TestApp::builder()
        .server("trusted_proxies = [\"127.0.0.1\"]")
        .limits("failed_authentications_per_minute = 1")
        .start()
        .await;
    let guess = async |from: &str| {
        let request = app.request(Method::GET, "/v1/verifications", "a.b.c");
        app.send(request.header("X-Forwarded-For", from)).await.status
    };

    assert_eq!((guess("192.0.2.1").await, guess("192.0.2.1").await), (401, 429));
    assert_eq!(guess("192.0.2.2").await, 401);
    assert_eq!(guess("192.0.2.3, 192.0.2.1").await, 429, "the left-most may be made up");
    assert_eq!((guess("2001:db8::1").await, guess("2001:db8::ffff:2").await), (401, 429));
    assert_eq!(guess("2001:db8:0:1::1").await, 401, "another subscriber");
    assert_eq!((guess("unknown").await, guess("_x").await), (401, 429), "the proxy's own place");
    app.stop().await;
}

#[tokio::test]
async fn a_forged_address_does_not_refill_a_guessers_allowance() {
    let app = TestApp::builder().limits("failed_authentications_per_minute = 1").start().await;
    let mut seen = Vec::new();
    for at in 1..=3 {
        let request = app.request(Method::GET, "/v1/verifications", "a.b.c");
        let request = request
            .header("X-Forwarded-For", format!("192.0.2.{at}"))
            .header("Forwarded", format!("for=192.0.2.{at}"));
        seen.push(app.send(request).await.status);
    }

    assert_eq!(seen, [401, 429, 429]);
    app.stop().await;
}

#[tokio::test]
async fn callbacks_are_never_limited() {
    let app = TestApp::builder()
        .limits("failed_authentications_per_minute = 1\napp_requests_per_minute = 1\nbackend_requests_per_minute = 1")
        .start()
        .await;
    let url = format!("{}/callbacks/provider", app.base_url);
    for at in 0..30 {
        let wrong =
            app.send(app.http.post(&url).header("x-callback-key", "wrong").body("{}")).await;
        let kept =
            app.call_back(json!({ "submissionId": format!("s-{at}"), "status": "ERROR" })).await;
        assert_eq!((wrong.status, kept.status), (401, 200));
        assert_eq!(kept.header("ratelimit"), "");
    }
    app.stop().await;
}

#[tokio::test]
async fn refusals_are_counted_by_their_limit() {
    let app = TestApp::builder()
        .limits(
            "user_starts_per_minute = 1\nuser_reads_per_minute = 1\nbackend_requests_per_minute = 1\n\
             failed_authentications_per_minute = 1",
        )
        .start()
        .await;
    let token = app.token("cust-1", "00");
    for _ in 0..2 {
        app.start_verification(&token, json!({ "channel": "sdk" })).await;
        app.list(&token, "").await;
        app.inspect(&app.service_token("verification:read"), "x").await;
        app.list("a.b.c", "").await;
    }

    let metrics = app.http.get(format!("{}/metrics", app.admin_url)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();

    for limit in ["user_starts", "user_reads", "backend_requests", "failed_authentications"] {
        let line = format!("gerbang_refused_total{{limit=\"{limit}\"}}");
        assert!(metrics.contains(&line), "{line}");
    }
    app.stop().await;
}

#[tokio::test]
async fn many_at_once_get_no_more_than_one_after_the_other() {
    let app = Arc::new(TestApp::builder().limits("user_reads_per_minute = 20").start().await);
    let token = app.token("cust-1", "00");
    let calls = (0..100).map(|_| app.list(&token, ""));

    let answers = futures_util::future::join_all(calls).await;

    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 20);
    assert_eq!(answers.iter().filter(|answer| answer.status == 429).count(), 80);
    drop(answers);
    Arc::into_inner(app).unwrap().stop().await;
}
