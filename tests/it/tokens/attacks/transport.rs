//! Where a token may stand, and which doors it opens.

use reqwest::Method;
use serde_json::json;

use super::house::{Fate, House, KEYS, MANY, REFUSED, TAKEN, UNSEEN, fault, forge, head};

const LIST: &str = "/v1/verifications";
const INSPECT: &str = "/v1/backend/verifications/ver_01h455vb4pex5vsknk084sn02q";

/// A request's headers: what is tried, they themselves, and what becomes of it.
type Try = (&'static str, Vec<(&'static str, String)>, Fate);

async fn judge(house: &House, path: &str, tries: Vec<Try>) {
    for (name, headers, fate) in tries {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();

        let answer = house.send(path, &headers).await;

        assert_eq!(fault(&answer, fate), None, "{name}");
    }
}

#[tokio::test]
async fn a_token_counts_behind_the_word_bearer() {
    let house = House::open().await;
    let good = house.good();
    let tries = [
        ("as it should be", format!("Bearer {good}"), TAKEN),
        ("lower-case scheme", format!("bearer {good}"), TAKEN),
        ("upper-case scheme", format!("BEARER {good}"), TAKEN),
        ("two blanks", format!("Bearer  {good}"), TAKEN),
        ("an empty header", String::new(), UNSEEN),
        ("the scheme alone", "Bearer".into(), UNSEEN),
        ("the scheme and a blank", "Bearer ".into(), UNSEEN),
        ("the token alone", good.clone(), UNSEEN),
        ("no blank", format!("Bearer{good}"), UNSEEN),
        ("a colon", format!("Bearer: {good}"), UNSEEN),
        ("Basic", format!("Basic {good}"), UNSEEN),
        ("Digest", format!("Digest {good}"), UNSEEN),
        ("DPoP", format!("DPoP {good}"), UNSEEN),
        ("Token", format!("Token {good}"), UNSEEN),
        ("two schemes", format!("Basic YTpi, Bearer {good}"), UNSEEN),
        ("two in one", format!("Bearer {good}, Bearer {good}"), REFUSED),
        ("not ASCII", format!("Bearer {good}é"), UNSEEN),
    ];

    let tries = tries.map(|(name, value, fate)| (name, vec![("authorization", value)], fate));
    judge(&house, LIST, tries.into()).await;
    house.app.stop().await;
}

#[tokio::test]
async fn a_token_counts_in_one_header_and_nowhere_else() {
    let house = House::open().await;
    let good = house.good();
    let own = || ("authorization", format!("Bearer {good}"));
    let bad = || ("authorization", format!("Bearer {good}x"));
    let basic = || ("authorization", "Basic YTpi".to_owned());
    let tries = vec![
        ("nothing", vec![], UNSEEN),
        ("twice the same", vec![own(), own()], UNSEEN),
        ("a good one first", vec![own(), bad()], UNSEEN),
        ("a good one last", vec![bad(), own()], UNSEEN),
        ("Basic before it", vec![basic(), own()], UNSEEN),
        ("a cookie", vec![("cookie", format!("access_token={good}"))], UNSEEN),
        ("a session cookie", vec![("cookie", format!("__Host-session={good}"))], UNSEEN),
        ("for the proxy", vec![("proxy-authorization", own().1)], UNSEEN),
        ("a header of another name", vec![("x-access-token", good.clone())], UNSEEN),
        ("forwarded", vec![("x-forwarded-authorization", own().1)], UNSEEN),
        ("a good one beside a cookie", vec![own(), ("cookie", "access_token=x".into())], TAKEN),
    ];
    let in_query = vec![
        ("the query", vec![], UNSEEN),
        ("the query, beside a bad one", vec![bad()], REFUSED),
        ("the query, beside a good one", vec![own()], TAKEN),
    ];

    judge(&house, LIST, tries).await;
    judge(&house, &format!("{LIST}?access_token={good}"), in_query).await;
    house.app.stop().await;
}

#[tokio::test]
async fn a_token_in_the_body_is_no_token() {
    let house = House::open().await;
    let url = format!("{}{LIST}", house.app.base_url);
    let form = house
        .app
        .http
        .post(&url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("access_token={}", house.good()));
    let body = house.app.http.post(&url).json(&json!({ "access_token": house.good() }));

    let (form, body) = (house.app.send(form).await, house.app.send(body).await);

    assert_eq!((fault(&form, UNSEEN), fault(&body, UNSEEN)), (None, None));
    house.app.stop().await;
}

#[tokio::test]
async fn a_token_opens_the_doors_of_its_use_and_no_others() {
    let house = House::open().await;
    let scope = json!({ "aud": "gerbang-backend", "scope": "verification:read" });
    let of_backend = house.claims(scope.clone()).to_string();
    let mut to_apps = scope.clone();
    to_apps["aud"] = json!("gerbang");
    let scoped_app = house.claims(to_apps).to_string();
    let missing = (404, "not-found");
    let of_app = house.app.token("cust-1", "00");
    let service = house.app.service_token("verification:read");
    for (name, token, at_app, at_backend) in [
        ("an app's", of_app, TAKEN, REFUSED),
        ("a back end's", service, REFUSED, missing),
        ("an app's with a scope", forge(&KEYS.ed, &head(&KEYS.ed), &scoped_app), TAKEN, REFUSED),
        // Two entries of one issuer, told apart by the audience.
        ("the twin's", forge(&KEYS.p256, &head(&KEYS.p256), &of_backend), REFUSED, missing),
        // The twin is trusted with ES256 alone, though its key set holds more.
        ("the twin's, by EdDSA", forge(&KEYS.ed, &head(&KEYS.ed), &of_backend), REFUSED, REFUSED),
    ] {
        let bearer = format!("Bearer {token}");

        let app = house.send(LIST, &[("authorization", &bearer)]).await;
        let backend = house.send(INSPECT, &[("authorization", &bearer)]).await;

        assert_eq!((fault(&app, at_app), fault(&backend, at_backend)), (None, None), "{name}");
    }
    house.app.stop().await;
}

#[tokio::test]
async fn a_scope_is_a_whole_word_of_the_token() {
    let house = House::open().await;
    let claims = |scope: serde_json::Value| {
        house.claims(json!({ "iss": MANY, "aud": "gerbang-backend", "scope": scope })).to_string()
    };
    for scope in [
        json!(null),
        json!(""),
        json!("verification"),
        json!("verification:read:pii"),
        json!("Verification:Read"),
        json!("verification:read,verification:start"),
        json!("verification:read\tx"),
        json!("*"),
        json!(["verification:read verification:start"]),
        json!({ "verification:read": true }),
        json!(true),
    ] {
        let token = forge(&KEYS.p256, &head(&KEYS.p256), &claims(scope.clone()));

        let answer = house.app.send(house.app.request(Method::GET, INSPECT, &token)).await;

        let problem = answer.problem();
        assert_eq!((answer.status, problem.as_str()), (403, "insufficient-scope"), "{scope}");
        assert_eq!(
            answer.header("www-authenticate"),
            r#"Bearer realm="gerbang", error="insufficient_scope", scope="verification:read""#
        );
    }
    house.app.stop().await;
}
