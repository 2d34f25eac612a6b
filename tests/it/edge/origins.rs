//! Which pages may call.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, TestApp};

const APPS: &str = "[[apps]]\nid = \"web\"\norigins = [\"https://app.partner.example\", \
                    \"http://localhost:3000\"]\n[[apps]]\nid = \"shop\"\norigins = \
                    [\"https://shop.partner.example\"]\n[[apps]]\nid = \"android\"";
const PAGE: &str = "https://app.partner.example";

/// Whether a browser would show the answer to a page of `origin`.
fn is_open_to(answer: &Answer, origin: &str) -> bool {
    answer.header("access-control-allow-origin") == origin
}

async fn gateway() -> TestApp {
    TestApp::builder().settings(APPS).start().await
}

fn web_token(app: &TestApp, client: &str) -> String {
    app.token_with(json!({
        "sub": "cust-1", "client_id": client, "phone_number": "+6281234560000",
        "phone_number_verified": true, "phone_reference": "otp-1",
    }))
}

async fn list(app: &TestApp, token: &str, origin: &str) -> Answer {
    app.send(app.request(Method::GET, "/v1/verifications", token).header("Origin", origin)).await
}

async fn preflight(app: &TestApp, origin: &str, path: &str) -> Answer {
    let request = app
        .http
        .request(Method::OPTIONS, format!("{}{path}", app.base_url))
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "authorization,content-type");
    app.send(request).await
}

#[tokio::test]
async fn a_listed_page_may_ask_and_read() {
    let app = gateway().await;
    let token = web_token(&app, "web");

    let asked = preflight(&app, PAGE, "/v1/verifications").await;
    let request = app
        .request(Method::POST, "/v1/verifications", &token)
        .header("Origin", PAGE)
        .json(&json!({ "channel": "sdk" }));
    let started = app.send(request).await;

    assert_eq!(asked.status, 204);
    assert!(is_open_to(&asked, PAGE) && is_open_to(&started, PAGE));
    assert_eq!(asked.header("access-control-allow-methods"), "GET, POST");
    for name in ["Authorization", "Content-Type", "If-None-Match", "Idempotency-Key"] {
        assert!(asked.header("access-control-allow-headers").contains(name), "{name}");
    }
    assert_eq!(asked.header("vary"), "Origin");
    assert_eq!(started.status, 201);
    for name in ["ETag", "Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-Id", "Location"]
    {
        let exposed = started.header("access-control-expose-headers");
        assert!(exposed.split(", ").any(|it| it == name), "{name}");
    }
    for answer in [&asked, &started] {
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    }
    app.stop().await;
}

#[tokio::test]
async fn a_page_of_another_app_is_refused_and_told_so() {
    let app = gateway().await;
    for (client, origin) in [
        ("shop", PAGE),
        ("android", PAGE),
        ("nobody", PAGE),
        ("web", "https://shop.partner.example"),
    ] {
        let answer = list(&app, &web_token(&app, client), origin).await;

        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (403, "origin-not-allowed"),
            "{client}"
        );
        assert!(is_open_to(&answer, origin), "the page is known, and may read why");
    }
    assert_eq!(
        list(&app, &web_token(&app, "shop"), "https://shop.partner.example").await.status,
        200
    );
    assert_eq!(list(&app, &web_token(&app, "web"), "http://localhost:3000").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_foreign_page_is_refused_before_its_token_is_looked_at() {
    let app = gateway().await;
    let token = web_token(&app, "web");
    for origin in [
        "https://evil.example",
        "null",
        "",
        "*",
        "http://app.partner.example",
        "https://app.partner.example/",
        "https://app.partner.example:443",
        "https://app.partner.example:8443",
        "https://APP.partner.example",
        "https://app.partner.example.evil.example",
        "https://evil.example/https://app.partner.example",
        "https://xapp.partner.example",
        "https://app.partner.example, https://evil.example",
        "http://localhost:3001",
        // Behind our own.
        "http://127.0.0.1:8080.evil.example",
        "http://127.0.0.1:80801",
        "http://127.0.0.1",
        "file://",
    ] {
        let answers = [
            list(&app, &token, origin).await,
            list(&app, "x", origin).await,
            preflight(&app, origin, "/v1/verifications").await,
            app.send(app.http.get(format!("{}/nowhere", app.base_url)).header("Origin", origin))
                .await,
            app.send(
                app.http.get(format!("{}/openapi.yaml", app.base_url)).header("Origin", origin),
            )
            .await,
        ];

        for answer in answers {
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (403, "origin-not-allowed"),
                "{origin}"
            );
            for name in answer.headers.keys() {
                assert!(!name.as_str().starts_with("access-control-"), "{origin}: {name}");
            }
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn two_origins_are_foreign_even_if_both_are_listed() {
    let app = gateway().await;
    let request = app.request(Method::GET, "/v1/verifications", &web_token(&app, "web"));

    let answer = app.send(request.header("Origin", PAGE).header("Origin", PAGE)).await;

    assert_eq!((answer.status, answer.problem().as_str()), (403, "origin-not-allowed"));
    app.stop().await;
}

#[tokio::test]
async fn problems_can_be_read_by_listed_pages_too() {
    let app = TestApp::builder().settings(APPS).limits("user_reads_per_minute = 1").start().await;
    let token = web_token(&app, "web");
    let at = |path: &str| format!("{}{path}", app.base_url);
    let big = "x".repeat(20_000);
    let post = |body: String, kind: &str| {
        let request = app.request(Method::POST, "/v1/verifications", &token);
        request.header("Content-Type", kind).body(body)
    };
    let requests = [
        (app.http.get(at("/v1/verifications")), 401),
        (app.http.get(at("/v1/verifications")).bearer_auth("x"), 401),
        (app.http.get(at("/nowhere")), 404),
        (app.http.delete(at("/v1/verifications")), 405),
        (app.request(Method::GET, "/v1/verifications/x", &token), 404),
        (app.request(Method::GET, "/v1/verifications", &token), 429),
        (post("{".to_owned(), "application/json"), 400),
        (post(big.clone(), "application/json"), 413),
        (post("{}".to_owned(), "text/plain"), 415),
        (post("{}".to_owned(), "application/json"), 422),
        (app.http.get(at("/nowhere")).header("x-filler", big), 431),
    ];
    for (request, status) in requests {
        let answer = app.send(request.header("Origin", PAGE)).await;

        assert_eq!(answer.status, status);
        assert!(is_open_to(&answer, PAGE), "{status}: hidden by browsers");
        assert!(answer.headers.get_all("vary").iter().any(|value| value == "Origin"), "{status}");
    }
    app.stop().await;
}

#[tokio::test]
async fn callers_without_a_page_and_the_gateways_own_are_served() {
    let app = gateway().await;
    let token = web_token(&app, "android");

    let without = app.list(&token, "").await;
    let own = list(&app, &token, "http://127.0.0.1:8080").await;

    for answer in [&without, &own] {
        assert_eq!(answer.status, 200);
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
        let vary: Vec<_> = answer.headers.get_all("vary").iter().collect();
        assert_eq!(vary, ["Accept-Language", "Origin"], "a cache must not mix them up");
    }
    app.stop().await;
}

#[tokio::test]
async fn where_no_page_is_listed_every_page_is_foreign() {
    let app = TestApp::start().await;

    let answer = list(&app, &web_token(&app, "web"), PAGE).await;

    assert_eq!((answer.status, answer.problem().as_str()), (403, "origin-not-allowed"));
    app.stop().await;
}

#[tokio::test]
async fn servers_do_not_call_from_pages() {
    let app = gateway().await;
    let request = app.request(
        Method::GET,
        "/v1/backend/verifications/ver_01h455vb4pex5vsknk084sn02q",
        &app.service_token("verification:read"),
    );

    let answer = app.send(request.header("Origin", PAGE)).await;

    assert_eq!((answer.status, answer.problem().as_str()), (403, "origin-not-allowed"));
    app.stop().await;
}

#[tokio::test]
async fn a_question_without_a_method_is_no_question_beforehand() {
    let app = gateway().await;
    let request = app.http.request(Method::OPTIONS, format!("{}/v1/verifications", app.base_url));

    let answer = app.send(request.header("Origin", PAGE)).await;

    assert_eq!(answer.status, 405);
    app.stop().await;
}

#[tokio::test]
async fn a_stray_origin_loses_no_callback() {
    let app = gateway().await;
    let url = format!("{}/callbacks/provider", app.base_url);
    let request = app
        .http
        .post(url)
        .header("Origin", "https://provider.example")
        .header("x-callback-key", crate::support::CALLBACK_KEY)
        .json(&json!({ "submissionId": "s", "status": "COMPLETED" }));

    let answer = app.send(request).await;

    assert_eq!(answer.status, 200);
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
    app.stop().await;
}
