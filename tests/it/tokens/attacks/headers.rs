//! Headers that lie: about the algorithm, about the key, about what the token is.

use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::json;

use super::{
    super::{
        key_server::{KeyServer, Mood},
        mint::{Signer, key_set},
    },
    house::{
        House, KEYS, MANY, REFUSED, RSA, Row, SHARED, TAKEN, TYPED, encode, forge, forge_by, head,
        public_pem, row,
    },
};

#[tokio::test]
async fn every_allowed_algorithm_opens_the_door() {
    let house = House::open().await;
    let keys = &*KEYS;
    let mut rows = Vec::new();
    for (signer, issuer, algorithms) in [
        (&keys.rsa, MANY, &[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512][..]),
        (&keys.rsa, MANY, &[Algorithm::PS256, Algorithm::PS384, Algorithm::PS512]),
        (&keys.p256, MANY, &[Algorithm::ES256]),
        (&keys.p384, MANY, &[Algorithm::ES384]),
        (&keys.ed, MANY, &[Algorithm::EdDSA]),
        (&keys.secret, SHARED, &[Algorithm::HS256]),
        (&keys.pem.0, RSA, &[Algorithm::RS256]),
    ] {
        for &algorithm in algorithms {
            let claims = house.claims(json!({ "iss": issuer })).to_string();
            for header in [
                json!({ "alg": algorithm, "kid": signer.kid }),
                json!({ "alg": algorithm }),
                json!({ "typ": "JWT", "alg": algorithm, "kid": signer.kid, "x5t": "AAAA" }),
            ] {
                let token = forge_by(signer, algorithm, &header.to_string(), &claims);
                rows.push(row(&format!("{issuer} {header}"), token, TAKEN));
            }
        }
    }

    house.judge(rows).await;
    house.app.stop().await;
}

#[tokio::test]
async fn a_token_cannot_choose_how_it_is_checked() {
    let house = House::open().await;
    let good = house.good();
    let (_, signature) = good.rsplit_once('.').unwrap();
    let payload = encode(house.claims(json!({})).to_string());
    let mut rows: Vec<Row> = Vec::new();
    for algorithm in ["none", "None", "NONE", "nOnE", "none ", "", "eddsa", "EDDSA", "Ed25519"] {
        let header = encode(json!({ "alg": algorithm, "kid": "ed" }).to_string());
        let signed = format!("{header}.{payload}");
        rows.push(row(&format!("{algorithm:?}, unsigned"), format!("{signed}."), REFUSED));
        let kept = format!("{signed}.{signature}");
        rows.push(row(&format!("{algorithm:?}, a signature kept"), kept, REFUSED));
        let anew = house.headed(&KEYS.ed, &json!({ "alg": algorithm, "kid": "ed" }).to_string());
        rows.push(row(&format!("{algorithm:?}, signed by the issuer"), anew, REFUSED));
    }
    for header in [
        r#"{"kid":"ed"}"#,
        r#"{"alg":null,"kid":"ed"}"#,
        r#"{"alg":1,"kid":"ed"}"#,
        r#"{"alg":["EdDSA"],"kid":"ed"}"#,
        r#"{"alg":"EdDSA","alg":"none","kid":"ed"}"#,
        r#"{"alg":"none","alg":"EdDSA","kid":"ed"}"#,
        r#"{"alg":"none","\u0061lg":"EdDSA","kid":"ed"}"#,
    ] {
        rows.push(row(header, house.headed(&KEYS.ed, header), REFUSED));
    }

    house.judge(rows).await;
    house.app.stop().await;
}

#[tokio::test]
async fn a_public_key_is_no_secret_and_no_key_changes_its_kind() {
    let house = House::open().await;
    let keys = &*KEYS;
    let (pem, jwk) = (public_pem(), keys.pem.0.jwk());
    let at_rsa = house.claims(json!({ "iss": RSA })).to_string();
    let mut rows: Vec<Row> = Vec::new();
    for (name, secret) in [
        ("PEM", pem.as_bytes()),
        ("PEM without its last line break", pem.trim_end().as_bytes()),
        ("PEM with CR LF", pem.replace('\n', "\r\n").as_bytes()),
        ("DER", &keys.pem.1),
        ("DER in base64", STANDARD.encode(&keys.pem.1).as_bytes()),
        ("JWK", jwk.to_string().as_bytes()),
        ("modulus", jwk["n"].as_str().unwrap().as_bytes()),
        ("nothing", b""),
    ] {
        let hmac = Signer {
            algorithm: Algorithm::HS256,
            key: EncodingKey::from_secret(secret),
            kid: "pem".to_owned(),
        };
        rows.push(row(name, forge(&hmac, &head(&hmac), &at_rsa), REFUSED));
    }
    let all = house.claims(json!({})).to_string();
    for (signer, made_by, says, kid, claims) in [
        (&keys.pem.0, Algorithm::RS384, "RS384", "pem", &at_rsa),
        (&keys.pem.0, Algorithm::RS384, "RS256", "pem", &at_rsa),
        (&keys.pem.0, Algorithm::PS256, "PS256", "pem", &at_rsa),
        (&keys.pem.0, Algorithm::PS256, "RS256", "pem", &at_rsa),
        (&keys.rsa, Algorithm::RS256, "PS256", "rsa", &all),
        (&keys.rsa, Algorithm::PS256, "RS256", "rsa", &all),
        (&keys.rsa, Algorithm::RS256, "RS512", "rsa", &all),
        (&keys.rsa, Algorithm::RS256, "ES256", "rsa", &all),
        (&keys.rsa, Algorithm::RS256, "RS256", "p256", &all),
        (&keys.p256, Algorithm::ES256, "ES384", "p256", &all),
        (&keys.p256, Algorithm::ES256, "RS256", "rsa", &all),
        (&keys.p256, Algorithm::ES256, "ES256", "p384", &all),
        (&keys.p384, Algorithm::ES384, "ES256", "p256", &all),
        (&keys.p384, Algorithm::ES384, "ES384", "p256", &all),
        (&keys.ed, Algorithm::EdDSA, "ES256", "p256", &all),
        (&keys.secret, Algorithm::HS256, "HS256", "ed", &all),
    ] {
        let header = json!({ "alg": says, "kid": kid }).to_string();
        let token = forge_by(signer, made_by, &header, claims);
        rows.push(row(&format!("{made_by:?} as {says} of {kid}"), token, REFUSED));
    }

    house.judge(rows).await;
    house.app.stop().await;
}

#[tokio::test]
async fn keys_that_come_along_are_not_used_and_nobody_is_asked_for_them() {
    let house = House::open().await;
    let forger = &KEYS.forger;
    let lure = KeyServer::start(Mood::Serve(key_set(&[forger]))).await;
    let (jwk, url) = (forger.jwk(), lure.url().to_string());
    let cert = STANDARD.encode(b"no certificate, but nobody looks");
    let rows = [
        ("nothing but the wrong key", json!({})),
        ("jwk", json!({ "jwk": jwk })),
        ("jwk without kid", json!({ "jwk": jwk, "kid": null })),
        ("jwk as text", json!({ "jwk": jwk.to_string() })),
        ("jku", json!({ "jku": url })),
        ("jku and the name of the key there", json!({ "jku": url, "kid": "forger" })),
        ("x5u", json!({ "x5u": url })),
        ("x5c", json!({ "x5c": [cert] })),
        ("x5c and x5t", json!({ "x5c": [cert], "x5t": "AAAA", "x5t#S256": "AAAA" })),
        ("keys", json!({ "keys": [jwk] })),
        ("all of them", json!({ "jwk": jwk, "jku": url, "x5u": url, "x5c": [cert] })),
    ]
    .into_iter()
    .map(|(name, more)| {
        let mut header = json!({ "alg": "EdDSA", "kid": "ed" });
        let members = header.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        members.retain(|_, value| !value.is_null());
        row(name, house.headed(forger, &header.to_string()), REFUSED)
    });

    house.judge(rows.collect()).await;

    assert_eq!(lure.visits(), 0);
    house.app.stop().await;
}

#[tokio::test]
async fn the_name_of_a_key_is_a_name_and_nothing_else() {
    let house = House::open().await;
    let empty = Signer {
        algorithm: Algorithm::HS256,
        key: EncodingKey::from_secret(b""),
        kid: String::new(),
    };
    let mut rows = vec![
        row("no name", house.headed(&KEYS.ed, r#"{"alg":"EdDSA"}"#), TAKEN),
        row("the right one", house.headed(&KEYS.ed, r#"{"alg":"EdDSA","kid":"ed"}"#), TAKEN),
    ];
    let long = "k".repeat(5000);
    for kid in [
        json!(""),
        json!(null),
        json!(0),
        json!(["ed"]),
        json!({ "kid": "ed" }),
        json!("ED"),
        json!("ed "),
        json!("ed\u{0}"),
        json!("p256"),
        json!("../../../../dev/null"),
        json!("/proc/sys/kernel/randomize_va_space"),
        json!("x' UNION SELECT 'secret' --"),
        json!("ed' OR '1'='1"),
        json!("| sleep 10"),
        json!("http://127.0.0.1:9/key"),
        json!(long),
    ] {
        let name: String = kid.to_string().chars().take(40).collect();
        let header = json!({ "alg": "EdDSA", "kid": kid }).to_string();
        rows.push(row(&name, house.headed(&KEYS.ed, &header), REFUSED));
        let header = json!({ "alg": "HS256", "kid": kid }).to_string();
        let token = house.headed(&empty, &header);
        rows.push(row(&format!("{name}, by an empty secret"), token, REFUSED));
    }
    let twice = r#"{"alg":"EdDSA","kid":"other","kid":"ed"}"#;
    rows.push(row("two names", house.headed(&KEYS.ed, twice), REFUSED));

    house.judge(rows).await;
    house.app.stop().await;
}

#[tokio::test]
async fn what_a_token_is_must_be_an_access_token() {
    let house = House::open().await;
    let typed = house.claims(json!({ "iss": TYPED })).to_string();
    let nested = house.good();
    let mut rows = Vec::new();
    for (header, fate) in [
        (json!({ "crit": ["exp"] }), REFUSED),
        (json!({ "crit": [] }), REFUSED),
        (json!({ "crit": null }), REFUSED),
        (json!({ "crit": ["b64"], "b64": false }), REFUSED),
        (json!({ "crit": ["b64"], "b64": true }), REFUSED),
        (json!({ "b64": false }), REFUSED),
        (json!({ "crit": ["x"], "x": 1 }), REFUSED),
        (json!({ "typ": "logout+jwt" }), REFUSED),
        (json!({ "typ": "dpop+jwt" }), REFUSED),
        (json!({ "typ": "application/secevent+jwt" }), REFUSED),
        (json!({ "typ": "JOSE+JSON" }), REFUSED),
        (json!({ "typ": 7 }), REFUSED),
        (json!({ "typ": "at+jwt" }), TAKEN),
        (json!({ "typ": "application/AT+JWT" }), TAKEN),
    ] {
        let mut all = json!({ "alg": "EdDSA", "kid": "ed" });
        all.as_object_mut().unwrap().extend(header.as_object().unwrap().clone());
        rows.push(row(&header.to_string(), house.headed(&KEYS.ed, &all.to_string()), fate));
    }
    for (header, fate) in [
        (r#"{"alg":"EdDSA"}"#, REFUSED),
        (r#"{"alg":"EdDSA","typ":"JWT"}"#, REFUSED),
        (r#"{"alg":"EdDSA","typ":"id+jwt"}"#, REFUSED),
        (r#"{"alg":"EdDSA","typ":"at+jwt"}"#, TAKEN),
    ] {
        rows.push(row(&format!("typed: {header}"), forge(&KEYS.typed, header, &typed), fate));
    }
    let wrapped = forge(&KEYS.ed, r#"{"alg":"EdDSA","kid":"ed","cty":"JWT"}"#, &nested);
    rows.push(row("a token within a token", wrapped, REFUSED));
    let quoted = forge(&KEYS.ed, &head(&KEYS.ed), &format!("\"{nested}\""));
    rows.push(row("a token as a text within a token", quoted, REFUSED));

    house.judge(rows).await;
    house.app.stop().await;
}
