//! One token has one spelling; every other is refused.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::house::{House, KEYS, REFUSED, Row, TAKEN, TOO_LARGE, encode, forge, head, row, sealed};

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The text with unused bits of its last character set, which a lax decoder reads as the same.
fn loosened(part: &str) -> String {
    assert_ne!(part.len() % 4, 0, "no bits are left over");
    let (rest, last) = part.split_at(part.len() - 1);
    let at = ALPHABET.find(last).unwrap();
    format!("{rest}{}", &ALPHABET[at + 1..at + 2])
}

/// A token each of whose parts has bits left over.
fn ragged(house: &House) -> [String; 3] {
    for filler in ["", "x", "xx"] {
        let header = json!({ "alg": "EdDSA", "kid": "ed", "filler": filler }).to_string();
        for more in ["", "y", "yy"] {
            let claims = house.claims(json!({ "filler": more })).to_string();
            let token = forge(&KEYS.ed, &header, &claims);
            let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
            if parts.iter().all(|part| part.len() % 4 != 0) {
                return parts.try_into().unwrap();
            }
        }
    }
    unreachable!("one of the fillers fits");
}

#[tokio::test]
async fn base64url_is_read_in_one_way_only() {
    let house = House::open().await;
    let [header, payload, signature] = ragged(&house);
    let good = format!("{header}.{payload}.{signature}");
    let pad = |part: &str| format!("{part}{}", "=".repeat((4 - part.len() % 4) % 4));
    let mut rows: Vec<Row> = vec![row("the token itself", good.clone(), TAKEN)];
    for (name, [header, payload, signature]) in [
        ("padded header", [pad(&header), payload.clone(), signature.clone()]),
        ("padded payload", [header.clone(), pad(&payload), signature.clone()]),
        ("padded signature", [header.clone(), payload.clone(), pad(&signature)]),
        ("loose bits in the header", [loosened(&header), payload.clone(), signature.clone()]),
        ("loose bits in the payload", [header.clone(), loosened(&payload), signature.clone()]),
        ("loose bits in the signature", [header.clone(), payload.clone(), loosened(&signature)]),
        ("a blank in the signature", [header.clone(), payload.clone(), format!("{signature} ab")]),
        ("a blank in the header", [format!("{header} "), payload.clone(), signature.clone()]),
        ("a tab in the payload", [header.clone(), format!("{payload}\tab"), signature.clone()]),
        ("a percent sign", [header.clone(), payload.clone(), format!("{signature}%3D")]),
        ("a question mark", [header.clone(), payload.clone(), format!("?{signature}")]),
        ("a quote", [format!("\"{header}"), payload.clone(), format!("{signature}\"")]),
        ("an ampersand", [header.clone(), payload.clone(), format!("{signature}&a=b")]),
    ] {
        rows.push(row(name, format!("{header}.{payload}.{signature}"), REFUSED));
        let anew = sealed(&KEYS.ed, KEYS.ed.algorithm, &format!("{header}.{payload}"));
        if anew != good {
            rows.push(row(&format!("{name}, signed so by the issuer"), anew, REFUSED));
        }
    }
    // The alphabet of plain base64; some signature has such a character.
    let plain = (0..1000).map(|n| house.claiming(json!({ "n": n }))).find(|token| {
        let signature = token.rsplit('.').next().unwrap();
        signature.contains('-') && signature.contains('_')
    });
    let (signed, signature) = plain.as_deref().unwrap().rsplit_once('.').unwrap();
    let swapped = signature.replace('-', "+");
    rows.push(row("a plus", format!("{signed}.{swapped}"), REFUSED));
    let swapped = signature.replace('_', "/");
    rows.push(row("a slash", format!("{signed}.{swapped}"), REFUSED));

    house.judge(rows).await;
    house.app.stop().await;
}

#[tokio::test]
async fn a_token_has_three_parts_and_nothing_around_them() {
    let house = House::open().await;
    let good = house.good();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let json_form = json!({ "protected": header, "payload": payload, "signature": signature });
    let bytes = encode([0xff, 0xfe, b'{', b'}']);
    let rows = [
        ("one part", header.to_owned()),
        ("two parts", signed.to_owned()),
        ("no header", format!(".{payload}.{signature}")),
        ("no payload", format!("{header}..{signature}")),
        ("no signature", format!("{signed}.")),
        ("nothing but dots", "..".to_owned()),
        ("a dot behind", format!("{good}.")),
        ("a dot before", format!(".{good}")),
        ("four parts", format!("{good}.{signature}")),
        ("five parts, as if encrypted", format!("{good}.{payload}.{signature}")),
        ("six parts", format!("{good}.{good}")),
        ("data behind", format!("{good}AAAA")),
        ("two tokens", format!("{good},{good}")),
        ("two tokens with a blank", format!("{good} {good}")),
        ("JSON form", json_form.to_string()),
        ("a header that is no UTF-8", format!("{bytes}.{payload}.{signature}")),
        ("a payload that is no UTF-8", format!("{header}.{bytes}.{signature}")),
        ("a header that is a list", house.headed(&KEYS.ed, r#"[{"alg":"EdDSA","kid":"ed"}]"#)),
        ("data behind the header", house.headed(&KEYS.ed, r#"{"alg":"EdDSA","kid":"ed"}{}"#)),
        ("a comment", house.headed(&KEYS.ed, r#"{"alg":"EdDSA",/**/"kid":"ed"}"#)),
        ("words", "undefined".to_owned()),
        ("more words", "null".to_owned()),
    ];

    house.judge(rows.map(|(name, token)| row(name, token, REFUSED)).into()).await;
    house.app.stop().await;
}

#[tokio::test]
async fn a_token_is_as_long_as_it_may_be_and_no_longer() {
    let house = House::open().await;
    let sized = |wanted: usize| {
        let rest = house.claiming(json!({ "filler": "" })).len();
        (0..).map(|more| (wanted - rest) * 3 / 4 + more).find_map(|length| {
            let token = house.claiming(json!({ "filler": "x".repeat(length - 2) }));
            (token.len() >= wanted).then_some(token)
        })
    };
    let (fits, over) = (sized(8_190).unwrap(), sized(8_193).unwrap());
    assert!(fits.len() <= 8_192 && over.len() < 8_200, "{} {}", fits.len(), over.len());
    let endless = forge(&KEYS.ed, &head(&KEYS.ed), &"[".repeat(9_000));

    let rows = vec![
        row("8 KiB", fits, TAKEN),
        row("a little more", over, TOO_LARGE),
        row("12 KiB that would be deep", endless, TOO_LARGE),
        row("dots", ".".repeat(8_000), REFUSED),
        row("more dots", ".".repeat(9_000), TOO_LARGE),
    ];

    house.judge(rows).await;
    house.app.stop().await;
}

/// Headers that no client library sends.
#[tokio::test]
async fn a_header_that_is_folded_or_broken_ends_the_conversation() {
    let house = House::open().await;
    let (good, address) = (house.good(), house.app.base_url.replace("http://", ""));
    let (half, other) = good.split_at(100);
    for value in [
        format!("Bearer {half}\r\n {other}"),
        format!("Bearer {half}\n{other}"),
        format!("Bearer {half}\0{other}"),
    ] {
        let head = format!(
            "GET /v1/verifications HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\
             authorization: {value}\r\n\r\n"
        );
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();

        let is_refused = ["HTTP/1.1 400 ", "HTTP/1.1 401 "].iter().any(|it| answer.starts_with(it));
        assert!(is_refused, "{answer}");
    }
    house.app.stop().await;
}
