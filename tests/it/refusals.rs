//! Bad input: each gets its documented problem, and nothing else happens.

use gerbang::api::{OPERATIONS, ProblemType};
use reqwest::{
    Method,
    header::{HeaderName, HeaderValue},
};
use serde_json::json;

use crate::support::{Contract, TestApp};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table, read row by row")]
async fn bodies_that_cannot_be_used_say_where_and_why() {
    let long = "x".repeat(65);
    let cases = [
        ("", 400, "malformed-request", ""),
        ("{", 400, "malformed-request", ""),
        ("nonsense", 400, "malformed-request", ""),
        ("{\"channel\":\"sdk\"} trailing", 400, "malformed-request", ""),
        ("{\"channel\":\"\u{0}\"}", 400, "malformed-request", ""),
        ("null", 422, "validation-failed", ""),
        ("[]", 422, "validation-failed", ""),
        ("\"sdk\"", 422, "validation-failed", ""),
        ("{}", 422, "validation-failed", "/channel"),
        (r#"{"channel":null}"#, 422, "validation-failed", "/channel"),
        (r#"{"channel":"SDK"}"#, 422, "validation-failed", "/channel"),
        (r#"{"channel":7}"#, 422, "validation-failed", "/channel"),
        (r#"{"channel":["sdk"]}"#, 422, "validation-failed", "/channel"),
        (r#"{"channel":"sdk","channel":"web"}"#, 422, "validation-failed", "/channel"),
        (r#"{"channel":"sdk","isVerified":true}"#, 422, "validation-failed", "/isVerified"),
        (r#"{"channel":"sdk","a/b~c":1}"#, 422, "validation-failed", "/a~1b~0c"),
        (r#"{"channel":"sdk","contact":"fax"}"#, 422, "validation-failed", "/contact"),
        (r#"{"channel":"sdk","contact":null}"#, 422, "validation-failed", "/contact"),
        (r#"{"channel":"sdk","locale":"fr_FR"}"#, 422, "validation-failed", "/locale"),
        (
            r#"{"channel":"sdk","redirectUrls":{}}"#,
            422,
            "validation-failed",
            "/redirectUrls/success",
        ),
        (
            r#"{"channel":"sdk","redirectUrls":{"success":"","failure":"x"}}"#,
            422,
            "validation-failed",
            "/redirectUrls/success",
        ),
        (
            r#"{"channel":"sdk","redirectUrls":{"success":"https://evil.example/","failure":"https://evil.example/"}}"#,
            422,
            "redirect-not-allowed",
            "/redirectUrls/success",
        ),
        (
            r#"{"channel":"web","redirectUrls":{"success":"partnerapp://kyc/ok","failure":"javascript:alert(1)"}}"#,
            422,
            "redirect-not-allowed",
            "/redirectUrls/failure",
        ),
        (r#"{"channel":"web"}"#, 422, "validation-failed", "/redirectUrls"),
        (r#"{"channel":"sdk","reference":""}"#, 422, "validation-failed", "/reference"),
        (r#"{"channel":"sdk","reference":"a\nb"}"#, 422, "validation-failed", "/reference"),
    ];
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let too_long = format!(r#"{{"channel":"sdk","reference":"{long}"}}"#);
    let extra = (too_long.as_str(), 422, "validation-failed", "/reference");
    for (body, status, problem, pointer) in cases.into_iter().chain([extra]) {
        let request = app
            .request(Method::POST, "/v1/verifications", &token)
            .header("Content-Type", "application/json")
            .body(body.to_owned());

        let answer = app.send(request).await;

        assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{body}");
        assert_eq!(answer.text("/errors/0/pointer"), pointer, "{body}");
    }
    assert_eq!(app.provider.calls(gerbang::sandbox::Operation::Initiate), 0);
    app.stop().await;
}

#[tokio::test]
async fn capture_reports_that_cannot_be_used_say_where() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    for (body, pointer) in [
        (json!({}), "/outcome"),
        (json!({ "outcome": "done" }), "/outcome"),
        (json!({ "outcome": "failed", "code": "a b" }), "/code"),
        (json!({ "outcome": "failed", "code": "x".repeat(65) }), "/code"),
        (json!({ "outcome": "failed", "message": "?" }), "/message"),
    ] {
        let answer = app.report_capture(&token, &id, body.clone()).await;

        assert_eq!(
            (answer.status, answer.text("/errors/0/pointer").as_str()),
            (422, pointer),
            "{body}"
        );
    }
    app.stop().await;
}

#[tokio::test]
async fn queries_that_cannot_be_used_say_which() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    for (path, pointer) in [
        (format!("/v1/verifications/{id}?wait=31"), "?wait"),
        (format!("/v1/verifications/{id}?wait=-1"), "?wait"),
        (format!("/v1/verifications/{id}?wait=soon"), "?wait"),
        ("/v1/verifications?limit=0".to_owned(), "?limit"),
        ("/v1/verifications?limit=101".to_owned(), "?limit"),
        ("/v1/verifications?limit=ten".to_owned(), "?limit"),
        ("/v1/verifications?cursor=ver_x".to_owned(), "?cursor"),
    ] {
        let answer = app.send(app.request(Method::GET, &path, &token)).await;

        assert_eq!(
            (answer.status, answer.text("/errors/0/pointer").as_str()),
            (422, pointer),
            "{path}"
        );
    }
    app.stop().await;
}

#[tokio::test]
async fn heads_that_cannot_be_used_are_refused() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let header = |name: &str, value: &str| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
    };
    let (big, bigger) = ("x".repeat(9_000), "x".repeat(17_000));
    let json = header("content-type", "application/json");
    let bearer = header("authorization", &format!("Bearer {token}"));
    let cases = [
        (vec![json.clone()], 401, "authentication-required"),
        (vec![json.clone(), header("authorization", "Bearer")], 401, "authentication-required"),
        (vec![json.clone(), header("authorization", "Basic YTpi")], 401, "authentication-required"),
        (vec![json.clone(), bearer.clone(), bearer.clone()], 401, "authentication-required"),
        (vec![json.clone(), header("authorization", "Bearer x")], 401, "invalid-token"),
        (vec![json.clone(), header("authorization", "Bearer a.b.c")], 401, "invalid-token"),
        (
            vec![json.clone(), header("authorization", &format!("Bearer {token}x"))],
            401,
            "invalid-token",
        ),
        (
            vec![json.clone(), header("authorization", &format!("Bearer {big}"))],
            431,
            "header-too-large",
        ),
        (vec![json.clone(), bearer.clone(), header("x-filler", &bigger)], 431, "header-too-large"),
        (vec![bearer.clone()], 415, "unsupported-media-type"),
        (vec![bearer.clone(), header("content-type", "text/plain")], 415, "unsupported-media-type"),
        (
            vec![bearer.clone(), header("content-type", "application/jsonp")],
            415,
            "unsupported-media-type",
        ),
        (vec![json.clone(), bearer.clone(), header("accept", "text/html")], 406, "not-acceptable"),
        (
            vec![json.clone(), bearer.clone(), header("accept", "image/*, text/*;q=0.5")],
            406,
            "not-acceptable",
        ),
    ];
    for (headers, status, problem) in cases {
        let mut request = app.http.post(format!("{}/v1/verifications", app.base_url));
        let label = format!("{:?}", headers.iter().map(|(name, _)| name).collect::<Vec<_>>());
        for (name, value) in headers {
            request = request.header(name, value);
        }

        let answer = app.send(request.body(r#"{"channel":"sdk"}"#)).await;

        assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{label}");
    }
    app.stop().await;
}

#[tokio::test]
async fn bodies_that_are_too_large_are_refused_however_they_are_sent() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    let body = format!(r#"{{"channel":"sdk","reference":"{}"}}"#, "x".repeat(20_000));
    let chunks = body.as_bytes().chunks(1_000).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()));
    let chunks: Vec<_> = chunks.collect();
    let request = || {
        app.request(Method::POST, "/v1/verifications", &token)
            .header("Content-Type", "application/json")
    };

    let announced = app.send(request().body(body.clone())).await;
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let chunked = app.send(request().body(stream)).await;

    assert_eq!((announced.status, announced.problem().as_str()), (413, "payload-too-large"));
    assert_eq!((chunked.status, chunked.problem().as_str()), (413, "payload-too-large"));
    app.stop().await;
}

#[tokio::test]
async fn tokens_that_are_not_believed_are_401_without_a_reason() {
    let app = TestApp::start().await;
    let now = app.now().as_second();
    for (label, claims) in [
        ("expired", json!({ "sub": "cust-1", "exp": now - 120 })),
        ("not yet valid", json!({ "sub": "cust-1", "nbf": now + 120 })),
        ("without exp", json!({ "sub": "cust-1", "exp": null })),
        ("other audience", json!({ "sub": "cust-1", "aud": "other" })),
        ("other issuer", json!({ "sub": "cust-1", "iss": "other" })),
        ("without sub", json!({})),
        ("a phone as sub", json!({ "sub": "081234567890" })),
        ("a list as sub", json!({ "sub": ["cust-1"] })),
    ] {
        let token = app.token_with(claims);

        let answer = app.start_verification(&token, json!({ "channel": "sdk" })).await;

        assert_eq!((answer.status, answer.problem().as_str()), (401, "invalid-token"), "{label}");
        assert_eq!(answer.text("/detail"), "Get a new access token and try again.", "{label}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_contact_that_is_not_verified_is_403() {
    let app = TestApp::start().await;
    for claims in [
        json!({ "sub": "cust-1" }),
        json!({ "sub": "cust-1", "phone_number": "+6281234567890" }),
        json!({ "sub": "cust-1", "phone_number": "+6281234567890", "phone_number_verified": false }),
        json!({ "sub": "cust-1", "phone_number": "+6281234567890", "phone_number_verified": 1 }),
    ] {
        let token = app.token_with(claims.clone());

        let answer = app.start_verification(&token, json!({ "channel": "sdk" })).await;

        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (403, "contact-not-verified"),
            "{claims}"
        );
    }
    assert_eq!(app.provider.calls(gerbang::sandbox::Operation::Initiate), 0);
    app.stop().await;
}

#[tokio::test]
async fn a_verified_contact_of_another_form_is_422() {
    let app = TestApp::start().await;
    let token = app.token_with(json!({
        "sub": "cust-1", "phone_number": "+14155550100", "phone_number_verified": true,
    }));

    let bare = app.start_verification(&token, json!({ "channel": "sdk" })).await;
    let email = json!({ "channel": "sdk", "contact": "email" });
    let email = app.start_verification(&token, email).await;

    assert_eq!((bare.status, bare.text("/errors/0/pointer").as_str()), (422, "/contact"));
    assert_eq!((email.status, email.problem().as_str()), (403, "contact-not-verified"));
    app.stop().await;
}

#[tokio::test]
async fn every_operation_is_routed_and_every_route_is_documented() {
    let contract = Contract::load().unwrap();
    let mut documented: Vec<_> = contract
        .operations()
        .iter()
        .filter(|operation| !operation.admin)
        .map(|operation| (operation.method.clone(), operation.path.clone()))
        .collect();
    let mut routed: Vec<_> =
        OPERATIONS.iter().map(|it| (it.method.to_owned(), it.path.to_owned())).collect();
    documented.sort();
    routed.sort();

    assert_eq!(routed, documented);
}

#[tokio::test]
async fn other_paths_and_methods_are_problems_too() {
    let app = TestApp::start().await;
    let token = app.token("cust-1", "00");
    for path in [
        "/",
        "/v1",
        "/v2/verifications",
        "/v1/verifications/",
        "/v1/verifications/x/y",
        "/%00",
        "/v1/%2e%2e",
    ] {
        let answer = app.send(app.request(Method::GET, path, &token)).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"), "{path}");
    }
    let delete = app.send(app.request(Method::DELETE, "/v1/verifications", &token)).await;
    let text = app.get_verification(&token, "not-an-id").await;

    assert_eq!((delete.status, delete.header("allow")), (405, "GET, POST"));
    assert_eq!(text.status, 404);
    app.stop().await;
}

#[test]
fn the_codes_problems_are_the_documented_ones() {
    let contract = Contract::load().unwrap();
    let documented = contract.problems();

    for kind in ProblemType::ALL {
        let problem = documented
            .get(kind.slug())
            .unwrap_or_else(|| panic!("{} is not documented", kind.slug()));
        assert_eq!(
            (problem.status, problem.title.as_str()),
            (kind.status().as_u16(), kind.title()),
            "{}",
            kind.slug()
        );
    }
    assert_eq!(documented.len(), ProblemType::ALL.len());
}

#[tokio::test]
async fn a_fault_of_our_own_says_nothing_of_its_cause() {
    let app = TestApp::builder().without_callbacks().start().await;
    let token = app.token("cust-1", "00");
    let id = app.start_verification(&token, json!({ "channel": "sdk" })).await.text("/id");
    let database = app.directory.path().join("gerbang.db");
    let app = app
        .restart_after(async || {
            let conn = rusqlite::Connection::open(database).unwrap();
            conn.execute("UPDATE verifications SET identity = zeroblob(200)", []).unwrap();
        })
        .await;

    let answer = app.get_verification(&token, &id).await;

    assert_eq!((answer.status, answer.problem().as_str()), (500, "internal-error"));
    assert_eq!(answer.text("/detail"), "The operator has been told.");
    assert!(answer.json().get("errors").is_none(), "{answer:?}");
    app.stop().await;
}
