//! Who may call what, operation by operation: none may be forgotten.

use gerbang::api::OPERATIONS;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::support::{Answer, TestApp};

/// Whose credentials open an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Door {
    Public,
    /// A browser that comes back, which shows nothing but what stands in the path.
    Browser,
    App,
    Backend,
    Provider,
}

/// Every operation of the public listener.
const DOORS: [(&str, &str, Door); 26] = [
    ("POST", "/v1/verifications", Door::App),
    ("GET", "/v1/verifications", Door::App),
    ("GET", "/v1/verifications/{verificationId}", Door::App),
    ("GET", "/v1/verifications/{verificationId}/events", Door::App),
    ("POST", "/v1/verifications/{verificationId}/renew", Door::App),
    ("POST", "/v1/verifications/{verificationId}/capture", Door::App),
    ("POST", "/v1/backend/verifications", Door::Backend),
    ("GET", "/v1/backend/verifications", Door::Backend),
    ("GET", "/v1/backend/verifications/{verificationId}", Door::Backend),
    ("GET", "/v1/backend/audit", Door::Backend),
    ("POST", "/v1/backend/verifications/{verificationId}/refresh", Door::Backend),
    ("GET", "/v1/backend/verifications/{verificationId}/images/{kind}", Door::Backend),
    ("GET", "/v1/backend/users/{userId}/export", Door::Backend),
    ("DELETE", "/v1/backend/users/{userId}", Door::Backend),
    ("GET", "/v1/backend/webhooks/deliveries", Door::Backend),
    ("POST", "/v1/backend/webhooks/deliveries/{deliveryId}/redeliver", Door::Backend),
    ("POST", "/callbacks/provider", Door::Provider),
    ("PUT", "/callbacks/provider", Door::Provider),
    ("PATCH", "/callbacks/provider", Door::Provider),
    ("GET", "/openapi.yaml", Door::Public),
    ("GET", "/problems/{type}", Door::Public),
    ("GET", "/docs", Door::Public),
    ("GET", "/docs/{guide}", Door::Public),
    ("GET", "/docs/reference", Door::Public),
    ("GET", "/docs/assets/{asset}", Door::Public),
    ("GET", "/return/{ref}/{outcome}", Door::Browser),
];

/// Everything a back end could ever be granted.
const ALL_SCOPES: &str = "verification:read verification:read:pii verification:read:images \
                          verification:start webhook:manage audit:read subject:export \
                          subject:erase";

fn knock(app: &TestApp, (method, path, _): (&str, &str, Door)) -> RequestBuilder {
    let path = path.replace("{verificationId}", "ver_01h455vb4pex5vsknk084sn02q");
    let path = path.replace("{type}", "not-found").replace("{guide}", "statuses");
    let path = path.replace("{asset}", "page.css").replace("{userId}", "cust-1");
    let path = path.replace("{deliveryId}", "whd_01h455vb4pex5vsknk084sn02q");
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    app.http.request(method, format!("{}{path}", app.base_url))
}

fn without_instance(answer: &Answer) -> (u16, String, Value) {
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("instance");
    (answer.status, answer.header("www-authenticate").to_owned(), body)
}

#[test]
fn every_operation_has_a_row() {
    let mut rows: Vec<_> = DOORS.iter().map(|(method, path, _)| (*method, *path)).collect();
    let mut routed: Vec<_> = OPERATIONS.iter().map(|it| (it.method, it.path)).collect();
    rows.sort_unstable();
    routed.sort_unstable();

    assert_eq!(rows, routed);
}

#[tokio::test]
async fn without_credentials_only_what_is_public_opens() {
    let app = TestApp::start().await;
    for door in DOORS {
        let answer = app.send(knock(&app, door)).await;

        let expected = match door.2 {
            Door::Public => (200, String::new()),
            Door::Browser => (404, "not-found".to_owned()),
            Door::App | Door::Backend => (401, "authentication-required".to_owned()),
            Door::Provider => (401, "callback-unauthorized".to_owned()),
        };
        let found =
            (answer.status, if door.2 == Door::Public { String::new() } else { answer.problem() });
        assert_eq!(found, expected, "{door:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_token_for_one_door_opens_no_other() {
    let app = TestApp::start().await;
    let (users, servers) = (app.token("cust-1", "00"), app.service_token(ALL_SCOPES));
    let garbage = app.send(knock(&app, DOORS[0]).bearer_auth("a.b.c")).await;
    let refused = without_instance(&garbage);
    assert_eq!((refused.0, garbage.problem().as_str()), (401, "invalid-token"));
    for door in DOORS {
        let wrong = match door.2 {
            Door::App => &servers,
            Door::Backend => &users,
            Door::Public | Door::Browser | Door::Provider => continue,
        };

        let answer = app.send(knock(&app, door).bearer_auth(wrong)).await;

        // The same as for a token that is none at all: the answer does not tell what it is good for.
        assert_eq!(without_instance(&answer), refused, "{door:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn no_token_stands_in_for_the_providers_header() {
    let app = TestApp::start().await;
    let tokens = [app.token("cust-1", "00"), app.service_token(ALL_SCOPES)];
    for door in DOORS.into_iter().filter(|door| door.2 == Door::Provider) {
        for token in &tokens {
            let answer = app.send(knock(&app, door).bearer_auth(token)).await;

            assert_eq!((answer.status, answer.problem().as_str()), (401, "callback-unauthorized"));
        }
    }
    app.stop().await;
}
