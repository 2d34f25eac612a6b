//! The allow-list against those who would be sent elsewhere: tables of known tricks, and properties.

use proptest::prelude::*;

use super::*;

const PATTERNS: [&str; 6] = [
    "https://app.example.com/kyc/*",
    "https://app.example.com/done?from=kyc",
    "https://port.example.com:8443/kyc/*",
    "com.example.app://kyc/*",
    "partnerapp://kyc",
    "http://127.0.0.1:9000/*",
];

fn list() -> AllowList {
    AllowList::parse(&PATTERNS).unwrap()
}

#[test]
fn listed_urls_are_allowed() {
    for url in [
        "https://app.example.com/kyc/",
        "https://app.example.com/kyc/ok",
        "https://app.example.com/kyc/a/b-c_d~e.html",
        "https://app.example.com/kyc/ok?x=1&y=%20&z=%C3%A9&next=/a//b",
        "https://app.example.com/kyc/ok?",
        "https://app.example.com/done?from=kyc",
        "https://port.example.com:8443/kyc/ok",
        "com.example.app://kyc/ok",
        "partnerapp://kyc",
        "http://127.0.0.1:9000/back",
    ] {
        assert!(list().allows(url), "{url}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, read row by row")]
fn everything_else_is_refused() {
    let long = format!("https://app.example.com/kyc/{}", "x".repeat(MAX_LENGTH));
    for url in [
        // No URL, or none of its own.
        "",
        "*",
        "kyc",
        "/kyc/x",
        "//app.example.com/kyc/x",
        "///app.example.com/kyc/x",
        "https:/app.example.com/kyc/x",
        "https:app.example.com/kyc/x",
        "https:///app.example.com/kyc/x",
        "https:\\\\app.example.com\\kyc\\x",
        "https://app.example.com\\kyc\\x",
        "https://app.example.com/kyc\\x",
        "https://app.example.com/kyc/\\evil.example",
        "https://app.example.com/kyc/x?a=\\b",
        "com.example.app://kyc/\\..\\..\\x",
        long.as_str(),
        // Another scheme.
        "http://app.example.com/kyc/x",
        "HTTPS://app.example.com/kyc/x",
        "hTTps://app.example.com/kyc/x",
        "Com.Example.App://kyc/ok",
        "javascript://app.example.com/kyc/%0aalert(1)",
        "javascript:alert(1)//https://app.example.com/kyc/",
        "data:text/html,x",
        "blob:https://app.example.com/kyc/x",
        "view-source:https://app.example.com/kyc/x",
        "intent://kyc/ok",
        "file:///kyc/x",
        // Another host.
        "https://app.example.com.evil.example/kyc/x",
        "https://evil.example/kyc/x",
        "https://evil.example/https://app.example.com/kyc/x",
        "https://evil.example?https://app.example.com/kyc/x",
        "https://app.example.com?/kyc/x",
        "https://app.example.com./kyc/x",
        "https://APP.example.com/kyc/x",
        "https://app.example.com%2fkyc/x",
        "https://app.example.com%00.evil.example/kyc/x",
        "https://app%2eexample.com/kyc/x",
        "https://xapp.example.com/kyc/x",
        "https://*.example.com/kyc/x",
        "com.example.app://KYC/ok",
        "com.example.app://kyc.evil/ok",
        "com.example.app://k%79c/ok",
        "com.example.app:kyc/ok",
        "com.example.app:/kyc/ok",
        "com.example.app:///kyc/ok",
        "com.example.app://other/ok",
        "partnerapp://kyc/",
        "partnerapp://kyc?x=1",
        // Letters that look alike, or become others.
        "https://\u{430}pp.example.com/kyc/x",
        "https://app.example\u{3002}com/kyc/x",
        "https://app.ex\u{e4}mple.com/kyc/x",
        "https://app.example.com\u{2044}kyc/x",
        "https://app.exampl\u{212f}.com/kyc/x",
        "https://app.example.com/kyc/\u{e9}",
        "https://app.example.com/\u{ff4b}yc/x",
        // Another port.
        "https://app.example.com:444/kyc/x",
        "https://app.example.com:443/kyc/x",
        "https://app.example.com:/kyc/x",
        "https://port.example.com/kyc/x",
        "https://port.example.com:443/kyc/x",
        "https://port.example.com:84430/kyc/x",
        "https://port.example.com:08443/kyc/x",
        "https://port.example.com:8443@evil.example/kyc/x",
        "http://127.0.0.1/back",
        "http://127.1:9000/back",
        "http://0x7f000001:9000/back",
        "http://[::ffff:127.0.0.1]:9000/back",
        "com.example.app://kyc:80/ok",
        // Somebody's name before the host.
        "https://user@app.example.com/kyc/x",
        "https://user:pass@app.example.com/kyc/x",
        "https://@app.example.com/kyc/x",
        "https://:@app.example.com/kyc/x",
        "https://app.example.com@evil.example/kyc/x",
        "https://app.example.com%40evil.example/kyc/x",
        "https://evil.example#@app.example.com/kyc/x",
        "com.example.app://a@kyc/ok",
        // Fragments.
        "https://app.example.com/kyc/x#frag",
        "https://app.example.com/kyc/x#",
        "https://app.example.com/kyc/x?y#z",
        // Out of the path.
        "https://app.example.com/kyc",
        "https://app.example.com/kycx/",
        "https://app.example.com/KYC/x",
        "https://app.example.com/kyc/../admin",
        "https://app.example.com/kyc/./x",
        "https://app.example.com/kyc/..",
        "https://app.example.com/kyc/%2e%2e/admin",
        "https://app.example.com/kyc/%2E%2E%2Fadmin",
        "https://app.example.com/kyc/.%2e/admin",
        "https://app.example.com/kyc/%252e%252e/admin",
        "https://app.example.com/kyc/..;/admin",
        "https://app.example.com/kyc/x;y=1",
        "https://app.example.com/kyc/..%5cadmin",
        "https://app.example.com/kyc/..%c0%afadmin",
        "https://app.example.com/kyc/%00",
        "https://app.example.com/kyc/%",
        "https://app.example.com/kyc/%zz",
        "https://app.example.com/kyc//evil.example",
        "https://app.example.com//kyc/x",
        "https://app.example.com/k%79c/x",
        "https://app.example.com/kyc/*",
        "com.example.app://kyc/../x",
        "com.example.app://kyc/%2e%2e/x",
        // Characters that end something.
        "https://app.example.com/kyc/x\n",
        "https://app.example.com/kyc/x\r\nLocation: https://evil.example/",
        "https://app.example.com/kyc/x?y=%0d%0aLocation:x",
        "https://app.example.com/kyc/x?y=%00",
        "https://app.example.com/kyc/x?y=%7f",
        "https://app.example.com/kyc/x?y=%",
        "https://app.example.com/kyc/x?y=%4",
        "https://app.example.com/kyc/x?y=%+1",
        "https://app.example.com/kyc/x?y=%zz",
        "https://app.example.com/kyc/x?y=<script>",
        "https://app.example.com/kyc/x?y=\"",
        "https://app.example.com/kyc/x?y=`",
        "https://app.example.com/kyc/x?y={z}",
        " https://app.example.com/kyc/x",
        "https://app.example.com/kyc/x ",
        "https://app.example.com/kyc/\tx",
        "ht\ttps://app.example.com/kyc/x",
        "https://app.example.com/kyc/x\0",
        "\u{feff}https://app.example.com/kyc/x",
        // Near an exact one.
        "https://app.example.com/done",
        "https://app.example.com/done?",
        "https://app.example.com/done?from=kyc&x=1",
        "https://app.example.com/done?FROM=kyc",
        "https://app.example.com/done?from=kyc/",
        "https://app.example.com/done/?from=kyc",
        "https://app.example.com/done?from=%6byc",
    ] {
        assert!(!list().allows(url), "{url}");
    }
}

#[test]
fn patterns_that_would_open_the_door_are_mistakes() {
    for (pattern, why) in [
        ("", InvalidPattern::Url),
        ("*", InvalidPattern::Wildcard),
        ("https://*", InvalidPattern::Url),
        ("https:///*", InvalidPattern::Url),
        ("https://*.example.com/", InvalidPattern::Wildcard),
        ("https://app.example.com*", InvalidPattern::Wildcard),
        ("https://app.example.com/kyc*", InvalidPattern::Wildcard),
        ("https://app.example.com/*/done", InvalidPattern::Wildcard),
        ("https://app.example.com/**", InvalidPattern::Wildcard),
        ("https://app.example.com/*/*", InvalidPattern::Wildcard),
        ("https://app.example.com/go?next=/*", InvalidPattern::Wildcard),
        ("https://app.example.com/?/*", InvalidPattern::Wildcard),
        ("https://app.example.com?/*", InvalidPattern::Url),
        ("https://app.example.com/#*", InvalidPattern::Wildcard),
        ("https://app.example.com/#/*", InvalidPattern::Parts),
        ("https://app.example.com/#done", InvalidPattern::Parts),
        ("https://app.example.com//*", InvalidPattern::Url),
        ("https://app.example.com/a/../*", InvalidPattern::Url),
        ("https://app.example.com/%2e%2e/*", InvalidPattern::Url),
        ("https://app.example.com./*", InvalidPattern::Url),
        ("https://app.example.com:443/*", InvalidPattern::Url),
        ("https://u:p@app.example.com/*", InvalidPattern::Parts),
        ("https://App.example.com/*", InvalidPattern::Url),
        ("https://ex\u{e4}mple.com/*", InvalidPattern::Url),
        ("http://app.example.com/*", InvalidPattern::Scheme),
        ("http://localhost.example.com/*", InvalidPattern::Scheme),
        ("http://127.0.0.2/*", InvalidPattern::Scheme),
        ("javascript://x/*", InvalidPattern::Scheme),
        ("intent://x/*", InvalidPattern::Scheme),
        ("file:///x/*", InvalidPattern::Scheme),
        ("mailto:someone@example.com", InvalidPattern::Scheme),
        ("app", InvalidPattern::Url),
        ("partnerapp:/*", InvalidPattern::Url),
        ("partnerapp:///*", InvalidPattern::Url),
        ("partnerapp://Kyc/*", InvalidPattern::Url),
        ("partnerapp://[::1]/*", InvalidPattern::Url),
    ] {
        assert_eq!(AllowList::parse(&[pattern]).unwrap_err(), (0, why), "{pattern}");
    }
}

#[test]
fn a_mistake_is_told_by_its_place() {
    let patterns = ["https://app.example.com/*", "partnerapp://kyc/*", "*"];

    assert_eq!(AllowList::parse(&patterns).unwrap_err(), (2, InvalidPattern::Wildcard));
}

#[test]
fn an_empty_list_allows_nothing() {
    assert!(!AllowList::default().allows("https://app.example.com/kyc/x"));
}

/// Pieces that attacks are made of.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,6}",
        prop::sample::select(vec![
            "https://",
            "http://",
            "app.example.com",
            "evil.example",
            "com.example.app://",
            "kyc",
            "/",
            "//",
            "\\",
            "/kyc/",
            "..",
            "%2e",
            "%2f",
            "%5c",
            "%40",
            "%00",
            "@",
            ":",
            ":443",
            ":8443",
            "?",
            "#",
            ";",
            "*",
            "\t",
            "\n",
            "\r",
            "\u{e9}",
            "\u{3002}",
            "\u{ff0f}",
            "[",
            "]",
            "127.0.0.1:9000",
            "partnerapp://",
            ".",
            "",
        ])
        .prop_map(str::to_owned),
    ]
}

/// What says where a browser goes.
fn origin(text: &str) -> (String, Option<String>, Option<u16>) {
    let url = Url::parse(text).unwrap();
    let host = url.host_str().map(str::to_owned);
    (url.scheme().to_owned(), host, url.port_or_known_default())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_passes_leads_where_a_pattern_leads(
        start in prop::sample::select(PATTERNS.to_vec()),
        keep in 0_usize..48,
        pieces in prop::collection::vec(piece(), 0..6),
    ) {
        let start: String = start.trim_end_matches('*').chars().take(keep).collect();
        let text = format!("{start}{}", pieces.concat());
        if list().allows(&text) {
            let url = Url::parse(&text).unwrap();
            let origins = PATTERNS.map(|pattern| origin(pattern.trim_end_matches('*')));

            prop_assert_eq!(url.as_str(), &text);
            prop_assert!(origins.contains(&origin(&text)), "{}", text);
            prop_assert!(url.username().is_empty() && url.password().is_none(), "{}", text);
            prop_assert!(url.fragment().is_none(), "{}", text);
            let under = PATTERNS.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => url.path().starts_with(Url::parse(prefix).unwrap().path()),
                None => text == **pattern,
            });
            prop_assert!(under, "{}", text);
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\'));
        }
    }

    #[test]
    fn whatever_stands_below_a_prefix_in_plain_characters_passes(
        path in "[a-zA-Z0-9_~-]{1,12}(/[a-zA-Z0-9_~-]{1,8}){0,3}",
        query in "(\\?[a-z]{1,4}=[a-zA-Z0-9_.~-]{0,8}){0,1}",
    ) {
        for pattern in PATTERNS {
            if let Some(prefix) = pattern.strip_suffix('*') {
                let url = format!("{prefix}{path}{query}");

                prop_assert!(list().allows(&url), "{}", url);
            }
        }
    }
}
