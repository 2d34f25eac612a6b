//! Claims that do not hold: too late, too early, for others, by others, twice, or about nobody.

use serde_json::json;

use super::{
    super::mint::Signer,
    house::{House, KEYS, MANY, REFUSED, RSA, SHARED, TAKEN, TYPED, forge, head, row},
};

#[tokio::test]
async fn times_are_numbers_and_hold_to_the_second() {
    let house = House::open().await;
    let now = house.now();
    let mut rows = Vec::new();
    for (claims, fate) in [
        (json!({ "exp": now - 29 }), TAKEN),
        (json!({ "exp": now - 30 }), REFUSED),
        (json!({ "exp": now - 86_400 }), REFUSED),
        (json!({ "exp": 0 }), REFUSED),
        (json!({ "exp": -1 }), REFUSED),
        (json!({ "exp": i64::MIN }), REFUSED),
        (json!({ "exp": i64::MAX }), REFUSED),
        // The last second that our times can hold, and the one after it.
        (json!({ "exp": 253_402_207_200_i64 }), TAKEN),
        (json!({ "exp": 253_402_207_201_i64 }), REFUSED),
        (json!({ "iat": -62_167_219_200_i64 }), TAKEN),
        (json!({ "iat": i64::MIN }), REFUSED),
        (json!({ "exp": u64::MAX }), REFUSED),
        // Year 33658: milliseconds where seconds belong.
        (json!({ "exp": now * 1000 }), REFUSED),
        (json!({ "exp": now - 31, "nbf": now - 400, "iat": now - 400 }), REFUSED),
        (json!({ "nbf": now + 30 }), TAKEN),
        (json!({ "nbf": now + 31 }), REFUSED),
        (json!({ "iat": now + 30 }), TAKEN),
        (json!({ "iat": now + 31 }), REFUSED),
        (json!({ "iat": null, "nbf": null }), TAKEN),
    ] {
        rows.push(row(&claims.to_string(), house.claiming(claims), fate));
    }
    let soon = (now + 60).to_string();
    for (name, text, fate) in [
        ("exp", "null", REFUSED),
        ("exp", "true", REFUSED),
        ("exp", "\"\"", REFUSED),
        ("exp", &format!("\"{soon}\""), REFUSED),
        ("exp", "\"2099-01-01T00:00:00Z\"", REFUSED),
        ("exp", &format!("[{soon}]"), REFUSED),
        ("exp", &format!("{{\"at\":{soon}}}"), REFUSED),
        ("exp", "1e300", REFUSED),
        ("exp", "1e999", REFUSED),
        ("exp", "-1e300", REFUSED),
        ("exp", "NaN", REFUSED),
        ("exp", "0x7fffffff", REFUSED),
        ("exp", &format!("{soon}.5"), TAKEN),
        ("exp", &format!("{}.9", now - 31), REFUSED),
        ("nbf", &format!("\"{now}\""), REFUSED),
        ("nbf", "null", REFUSED),
        ("iat", "\"yesterday\"", REFUSED),
        ("iat", "{}", REFUSED),
    ] {
        rows.push(row(&format!("{name} {text}"), house.with_member(name, text), fate));
    }
    rows.push(row("no exp", house.claiming(json!({ "exp": null })), REFUSED));

    house.judge(rows).await;
    house.app.stop().await;
}

#[tokio::test]
async fn a_token_is_for_us_and_from_one_of_ours() {
    let house = House::open().await;
    let mut rows = Vec::new();
    for (claims, fate) in [
        (json!({ "aud": ["gerbang"] }), TAKEN),
        (json!({ "aud": ["other", "gerbang"] }), TAKEN),
        (json!({ "aud": "other" }), REFUSED),
        (json!({ "aud": "" }), REFUSED),
        (json!({ "aud": "Gerbang" }), REFUSED),
        (json!({ "aud": "gerbang " }), REFUSED),
        (json!({ "aud": "gerbang2" }), REFUSED),
        (json!({ "aud": "gerbang other" }), REFUSED),
        (json!({ "aud": "https://gerbang" }), REFUSED),
        (json!({ "aud": "*" }), REFUSED),
        (json!({ "aud": [] }), REFUSED),
        (json!({ "aud": ["other", "another"] }), REFUSED),
        (json!({ "aud": [["gerbang"]] }), REFUSED),
        (json!({ "aud": { "gerbang": true } }), REFUSED),
        (json!({ "aud": 7 }), REFUSED),
        (json!({ "aud": null }), REFUSED),
        // An app's token that says it is a back end's, too.
        (json!({ "aud": ["gerbang", "gerbang-backend"] }), REFUSED),
        (json!({ "aud": "gerbang-backend" }), REFUSED),
        (json!({ "iss": null }), REFUSED),
        (json!({ "iss": "" }), REFUSED),
        (json!({ "iss": [MANY] }), REFUSED),
        (json!({ "iss": { "url": MANY } }), REFUSED),
        (json!({ "iss": MANY.trim_end_matches('/') }), REFUSED),
        (json!({ "iss": format!("{MANY}/") }), REFUSED),
        (json!({ "iss": MANY.to_uppercase() }), REFUSED),
        (json!({ "iss": MANY.replace("https", "http") }), REFUSED),
        (json!({ "iss": format!("{MANY}\u{0}") }), REFUSED),
        (json!({ "iss": "https://m\u{430}ny.example/" }), REFUSED),
        (json!({ "iss": "https://evil.example/" }), REFUSED),
        (json!({ "iss": "urn:gerbang:dev" }), REFUSED),
        // The signature is good, but of another issuer's key.
        (json!({ "iss": RSA }), REFUSED),
        (json!({ "iss": SHARED }), REFUSED),
        (json!({ "iss": TYPED }), REFUSED),
        (json!({ "iss": "apps" }), REFUSED),
        (json!({ "iss": "backends" }), REFUSED),
    ] {
        rows.push(row(&claims.to_string(), house.claiming(claims), fate));
    }
    for text in ["null", "true", "[null]"] {
        rows.push(row(&format!("aud {text}"), house.with_member("aud", text), REFUSED));
        rows.push(row(&format!("iss {text}"), house.with_member("iss", text), REFUSED));
    }

    house.judge(rows).await;
    house.app.stop().await;
}

#[tokio::test]
async fn a_key_of_one_issuer_vouches_for_no_other() {
    let house = House::open().await;
    let keys = &*KEYS;
    let issuers: [(&str, &[&Signer]); 4] = [
        (MANY, &[&keys.rsa, &keys.ed]),
        (RSA, &[&keys.pem.0]),
        (SHARED, &[&keys.secret]),
        (TYPED, &[&keys.typed]),
    ];
    let mut rows = Vec::new();
    for (issuer, own) in issuers {
        for (other, signers) in issuers {
            for signer in signers {
                let is_own = issuer == other;
                // Under its own name, and under one that the issuer knows.
                for kid in [&signer.kid, &own[0].kid] {
                    let header =
                        json!({ "alg": signer.algorithm, "kid": kid, "typ": "at+jwt" }).to_string();
                    let claims = house.claims(json!({ "iss": issuer })).to_string();
                    let fate = if is_own && (*kid == signer.kid) { TAKEN } else { REFUSED };
                    let name = format!("{issuer} by {} named {kid}", signer.kid);
                    rows.push(row(&name, forge(signer, &header, &claims), fate));
                }
            }
        }
    }

    house.judge(rows).await;
    house.app.stop().await;
}

#[tokio::test]
async fn a_user_has_an_id_that_says_nothing_about_him() {
    let house = House::open().await;
    let long = "u".repeat(129);
    let mut rows = Vec::new();
    for (sub, fate) in [
        (json!("auth0|62f0"), TAKEN),
        (json!(4711), TAKEN),
        (json!(null), REFUSED),
        (json!(""), REFUSED),
        (json!(["cust-1"]), REFUSED),
        (json!({ "id": "cust-1" }), REFUSED),
        (json!(true), REFUSED),
        (json!(1.5), REFUSED),
        (json!("081234567890"), REFUSED),
        (json!("+6281234567890"), REFUSED),
        (json!("6281234567890"), REFUSED),
        (json!(6_281_234_567_890_i64), REFUSED),
        (json!("someone@example.com"), REFUSED),
        (json!("9901015403920001"), REFUSED),
        (json!(9_901_015_403_920_001_u64), REFUSED),
        (json!("cust 1"), REFUSED),
        (json!("cust/../1"), REFUSED),
        (json!("cust%2f1"), REFUSED),
        (json!("cust-1\r\nx-injected: 1"), REFUSED),
        (json!("cust-1\u{0}"), REFUSED),
        (json!("cüst-1"), REFUSED),
        (json!(long), REFUSED),
    ] {
        let name: String = sub.to_string().chars().take(40).collect();
        rows.push(row(&name, house.claiming(json!({ "sub": sub })), fate));
    }
    for text in ["null", "-1.0", "1e3"] {
        rows.push(row(&format!("sub {text}"), house.with_member("sub", text), REFUSED));
    }

    house.judge(rows).await;
    house.app.stop().await;
}

#[tokio::test]
async fn a_payload_is_one_object_in_which_each_member_is_once() {
    let house = House::open().await;
    let good = house.claims(json!({})).to_string();
    let members = good.trim_start_matches('{');
    let deep = format!("{{\"deep\":{}{},{members}", "[".repeat(300), "]".repeat(300));
    let spaced = good.replace("\":", "\" :\n\t");
    let mut rows = vec![];
    for (payload, fate) in [
        (good.clone(), TAKEN),
        (spaced, TAKEN),
        (format!("{{\"sub\":\"cust-2\",{members}"), REFUSED),
        (format!("{{\"sub\":\"cust-1\",{members}"), REFUSED),
        (format!("{{\"s\\u0075b\":\"cust-2\",{members}"), REFUSED),
        (format!("{{\"iss\":\"https://evil.example/\",{members}"), REFUSED),
        (format!("{{\"exp\":1,{members}"), REFUSED),
        (format!("{{\"aud\":\"other\",{members}"), REFUSED),
        (format!("{{\"x\":{{\"y\":1,\"y\":2}},{members}"), REFUSED),
        (format!("[{good}]"), REFUSED),
        (format!("{good}{good}"), REFUSED),
        (format!("{good}x"), REFUSED),
        (format!("\u{feff}{good}"), REFUSED),
        (format!("{good}\u{0}"), REFUSED),
        (good.trim_end_matches('}').to_owned(), REFUSED),
        (good.replace('"', "'"), REFUSED),
        (good.replacen('}', ",}", 1), REFUSED),
        (deep, REFUSED),
        (String::new(), REFUSED),
        ("{}".to_owned(), REFUSED),
        ("null".to_owned(), REFUSED),
        ("\"cust-1\"".to_owned(), REFUSED),
        ("foo".to_owned(), REFUSED),
    ] {
        let name: String = payload.chars().take(60).collect();
        rows.push(row(&name, forge(&KEYS.ed, &head(&KEYS.ed), &payload), fate));
    }

    house.judge(rows).await;
    house.app.stop().await;
}
