//! The way through to the gateway: `/v1/…` as it comes, nothing else and nowhere else.
//!
//! Both libraries have header types of their own, so headers cross by name and value, and only
//! those that mean something to the app or the gateway.

use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, Url};
use serde_json::json;

use super::site::Site;

/// How long the gateway may be silent: longer than the longest wait a caller may ask it for, and
/// than a stream's heartbeats are apart.
const SILENCE: Duration = Duration::from_secs(40);

/// What goes to the gateway.
const TO_GATEWAY: [&str; 9] = [
    "authorization",
    "content-type",
    "accept",
    "accept-language",
    "if-none-match",
    "idempotency-key",
    "last-event-id",
    "x-request-id",
    "traceparent",
];

/// What comes back.
const TO_APP: [&str; 15] = [
    "content-type",
    "content-language",
    "cache-control",
    "vary",
    "etag",
    "location",
    "retry-after",
    "allow",
    "www-authenticate",
    "x-request-id",
    "traceparent",
    "ratelimit",
    "ratelimit-policy",
    "idempotency-replayed",
    "x-accel-buffering",
];

/// A client that follows nothing, asks no proxy and gives up in time.
pub(super) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(1))
        .read_timeout(SILENCE)
        .build()
}

/// `/v1/…`, any method.
pub(super) async fn through(
    site: web::Data<Site>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let Some(url) = target(&site.gateway, &request) else {
        return HttpResponse::NotFound().finish();
    };
    match ask(&site.client, url, &request, body).await {
        Ok(answer) => answer,
        // The error's text would show the address with its query; the kind is enough here.
        Err(error) => HttpResponse::BadGateway().content_type("application/problem+json").json(
            json!({
                "title": "The gateway does not answer",
                "status": 502,
                "detail": if error.is_timeout() { "It took too long." } else { "It cannot be reached." },
            }),
        ),
    }
}

/// The gateway's address of the same path and query; none when the path would lead out of `/v1/`
/// once its dots are resolved.
fn target(gateway: &str, request: &HttpRequest) -> Option<Url> {
    let wanted = request.uri().path_and_query()?.as_str();
    let url = Url::parse(&format!("{gateway}{wanted}")).ok()?;
    url.path().starts_with("/v1/").then_some(url)
}

async fn ask(
    client: &Client,
    url: Url,
    request: &HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, reqwest::Error> {
    // Every method of the one library is one of the other.
    let method = Method::from_bytes(request.method().as_str().as_bytes()).unwrap_or(Method::GET);
    let mut onward = client.request(method, url);
    for name in TO_GATEWAY {
        if let Some(value) = request.headers().get(name) {
            onward = onward.header(name, value.as_bytes());
        }
    }
    if !body.is_empty() {
        onward = onward.body(body);
    }
    let answer = client.execute(onward.build()?).await?;
    back(answer).await
}

async fn back(answer: Response) -> Result<HttpResponse, reqwest::Error> {
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = HttpResponse::build(status);
    for name in TO_APP {
        if let Some(value) = answer.headers().get(name) {
            let value = header::HeaderValue::from_bytes(value.as_bytes());
            if let Ok(value) = value {
                response.insert_header((name, value));
            }
        }
    }
    if is_stream(&answer) {
        return Ok(response.streaming(answer.bytes_stream()));
    }
    let body = answer.bytes().await?;
    Ok(if body.is_empty() { response.finish() } else { response.body(body) })
}

/// Whether the answer is passed on as it comes: it may never end.
fn is_stream(answer: &Response) -> bool {
    let kind = answer.headers().get("content-type");
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::target;

    #[test]
    fn only_paths_below_v1_lead_to_the_gateway() {
        let lead = |path: &str| {
            let request = TestRequest::default().uri(path).to_http_request();
            target("http://127.0.0.1:8080", &request).map(|url| url.to_string())
        };

        assert_eq!(
            lead("/v1/verifications/ver_1?wait=25").as_deref(),
            Some("http://127.0.0.1:8080/v1/verifications/ver_1?wait=25")
        );
        for path in ["/v1/../callbacks/provider", "/v1/%2e%2e/callbacks/provider", "/metrics"] {
            assert_eq!(lead(path), None, "{path}");
        }
    }
}
