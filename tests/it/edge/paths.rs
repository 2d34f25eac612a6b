//! Paths and methods that lead nowhere.

use super::row::{opened, refuse, request, row};
use crate::support::TestApp;

#[tokio::test]
async fn paths_that_are_none_of_ours_are_404() {
    let (app, token, id) = opened().await;
    let bearer = format!("Authorization: Bearer {token}");
    let rows = [
        "//v1/verifications".to_owned(),
        "/v1//verifications".to_owned(),
        "/v1/verifications//".to_owned(),
        "/V1/verifications".to_owned(),
        "/v1/Verifications".to_owned(),
        "/v1/verifications;x=1".to_owned(),
        "/v1%2Fverifications".to_owned(),
        "/v1/./verifications".to_owned(),
        "/v1/x/../verifications".to_owned(),
        "/v1/%2e%2e/metrics".to_owned(),
        "/.env".to_owned(),
        "/openapi.yaml/".to_owned(),
        "/openapi%2Eyaml/x".to_owned(),
        "/%".to_owned(),
        "/%zz".to_owned(),
        "/%00".to_owned(),
        "/%ff%fe".to_owned(),
        "/v1/verifications/".to_owned(),
        format!("/v1/verifications/{id}/"),
        format!("/v1/verifications/{id}%00"),
        format!("/v1/verifications/{id}%2Frenew"),
        format!("/v1/verifications/{id}/events/x"),
        format!("/v1/verifications/{}", id.to_uppercase()),
        format!("/v1/verifications/{}", id.replace("ver_", "VER_")),
        format!("/v1/verifications/{}", id.replace("ver_", "cbk_")),
        format!("/v1/verifications/{}", id.trim_start_matches("ver_")),
        format!("/v1/verifications/{id}0"),
        format!("/v1/verifications/{}", &id[..id.len() - 1]),
        format!("/v1/verifications/ver_{}", "8".repeat(26)),
        format!("/v1/verifications/ver_{}", "u".repeat(26)),
        "/v1/verifications/..".to_owned(),
        "/v1/verifications/*".to_owned(),
        "/v1/verifications/null".to_owned(),
        "/v1/verifications/%27%20or%201=1--".to_owned(),
        format!("/v1/verifications/{}", "x".repeat(10_000)),
    ];
    let rows = rows.map(|path| {
        let what: String = path.chars().take(60).collect();
        row(what, request(&format!("GET {path}"), &[&bearer], ""), (404, "not-found"))
    });

    refuse(&app, rows.into()).await;

    app.stop().await;
}

#[tokio::test]
async fn what_operators_ask_is_not_answered_to_everybody() {
    let app = TestApp::start().await;
    for path in ["/metrics", "/livez", "/readyz"] {
        let answer = app.http.get(format!("{}{path}", app.base_url)).send().await.unwrap();

        assert_eq!(answer.status(), 404, "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn methods_that_do_not_exist_there_are_405() {
    let (app, token, id) = opened().await;
    let bearer = format!("Authorization: Bearer {token}");
    let one = format!("/v1/verifications/{id}");
    let rows = [
        "DELETE /v1/verifications".to_owned(),
        "PUT /v1/verifications".to_owned(),
        "OPTIONS /v1/verifications".to_owned(),
        "TRACE /v1/verifications".to_owned(),
        "PROPFIND /v1/verifications".to_owned(),
        "post /v1/verifications".to_owned(),
        "VERYLONGMETHODTHATNOBODYEVERHEARDOF /v1/verifications".to_owned(),
        format!("POST {one}"),
        format!("PATCH {one}"),
        format!("DELETE {one}"),
        format!("GET {one}/renew"),
        format!("GET {one}/capture"),
        format!("PUT {one}/capture"),
        "GET /callbacks/provider".to_owned(),
        "DELETE /callbacks/provider".to_owned(),
        "POST /openapi.yaml".to_owned(),
    ];
    let rows =
        rows.map(|line| row(&*line, request(&line, &[&bearer], ""), (405, "method-not-allowed")));

    refuse(&app, rows.into()).await;

    app.stop().await;
}

#[tokio::test]
async fn a_method_in_a_header_changes_nothing() {
    let (app, token, id) = opened().await;
    let bearer = format!("Authorization: Bearer {token}");
    for name in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"] {
        let line = format!("GET /v1/verifications/{id}");

        let answer =
            app.send_raw(&request(&line, &[&bearer, &format!("{name}: DELETE")], "")).await;

        assert_eq!(answer.status, 200, "{name}");
    }
    app.stop().await;
}
