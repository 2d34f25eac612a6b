//! Wrong configurations: each is refused with its key, its origin and a remedy.

use gerbang::config::{Mistake, Mistakes, Origin, Settings, Sources, load, parse};
use serde_json::json;

use super::sample::{CALLBACK_KEY, ED25519_PEM, PASS_KEY, Sample, variables};

fn list(result: Result<Settings, Mistakes>) -> Vec<Mistake> {
    result.err().map(|mistakes| mistakes.as_slice().to_vec()).unwrap_or_default()
}

/// One key of a sound configuration spoilt: the key, its TOML value (empty: taken away), the key
/// that is to blame, part of the remedy.
type Row = (&'static str, &'static str, &'static str, &'static str);

const SPOILT_LOCAL: &[Row] = &[
    ("server.listen", "\"localhost\"", "server.listen", "127.0.0.1:8080"),
    ("server.listen", "8080", "server.listen", "in quotes"),
    ("server.admin_listen", "\"127.0.0.1:8080\"", "server.admin_listen", "port of its own"),
    ("server.public_url", "\"kyc.partner.example\"", "server.public_url", "https://"),
    ("server.public_url", "\"ftp://kyc.partner.example\"", "server.public_url", "https://"),
    ("server.public_url", "\"https://a.example?x=1\"", "server.public_url", "take it out"),
    ("server.public_url", "\"https://a.example/#x\"", "server.public_url", "take it out"),
    ("server.trusted_proxies", "[\"10.0.0.1/8\"]", "server.trusted_proxies", "10.0.0.0/8"),
    ("server.trusted_proxies", "[\"::1\", \"proxy\"]", "server.trusted_proxies", "one address"),
    ("server.trusted_proxies", "[\"::ffff:10.0.0.1\"]", "server.trusted_proxies", "IPv4"),
    ("server.trusted_proxies", "\"10.0.0.0/8\"", "server.trusted_proxies", "[\"one\""),
    ("server.workers", "-1", "server.workers", "from 0 to 1024"),
    ("server.workers", "\"4\"", "server.workers", "without quotes"),
    ("server.workers", "1.5", "server.workers", "digits"),
    ("server.workers", "100000", "server.workers", "from 0 to 1024"),
    ("server.start_deadline", "\"10\"", "server.start_deadline", "a unit"),
    ("server.start_deadline", "10", "server.start_deadline", "in quotes"),
    ("server.start_deadline", "\"-5s\"", "server.start_deadline", "from 1s to 1m"),
    ("server.start_deadline", "\"1s\"", "provider.patience", "make it shorter"),
    ("server.body_deadline", "\"0s\"", "server.body_deadline", "from 1s to 2m"),
    ("server.keep_alive", "\"900h\"", "server.keep_alive", "from 1s to 10m"),
    ("server.write_deadline", "\"6m\"", "server.write_deadline", "from 1s to 5m"),
    ("server.lame_duck", "\"25s\"", "server.lame_duck", "server.shutdown_deadline"),
    ("server.max_body", "0", "server.max_body", "from 1024"),
    ("server.max_body", "9223372036854775807", "server.max_body", "to 1048576"),
    ("server.lsten", "\"127.0.0.1:1\"", "server.lsten", "`server.listen`"),
    ("servr.listen", "\"127.0.0.1:1\"", "servr", "`server`"),
    ("colour", "\"blue\"", "colour", "docs/configuration.md"),
    ("provider.token_base_url", "", "provider.token_base_url", "GERBANG__PROVIDER__TOKEN_BASE_URL"),
    (
        "provider.token_base_url",
        "\"https://u:p@a.example\"",
        "provider.token_base_url",
        "take them",
    ),
    ("provider.api_base_url", "\"\"", "provider.api_base_url", "https://"),
    ("provider.client_id", "\"two words\"", "provider.client_id", "without spaces"),
    ("provider.client_id", "12", "provider.client_id", "in quotes"),
    ("provider.pass_key", "", "provider.pass_key_file", "PASS_KEY_FILE"),
    ("provider.pass_key", "\"\"", "provider.pass_key", "visible ASCII"),
    ("provider.pass_key", "\"a\\nb\"", "provider.pass_key", "line breaks"),
    ("provider.pass_key_file", "\"/nowhere/key\"", "provider.pass_key", "one of the two"),
    ("provider.onboarding_partner.web", "", "provider.onboarding_partner", "`web`"),
    ("provider.onboarding_partner.sdk", "\"SDK\"", "provider.sdk.base_url", "SDK__BASE_URL"),
    ("provider.onboarding_header", "[]", "provider.onboarding_header", "1 to 4"),
    ("provider.onboarding_header", "\"x one\"", "provider.onboarding_header", "hyphens"),
    ("provider.onboarding_header", "[\"host\"]", "provider.onboarding_header", "another name"),
    ("provider.onboarding_header", "[\"x-a\", \"X-A\"]", "provider.onboarding_header", "different"),
    ("provider.launch_hosts", "[\"https://a.example\"]", "provider.launch_hosts", "host alone"),
    ("provider.launch_hosts", "\"a.example\"", "provider.launch_hosts", "[\"one\""),
    ("provider.connect_timeout", "\"1ms\"", "provider.connect_timeout", "from 50ms"),
    ("provider.max_concurrent", "0", "provider.max_concurrent", "from 1"),
    ("provider.details_session", "\"old\"", "provider.details_session", "\"fresh\""),
    ("issuer.use", "\"both\"", "auth.issuers[0].use", "\"backend\""),
    ("issuer.use", "\"backend\"", "auth.issuers", "use = \"app\""),
    ("issuer.audience", "", "auth.issuers[0].audience", "ISSUERS__0__AUDIENCE"),
    ("issuer.algorithms", "[\"none\"]", "auth.issuers[0].algorithms", "RS256"),
    ("issuer.algorithms", "[]", "auth.issuers[0].algorithms", "RS256"),
    (
        "issuer.algorithms",
        "[\"EdDSA\", \"HS256\"]",
        "auth.issuers[0].algorithms",
        "leave HS256 out",
    ),
    ("issuer.algorithms", "[\"RS256\"]", "auth.issuers[0].public_key_file", "of this key"),
    ("issuer.public_key_file", "", "auth.issuers[0].jwks_url", "jwks_file"),
    ("issuer.public_key_file", "\"/nowhere\"", "auth.issuers[0].public_key_file", "may read"),
    ("issuer.jwks_url", "\"https://a.example/jwks\"", "auth.issuers[0].jwks_url", "one of the two"),
    ("issuer.leeway", "\"61s\"", "auth.issuers[0].leeway", "to 1m"),
    ("issuer.user_prefix", "\"a b\"", "auth.issuers[0].user_prefix", "at most 64"),
    ("issuer.contact", "[\"app\"]", "auth.issuers[0].contact", "[\"claims\"]"),
    ("issuer.contact", "[]", "auth.issuers[0].contact", "in the order"),
    ("issuer.contact", "[\"claims\", \"claims\"]", "auth.issuers[0].contact", "in the order"),
    ("issuer.contact", "[\"directory\"]", "directory.url", "{userId}"),
    ("issuer.contact", "[\"proof\"]", "auth.issuers[0].proof.issuer", "PROOF__ISSUER"),
    ("issuer.contact", "[\"proof\"]", "auth.issuers[0].proof.jwks_url", "jwks_file"),
    ("issuer.proof", "{ issuer = \"a b\" }", "auth.issuers[0].proof.issuer", "visible ASCII"),
    ("issuer.proof", "{ algorithms = [\"none\"] }", "auth.issuers[0].proof.algorithms", "RS256"),
    ("issuer.proof", "{ tip = \"x\" }", "auth.issuers[0].proof.tip", "[0].proof.typ`"),
    ("directory.url", "\"https://users.example/users\"", "directory.url", "{userId}"),
    ("directory.url", "\"https://users.example/x{userId}\"", "directory.url", "{userId}"),
    ("directory.url", "\"https://users.example/{userId}x\"", "directory.url", "{userId}"),
    ("directory.url", "\"https://users.example/{userId}/{userId}\"", "directory.url", "{userId}"),
    ("directory.url", "\"https://{userId}/users\"", "directory.url", "{userId}"),
    ("directory.url", "\"https://{userId}.users.example/\"", "directory.url", "{userId}"),
    ("directory.url", "\"https://users.example/../{userId}\"", "directory.url", "{userId}"),
    ("directory.url", "\"https://u:p@users.example/{userId}\"", "directory.url", "take them out"),
    ("directory.url", "\"ftp://users.example/{userId}\"", "directory.url", "https://"),
    ("directory.header", "{ name = \"x-key\" }", "directory.header.value_file", "VALUE_FILE"),
    ("directory.header", "{ value = \"secret\" }", "directory.header.name", "HEADER__NAME"),
    ("directory.header.name", "\"host\"", "directory.header.name", "another name"),
    (
        "directory.header",
        "{ name = \"x-key\", value = \"secret\" }",
        "directory.url",
        "DIRECTORY__URL",
    ),
    ("directory.timeout", "\"11s\"", "directory.timeout", "to 10s"),
    ("issuer.claims", "{ user_id = \"\" }", "auth.issuers[0].claims.user_id", "visible ASCII"),
    ("issuer.claims", "{ userid = \"u\" }", "auth.issuers[0].claims.userid", "[0].claims.user_id`"),
    ("issuer.shared_users", "\"yes\"", "auth.issuers[0].shared_users", "true or false"),
    ("auth.issuers", "[]", "auth.issuers", "use = \"app\""),
    ("auth.issuers", "{}", "auth.issuers", "[[auth.issuers]]"),
    ("callbacks.headers", "[]", "callbacks.headers", "[[callbacks.headers]]"),
    ("callbacks.path", "\"callbacks\"", "callbacks.path", "/callbacks/provider"),
    ("callbacks.path", "\"/v1/callbacks\"", "callbacks.path", "first segment"),
    ("callbacks.path", "\"/a/../b\"", "callbacks.path", "letters"),
    ("callbacks.path", "\"/{any}\"", "callbacks.path", "letters"),
    ("callbacks.confirm", "1", "callbacks.confirm", "true or false"),
    ("callbacks.confirm_for", "\"5m\"", "callbacks.confirm_for", "from 1h to 720h"),
    ("header.name", "\"transfer-encoding\"", "callbacks.headers[0].name", "another name"),
    ("header.value", "\"short\"", "callbacks.headers[0].value", "longer"),
    ("header.value", "", "callbacks.headers[0].value_file", "VALUE_FILE"),
    ("redirects.mode", "\"proxy\"", "redirects.mode", "\"gateway\""),
    ("redirects.mode", "\"gateway\"", "redirects.mode", "server.public_url"),
    ("redirects.allowed", "[\"https://app.example*\"]", "redirects.allowed", "at the end"),
    ("redirects.allowed", "[\"http://app.example/*\"]", "redirects.allowed", "use https"),
    ("redirects.allowed", "[]", "redirects.allowed", "provider.onboarding_partner.web"),
    ("redirects.default.success", "\"app://ok\"", "redirects.default.failure", "FAILURE"),
    ("redirects.default.failure", "\"app://x/*\"", "redirects.default.failure", "whole URL"),
    ("apps", "[{ origins = [] }]", "apps[0].id", "APPS__0__ID"),
    ("apps", "[{ id = \"a b\" }]", "apps[0].id", "without spaces"),
    ("apps", "[{ id = \"a\" }, { id = \"a\" }]", "apps[1].id", "one entry"),
    ("apps", "[{ id = \"a\", origins = [\"*\"] }]", "apps[0].origins", "https://"),
    ("apps", "[{ id = \"a\", origins = [\"http://a.example\"] }]", "apps[0].origins", "use https"),
    ("callbacks.networks", "[\"0.0.0.0/0/0\"]", "callbacks.networks", "2001:db8::/32"),
    ("limits.user_starts_per_minute", "0", "limits.user_starts_per_minute", "from 1"),
    ("limits.user_reads_per_minute", "-1", "limits.user_reads_per_minute", "from 1"),
    ("limits.app_requests_per_minute", "1e9", "limits.app_requests_per_minute", "digits"),
    (
        "limits.failed_authentications_per_minute",
        "\"6\"",
        "limits.failed_authentications_per_minute",
        "quotes",
    ),
    ("storage.url", "\"postgres://localhost/gerbang\"", "storage.url", "sqlite://"),
    ("storage.url", "\"data/gerbang.db\"", "storage.url", "sqlite://"),
    ("storage.url", "\"sqlite://:memory:\"", "storage.url", "sqlite://"),
    ("verifications.ttl", "\"5m\"", "verifications.resume_margin", "verifications.ttl"),
    ("verifications.attempts_per_day", "0", "verifications.attempts_per_day", "from 1"),
    ("reconcile.after_hint", "\"1h\"", "reconcile.max_interval", "reconcile.after_hint"),
    ("reconcile.tick", "\"1us\"", "reconcile.tick", "from 50ms"),
    ("log.format", "\"xml\"", "log.format", "\"text\""),
    ("log.filter", "\"verbose\"", "log.filter", "info"),
    ("egress.proxy_url", "\"socks5://proxy.example\"", "egress.proxy_url", "http://"),
    ("egress.ca_file", "\"/nowhere\"", "egress.ca_file", "may read"),
];

const SPOILT_PUBLIC: &[Row] = &[
    ("server.public_url", "", "server.public_url", "GERBANG__SERVER__PUBLIC_URL"),
    ("server.public_url", "\"http://kyc.partner.example\"", "server.public_url", "loopback"),
    ("server.admin_listen", "\"127.0.0.1:8080\"", "server.admin_listen", "port of its own"),
    ("issuer.issuer", "\"urn:gerbang:dev\"", "auth.issuers[0].issuer", "loopback"),
    ("issuer.issuer", "\"urn:gerbang:dev:anna\"", "auth.issuers[0].issuer", "your own issuer"),
    ("issuer.issuer", "\"URN:Gerbang:DEV\"", "auth.issuers[0].issuer", "your own issuer"),
    ("provider.api_base_url", "\"http://a.example\"", "provider.api_base_url", "loopback"),
    ("provider.token_base_url", "\"http://a.example\"", "provider.token_base_url", "loopback"),
    ("directory.url", "\"http://users.example/{userId}\"", "directory.url", "loopback"),
    ("storage.encryption_keys", "\"{}\"", "storage.encryption_keys", "keep one of the two"),
    ("storage.encryption_keys_file", "", "storage.encryption_keys_file", "mode 0600"),
    ("storage.encryption_keys_file", "\"/nowhere\"", "storage.encryption_keys_file", "mode 0600"),
];

fn refuses(sample: fn() -> Sample, rows: &[Row]) {
    for (key, value, blamed, remedy) in rows {
        let mut sample = sample();
        sample.set(key, value);

        let found = list(sample.load(&[]));

        let is_found = |it: &Mistake| it.key == *blamed && it.remedy.contains(remedy);
        assert!(found.iter().any(is_found), "{key} = {value}: {found:#?}");
        for mistake in &found {
            assert!(!mistake.remedy.is_empty() && !mistake.problem.is_empty(), "{mistake}");
        }
    }
}

#[test]
fn each_spoilt_key_of_a_local_gateway_is_blamed() {
    refuses(Sample::local, SPOILT_LOCAL);
}

#[test]
fn each_spoilt_key_of_a_public_gateway_is_blamed() {
    refuses(Sample::public, SPOILT_PUBLIC);
}

#[test]
fn each_spoilt_variable_is_blamed_by_its_name() {
    for (name, value, key, remedy) in [
        ("GERBANG__SERVR__LISTEN", "127.0.0.1:1", "servr.listen", "GERBANG__SERVER__LISTEN"),
        ("GERBANG_SERVER__LISTEN", "127.0.0.1:1", "server.listen", "GERBANG__SERVER__LISTEN"),
        ("GERBANG__SERVER__LISTEN", "", "server.listen", "127.0.0.1:8080"),
        ("GERBANG__SERVER__WORKERS", "four", "server.workers", "from 0 to 1024"),
        ("GERBANG__CALLBACKS__CONFIRM", "yes", "callbacks.confirm", "true or false"),
        ("GERBANG__REDIRECTS__ALLOWED", "app://a,app://b", "redirects.allowed", "JSON"),
        ("GERBANG__AUTH__ISSUERS", "[]", "auth.issuers", "one variable each"),
        ("GERBANG__CALLBACKS__HEADERS__0__VALU", "x", "callbacks.headers[0].valu", "__VALUE"),
        ("GERBANG__PROVIDER__PASS_KEY", "x\u{fffd}y", "provider.pass_key", "visible ASCII"),
    ] {
        let found = list(Sample::local().load(&[(name, value)]));

        let origin = Origin::Variable(name.to_owned());
        let is_found =
            |it: &Mistake| it.key == key && it.origin == origin && it.remedy.contains(remedy);
        assert!(found.iter().any(is_found), "{name}={value}: {found:#?}");
    }
}

#[test]
fn a_skipped_number_is_blamed_once() {
    let found = list(Sample::local().load(&[("GERBANG__CALLBACKS__HEADERS__2__NAME", "x-key")]));

    let keys: Vec<&str> = found.iter().map(|mistake| mistake.key.as_str()).collect();
    assert_eq!(keys, ["callbacks.headers[1]", "callbacks.headers[2].value_file"]);
}

#[test]
fn issuers_must_not_overlap() {
    let issuer = |file: &str, rest: &str| {
        format!("{{ use = \"app\", algorithms = [\"EdDSA\"], public_key_file = {file}, {rest} }}")
    };
    for (one, other, blamed) in [
        ("issuer = \"i\", audience = \"a\"", "issuer = \"i\", audience = \"a\"", Some("audience")),
        (
            "issuer = \"i\", audience = \"a\"",
            "issuer = \"j\", audience = \"a\"",
            Some("user_prefix"),
        ),
        (
            "issuer = \"i\", audience = \"a\", user_prefix = \"p\"",
            "issuer = \"j\", audience = \"a\", user_prefix = \"pq\"",
            Some("user_prefix"),
        ),
        (
            "issuer = \"i\", audience = \"a\", user_prefix = \"p:\"",
            "issuer = \"j\", audience = \"a\", user_prefix = \"q:\"",
            None,
        ),
        (
            "issuer = \"i\", audience = \"a\", shared_users = true",
            "issuer = \"j\", audience = \"a\", shared_users = true",
            None,
        ),
    ] {
        let mut sample = Sample::local();
        let file = sample.file("issuer.pem", ED25519_PEM);
        let both = format!("[{}, {}]", issuer(&file, one), issuer(&file, other));
        sample.set("auth.issuers", &both);

        let found = list(sample.load(&[]));

        let keys: Vec<String> = found.into_iter().map(|mistake| mistake.key).collect();
        let wanted: Vec<String> =
            blamed.iter().map(|key| format!("auth.issuers[1].{key}")).collect();
        assert_eq!(keys, wanted, "{other}");
    }
}

/// An RSA key of 1024 bits, whose other half was thrown away.
const RSA1024_PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
    MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDTFXe3GuWWNi4m7kOuPYyT5Rnl\n\
    OOe60gcuqsVPLPYHkLmMDLsumHbgkBZ6cCZzqd596IGxxQ2ozE2FWRHFO7BIlRXu\n\
    HV4rd54n7jdv9lCtaXbA75XjtlL+LqFDglhvT8tBcSK8IJJEKRs0wIuYQAHuxoBn\n\
    lp6nnbhTFzAph5MePwIDAQAB\n-----END PUBLIC KEY-----\n";

#[test]
fn key_files_must_hold_what_they_are_for() {
    let private = ED25519_PEM.replace("PUBLIC", "PRIVATE");
    let short = json!({ "keys": [{ "kty": "RSA", "n": "A".repeat(171), "e": "AQAB" }] });
    let short = short.to_string();
    for (key, algorithms, text, remedy) in [
        ("public_key_file", "EdDSA", private.as_str(), "public half"),
        ("public_key_file", "EdDSA", "nothing", "BEGIN PUBLIC KEY"),
        ("public_key_file", "ES256", ED25519_PEM, "of this key"),
        ("public_key_file", "RS256", RSA1024_PEM, "2048 to 8192 bits"),
        ("jwks_file", "RS256", &short, "it publishes"),
        ("jwks_file", "EdDSA", "[]", "`keys`"),
        ("jwks_file", "EdDSA", "{\"keys\":[]}", "it publishes"),
        ("jwks_file", "RS256", "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\"}]}", "it publishes"),
        ("jwks_file", "RS256", "{\"keys\":[{\"kty\":\"RSA\",\"d\":\"x\"}]}", "public members"),
        ("hs256_secret_file", "HS256", "too short", "openssl rand"),
        ("hs256_secret_file", "RS256", "0123456789012345678901234567890123", "[\"HS256\"]"),
    ] {
        let mut sample = Sample::local();
        let file = sample.file("key", text);
        sample.set("issuer.public_key_file", "");
        sample.set(&format!("issuer.{key}"), &file);
        sample.set("issuer.algorithms", &format!("[\"{algorithms}\"]"));

        let found = list(sample.load(&[]));

        let is_found = |it: &Mistake| it.remedy.contains(remedy);
        assert!(found.iter().any(is_found), "{key} {algorithms}: {found:#?}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_a_mistake_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let binary = directory.path().join("binary.toml");
    std::fs::write(&binary, [0xff, 0xfe]).unwrap();
    for path in [directory.path().join("absent.toml"), directory.path().to_owned(), binary] {
        let env = variables(&[("GERBANG__SERVR__LISTEN", "x")]);

        let found = list(load(Sources { file: Some(path), env }));

        let keys: Vec<&str> = found.iter().map(|mistake| mistake.key.as_str()).collect();
        assert_eq!(keys, ["--config", "servr.listen"]);
    }
}

#[test]
fn broken_toml_is_refused_with_its_place_and_without_its_text() {
    for text in [
        format!("[provider]\npass_key = \"{PASS_KEY}\n"),
        format!("[provider]\npass_key = {PASS_KEY}\n"),
        format!("[provider]\npass_key = 'x' \"{PASS_KEY}\"\n"),
        format!("[provider]\npass_key = \"x\"\npass_key = \"{PASS_KEY}\"\n"),
        format!("[provider]\n{PASS_KEY}\n"),
        format!("[provider]\npass_key = \"\\q{PASS_KEY}\"\n"),
    ] {
        let mistakes = parse(&text, "broken.toml").unwrap_err().to_string();

        assert!(mistakes.starts_with("1 mistake in the configuration\n"), "{mistakes}");
        assert!(mistakes.contains("broken.toml") && mistakes.contains("line "), "{mistakes}");
        assert!(!mistakes.contains("canary"), "{mistakes}");
    }
}

#[test]
fn all_mistakes_come_in_one_report() {
    let mut sample = Sample::local();
    sample.set("server.listen", "\"nowhere\"");
    sample.set("server.colour", "\"blue\"");
    sample.set("provider.client_id", "");
    sample.set("header.value", "\"hush\"");
    let text = sample.toml();

    let report = parse(&text, "gerbang.toml").unwrap_err().to_string();

    insta::assert_snapshot!(report, @r#"
    4 mistakes in the configuration

    server.colour (file gerbang.toml) is no setting
      remedy: remove it, or look the key up in docs/configuration.md

    server.listen (file gerbang.toml) is no address with a port
      remedy: write an IP address and a port, such as "127.0.0.1:8080" or "[::]:8080"

    provider.client_id is not set
      remedy: set it in the file, or as GERBANG__PROVIDER__CLIENT_ID

    callbacks.headers[0].value (file gerbang.toml) is a secret of less than 16 characters
      remedy: agree on a longer one with the provider: openssl rand -base64 24
    "#);
}

#[test]
fn an_overruled_mistake_is_still_a_mistake() {
    let mut sample = Sample::local();
    sample.set("server.listen", "8080");

    let found = list(sample.load(&[("GERBANG__SERVER__LISTEN", "127.0.0.1:8080")]));

    let keys: Vec<&str> = found.iter().map(|mistake| mistake.key.as_str()).collect();
    assert_eq!(keys, ["server.listen"]);
}

#[test]
fn mistakes_never_repeat_a_secret() {
    for (key, _, _, _) in SPOILT_LOCAL {
        let mut sample = Sample::local();
        // The secret under a wrong key is the likeliest way to leak one.
        sample.set(key, &format!("\"{CALLBACK_KEY} \""));

        let mistakes = sample.load(&[]).unwrap_err();

        let text = format!("{mistakes} {mistakes:?}");
        assert!(!text.contains("canary"), "{key}: {text}");
    }
}
