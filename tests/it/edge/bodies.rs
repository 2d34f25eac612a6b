//! Bodies that cannot be used.

use super::row::{CANARY, Row, opened, refuse, request, row, start};

const MALFORMED: (u16, &str) = (400, "malformed-request");
const INVALID: (u16, &str) = (422, "validation-failed");

#[tokio::test]
async fn what_is_no_json_is_400() {
    let (app, token, _) = opened().await;
    let utf16: Vec<u8> =
        "{\"channel\":\"sdk\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let rows = [
        ("blank", b"  \r\n ".to_vec()),
        ("cut off in a name", b"{\"chan".to_vec()),
        ("cut off before its end", b"{\"channel\":\"sdk\"".to_vec()),
        ("one bracket too many", b"{\"channel\":\"sdk\"}}".to_vec()),
        ("two objects", b"{\"channel\":\"sdk\"}{\"channel\":\"sdk\"}".to_vec()),
        ("a comma behind", b"{\"channel\":\"sdk\"},".to_vec()),
        ("a NUL behind", b"{\"channel\":\"sdk\"}\0".to_vec()),
        ("a comma inside", b"{\"channel\":\"sdk\",}".to_vec()),
        ("single quotes", b"{'channel':'sdk'}".to_vec()),
        ("a bare name", b"{channel:\"sdk\"}".to_vec()),
        ("a comment", b"{\"channel\":\"sdk\"/* */}".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{\"channel\":\"sdk\"}".to_vec()),
        ("UTF-16", utf16),
        ("a byte that is no UTF-8", b"{\"channel\":\"sdk\",\"reference\":\"\xff\"}".to_vec()),
        ("UTF-8 longer than need be", b"{\"channel\":\"sdk\",\"reference\":\"\xc0\xaf\"}".to_vec()),
        ("a line break in a text", b"{\"channel\":\"s\ndk\"}".to_vec()),
        ("an escape that is none", b"{\"channel\":\"\\x73dk\"}".to_vec()),
        ("NaN", b"{\"channel\":NaN}".to_vec()),
        ("a form", b"channel=sdk".to_vec()),
        ("XML", b"<channel>sdk</channel>".to_vec()),
        ("a JSON sequence", b"\x1e{\"channel\":\"sdk\"}".to_vec()),
        ("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00".to_vec()),
    ];
    let rows = rows.map(|(what, body)| row(what, start(&token, body), MALFORMED));

    refuse(&app, rows.into()).await;

    app.stop().await;
}

#[tokio::test]
async fn json_that_means_nothing_here_is_422() {
    let (app, token, _) = opened().await;
    let rows = [
        ("true", "true"),
        ("a number", "1"),
        ("a list", "[]"),
        ("the members as a list", r#"["sdk"]"#),
        ("all members as a list", r#"["sdk","phone","id_ID"]"#),
        ("channel as an object", r#"{"channel":{"sdk":null}}"#),
        ("channel as a flag", r#"{"channel":true}"#),
        ("channel with a blank", r#"{"channel":"sdk "}"#),
        ("a huge number", r#"{"channel":123456789012345678901234567890}"#),
        ("an endless number", r#"{"channel":1e400}"#),
        ("a tiny number", r#"{"channel":-0.0e-999}"#),
        ("doubled", r#"{"channel":"sdk","channel":"sdk"}"#),
        ("doubled behind an escape", r#"{"channel":"sdk","\u0063hannel":"web"}"#),
        ("another case", r#"{"Channel":"sdk"}"#),
        ("no name", r#"{"channel":"sdk","":1}"#),
        ("a prototype", r#"{"channel":"sdk","__proto__":{"isVerified":true}}"#),
        ("the user's name", r#"{"channel":"sdk","userId":"cust-2"}"#),
        ("the contact itself", r#"{"channel":"sdk","contact":{"type":"phone","value":"0812"}}"#),
        ("contact as a list", r#"{"channel":"sdk","contact":["phone"]}"#),
        ("locale in another form", r#"{"channel":"sdk","locale":"id-ID"}"#),
        ("locale null", r#"{"channel":"sdk","locale":null}"#),
        ("redirects null", r#"{"channel":"sdk","redirectUrls":null}"#),
        ("redirects as a text", r#"{"channel":"sdk","redirectUrls":"https://a.example/"}"#),
        (
            "redirects as a list",
            r#"{"channel":"sdk","redirectUrls":["partnerapp://kyc/a","partnerapp://kyc/b"]}"#,
        ),
        ("one redirect", r#"{"channel":"sdk","redirectUrls":{"success":"partnerapp://kyc/a"}}"#),
        (
            "three redirects",
            r#"{"channel":"sdk","redirectUrls":{"success":"partnerapp://kyc/a","failure":"partnerapp://kyc/b","cancel":"x"}}"#,
        ),
        (
            "redirect null",
            r#"{"channel":"sdk","redirectUrls":{"success":null,"failure":"partnerapp://kyc/b"}}"#,
        ),
        ("reference as a number", r#"{"channel":"sdk","reference":7}"#),
        ("half a pair", r#"{"channel":"sdk","reference":"\ud800"}"#),
        ("reference with a NUL", r#"{"channel":"sdk","reference":"a\u0000b"}"#),
        ("consent as an object", r#"{"channel":"sdk","consentReference":{}}"#),
    ];
    let mut rows: Vec<Row> =
        rows.into_iter().map(|(what, body)| row(what, start(&token, body), INVALID)).collect();
    for (member, most) in [("reference", 64), ("consentReference", 128)] {
        let long = CANARY.repeat(most / CANARY.len() + 1);
        let body = format!(r#"{{"channel":"sdk","{member}":"{long}"}}"#);
        rows.push(row(format!("a long {member}"), start(&token, body), INVALID));
    }

    refuse(&app, rows).await;

    app.stop().await;
}

#[tokio::test]
async fn references_show_all_that_they_hold() {
    let (app, token, _) = opened().await;
    let mut rows = Vec::new();
    for (name, letter) in [
        ("a text turned round", '\u{202e}'),
        ("an isolate", '\u{2066}'),
        ("a mark of direction", '\u{200f}'),
        ("a blank without width", '\u{200b}'),
        ("a joiner", '\u{200d}'),
        ("a line of its own", '\u{2028}'),
        ("a byte order mark", '\u{feff}'),
        ("a soft hyphen", '\u{ad}'),
        ("a filler", '\u{3164}'),
        ("a tag", '\u{e0041}'),
        ("a C1 control", '\u{9b}'),
    ] {
        for member in ["reference", "consentReference"] {
            let body = format!(r#"{{"channel":"sdk","{member}":"loan{letter}7"}}"#);
            rows.push(row(format!("{name} in {member}"), start(&token, body), INVALID));
        }
    }

    refuse(&app, rows).await;

    app.stop().await;
}

#[tokio::test]
async fn what_a_value_looks_like_puts_no_words_into_a_problem() {
    let (app, token, _) = opened().await;
    let rows = [
        "canary-4711",
        "x`, expected canary-4711",
        "x, expected canary-4711 at line 1",
        "x`, expected canary-4711 at line 1 column 2",
        " at line 9, expected canary-4711",
        "missing field `canary-4711`",
    ]
    .into_iter()
    .flat_map(|value| {
        [
            format!(r#"{{"channel":"{value}"}}"#),
            format!(r#"{{"channel":"sdk","redirectUrls":"{value}"}}"#),
            format!(r#"{{"channel":"sdk","reference":["{value}"]}}"#),
        ]
    })
    .map(|body| row(body.clone(), start(&token, body), INVALID));

    refuse(&app, rows.collect()).await;

    app.stop().await;
}

#[tokio::test]
async fn depth_is_bounded_wherever_it_begins() {
    let (app, token, _) = opened().await;
    let deep =
        |open: &str, close: &str, times| format!("{}{}", open.repeat(times), close.repeat(times));
    let lists = deep("[", "]", 7_000);
    let rows = vec![
        row("lists", start(&token, &lists), INVALID),
        row("lists that do not end", start(&token, "[".repeat(14_000)), INVALID),
        row("as channel", start(&token, format!(r#"{{"channel":{lists}}}"#)), INVALID),
        row("as an unknown member", start(&token, format!(r#"{{"x":{lists}}}"#)), INVALID),
        row("objects", start(&token, deep(r#"{"channel":"#, "}", 1_200)), INVALID),
        row(
            "in redirects",
            start(&token, format!(r#"{{"channel":"sdk","redirectUrls":{{"success":{lists}}}}}"#)),
            INVALID,
        ),
    ];

    refuse(&app, rows).await;

    app.stop().await;
}

#[tokio::test]
async fn reports_of_capture_that_cannot_be_used_are_refused() {
    let (app, token, id) = opened().await;
    let bearer = format!("Authorization: Bearer {token}");
    let line = format!("POST /v1/verifications/{id}/capture");
    let report = |body: &str| request(&line, &[&bearer, "Content-Type: application/json"], body);
    let rows = vec![
        row("empty", report(""), MALFORMED),
        row("cut off", report(r#"{"outcome":"#), MALFORMED),
        row("null", report("null"), INVALID),
        row("a list", report(r#"["completed"]"#), INVALID),
        row("a number", report(r#"{"outcome":1}"#), INVALID),
        row("capitals", report(r#"{"outcome":"COMPLETED"}"#), INVALID),
        row("a verdict", report(r#"{"outcome":"approved"}"#), INVALID),
        row("a verdict beside", report(r#"{"outcome":"completed","status":"approved"}"#), INVALID),
        row("doubled", report(r#"{"outcome":"failed","outcome":"completed"}"#), INVALID),
        row("code null", report(r#"{"outcome":"failed","code":null}"#), INVALID),
        row("code as a number", report(r#"{"outcome":"failed","code":7}"#), INVALID),
        row("an empty code", report(r#"{"outcome":"failed","code":""}"#), INVALID),
        row("a code with a line break", report(r#"{"outcome":"failed","code":"a\nb"}"#), INVALID),
    ];

    refuse(&app, rows).await;

    assert_eq!(app.get_verification(&token, &id).await.text("/nextAction"), "open_sdk");
    app.stop().await;
}

#[tokio::test]
async fn a_long_name_of_a_member_is_not_given_back_whole() {
    let (app, token, _) = opened().await;
    let name = "x".repeat(4_000);
    for body in [
        format!(r#"{{"channel":"sdk","{name}":1}}"#),
        format!(r#"{{"channel":"sdk","redirectUrls":{{"{name}":1}}}}"#),
        format!(r#"{{"channel":"sdk","{name}":1,"{name}":{{"{name}":[]}}}}"#),
        format!(r#"{{"channel":{{"{name}":1}}}}"#),
    ] {
        let answer = app.send_raw(&start(&token, body)).await;

        assert_eq!(answer.status, 422);
        assert!(answer.body.len() < 600, "{}", answer.body.len());
    }
    app.stop().await;
}
