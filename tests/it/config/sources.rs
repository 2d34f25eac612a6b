//! Where values come from, which one wins, and what is shown of them.

use std::time::Duration;

use gerbang::cli::config::write_values;
use gerbang::config::{Database, Inspection, KeySource, Origin, Sources, inspect, parse};
use secrecy::ExposeSecret as _;

use super::sample::{CALLBACK_KEY, PASS_KEY, Sample, variables};

fn shown(inspection: &Inspection) -> String {
    let mut out = Vec::new();
    write_values(inspection, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn inspected(sample: &Sample, env: &[(&str, &str)]) -> Inspection {
    let file = sample.written();
    inspect(Sources { file: Some(file.path().to_owned()), env: variables(env) })
}

#[test]
fn what_is_not_set_has_its_default() {
    let settings = Sample::local().load(&[]).unwrap();

    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.server.public_url.as_str(), "http://127.0.0.1:8080");
    assert_eq!(settings.callbacks.confirm_for, Duration::from_hours(72));
    assert_eq!(settings.provider.onboarding_header, ["x-esign-onboarding-partner"]);
    let issuer = settings.auth.issuers.first().unwrap();
    assert_eq!(issuer.claims.user_id, "sub");
    assert_eq!(issuer.leeway, Duration::from_secs(30));
    assert_eq!(settings.policy().ttl, jiff::SignedDuration::from_hours(24));
    assert_eq!(settings.storage.database, Database::Sqlite("data/gerbang.db".into()));
}

#[test]
fn a_public_gateway_is_accepted_with_https_and_keys() {
    let settings = Sample::public().load(&[]).unwrap();

    assert!(!settings.server.is_local());
    assert!(settings.storage.encryption_keys.is_some());
    let url = settings.provider.api_base_url.endpoint("/v1/things");
    assert_eq!(url.as_str(), "https://api.provider.example/v1/things");
}

#[test]
fn the_environment_overrules_the_file_which_overrules_the_defaults() {
    let mut sample = Sample::local();
    sample.set("server.keep_alive", "\"20s\"");
    sample.set("server.body_deadline", "\"20s\"");

    let settings = sample.load(&[("GERBANG__SERVER__BODY_DEADLINE", "30s")]).unwrap();

    assert_eq!(settings.server.header_deadline, Duration::from_secs(5));
    assert_eq!(settings.server.keep_alive, Duration::from_secs(20));
    assert_eq!(settings.server.body_deadline, Duration::from_secs(30));
}

#[test]
fn every_kind_of_value_can_come_from_the_environment() {
    let settings = Sample::local()
        .load(&[
            ("GERBANG__SERVER__WORKERS", "3"),
            ("GERBANG__CALLBACKS__CONFIRM", "false"),
            ("GERBANG__REDIRECTS__ALLOWED", "[\"https://app.partner.example/*\"]"),
            ("GERBANG__PROVIDER__ONBOARDING_HEADER", "[\"x-one\",\"x-two\"]"),
            ("GERBANG__PROVIDER__LAUNCH_HOSTS", "[\"pages.provider.example\"]"),
            ("GERBANG__PROVIDER__PASS_KEY", "0012"),
            ("GERBANG__AUTH__ISSUERS__0__CLAIMS__USER_ID", "uid"),
            ("GERBANG__CALLBACKS__HEADERS__1__NAME", "authorization"),
            ("GERBANG__CALLBACKS__HEADERS__1__VALUE", "Bearer next-callback-key"),
        ])
        .unwrap();

    assert_eq!(settings.server.workers, 3);
    assert!(!settings.callbacks.confirm);
    assert!(settings.redirects.allowed.allows("https://app.partner.example/done"));
    assert!(!settings.redirects.allowed.allows("partnerapp://kyc/done"));
    assert_eq!(settings.provider.onboarding_header, ["x-one", "x-two"]);
    assert_eq!(settings.provider.launch_hosts, ["pages.provider.example"]);
    assert_eq!(settings.provider.pass_key.expose_secret(), "0012");
    let claims = &settings.auth.issuers.first().unwrap().claims;
    assert_eq!(claims.user_id, "uid");
    assert_eq!(claims.phone, "phone_number");
    let names: Vec<&str> = settings.callbacks.headers.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["x-callback-key", "authorization"]);
}

#[test]
fn a_secret_file_counts_without_its_last_line_break() {
    let mut sample = Sample::local();
    let file = sample.file("pass_key", "0034-from-file\r\n");
    sample.set("provider.pass_key", "");
    sample.set("provider.pass_key_file", &file);

    let settings = sample.load(&[]).unwrap();

    assert_eq!(settings.provider.pass_key.expose_secret(), "0034-from-file");
}

#[test]
fn a_secret_file_from_the_environment_overrules_the_value_in_the_file() {
    let sample = Sample::local();
    let file = sample.file("callback_key", "the-next-callback-key\n");

    let settings = sample
        .load(&[("GERBANG__CALLBACKS__HEADERS__0__VALUE_FILE", file.trim_matches('\''))])
        .unwrap();

    let header = settings.callbacks.headers.first().unwrap();
    assert_eq!(header.value.expose_secret(), "the-next-callback-key");
}

#[test]
fn another_key_source_from_the_environment_overrules_the_one_in_the_file() {
    let settings = Sample::local()
        .load(&[("GERBANG__AUTH__ISSUERS__0__JWKS_URL", "http://127.0.0.1:9100/jwks")])
        .unwrap();

    assert!(matches!(settings.auth.issuers.first().unwrap().keys, KeySource::JwksUrl(_)));
}

#[test]
fn the_environment_alone_is_enough() {
    let sample = Sample::local();
    let key_file = sample.file("issuer.pem", super::sample::ED25519_PEM);
    let env = variables(&[
        ("GERBANG__PROVIDER__TOKEN_BASE_URL", "http://127.0.0.1:9100"),
        ("GERBANG__PROVIDER__API_BASE_URL", "http://127.0.0.1:9100"),
        ("GERBANG__PROVIDER__CLIENT_ID", "12"),
        ("GERBANG__PROVIDER__PASS_KEY", PASS_KEY),
        ("GERBANG__PROVIDER__USER_ID_TYPE", "PARTNER"),
        ("GERBANG__PROVIDER__ONBOARDING_PARTNER__SDK", "SDK-CODE"),
        ("GERBANG__PROVIDER__SDK__BASE_URL", "http://127.0.0.1:9100/"),
        ("GERBANG__PROVIDER__SDK__ENVIRONMENT", "STAGING"),
        ("GERBANG__AUTH__ISSUERS__0__USE", "app"),
        ("GERBANG__AUTH__ISSUERS__0__ISSUER", "https://login.partner.example"),
        ("GERBANG__AUTH__ISSUERS__0__AUDIENCE", "kyc"),
        ("GERBANG__AUTH__ISSUERS__0__ALGORITHMS", "[\"EdDSA\"]"),
        ("GERBANG__AUTH__ISSUERS__0__PUBLIC_KEY_FILE", key_file.trim_matches('\'')),
        ("GERBANG__CALLBACKS__HEADERS__0__NAME", "x-callback-key"),
        ("GERBANG__CALLBACKS__HEADERS__0__VALUE", CALLBACK_KEY),
    ]);

    let settings = inspect(Sources { file: None, env }).outcome.unwrap();

    assert_eq!(settings.provider.client_id, "12");
    assert_eq!(settings.provider.sdk.unwrap().base_url, "http://127.0.0.1:9100/");
}

#[test]
fn text_alone_is_enough_too() {
    let settings = parse(&Sample::local().toml(), "demo").unwrap();

    assert!(settings.server.is_local());
}

#[test]
fn values_are_shown_with_their_origin() {
    let sample = Sample::local();

    let inspection = inspected(&sample, &[("GERBANG__LOG__FILTER", "debug")]);

    let text = shown(&inspection);
    assert!(text.contains("server.listen = \"127.0.0.1:8080\"  # default\n"), "{text}");
    assert!(text.contains("provider.client_id = \"client\"  # file /"), "{text}");
    let filter = "log.filter = \"debug\"  # environment variable GERBANG__LOG__FILTER\n";
    assert!(text.contains(filter), "{text}");
    assert!(text.contains("auth.issuers[0].claims.user_id = \"sub\"  # default\n"), "{text}");
    assert!(text.contains("# egress.ca_file is not set\n"), "{text}");
    let listed = |key: &str| inspection.values.iter().find(|shown| shown.key == key);
    let variable = Origin::Variable("GERBANG__LOG__FILTER".to_owned());
    assert_eq!(listed("log.filter").map(|shown| &shown.origin), Some(&variable));
}

#[test]
fn no_secret_is_shown_or_debugged() {
    let mut sample = Sample::local();
    sample.set("egress.proxy_url", "\"http://user:canary-password@proxy.example:3128\"");
    let endpoint = "[{ id = 'crm', url = 'https://hooks.example/canary-path', \
                     secret = 'whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=' }]";
    sample.set("webhooks", endpoint);
    let inspection = inspected(&sample, &[]);
    let settings = inspection.outcome.as_ref().unwrap();

    let texts = [shown(&inspection), format!("{inspection:?}"), format!("{settings:#?}")];

    for text in texts {
        for secret in [PASS_KEY, CALLBACK_KEY, "canary-password", "canary-path"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert!(shown(&inspection).contains("provider.pass_key = \"(hidden)\""));
    assert!(shown(&inspection).contains("https://hooks.example/(hidden)"));
}

#[test]
fn values_are_shown_although_there_are_mistakes() {
    let mut sample = Sample::local();
    sample.set("server.listen", "\"nowhere\"");
    sample.set("provider.token_base_url", "\"https://user:canary-password@host.example\"");

    let inspection = inspected(&sample, &[]);

    let text = shown(&inspection);
    assert!(inspection.outcome.is_err());
    assert!(text.contains("server.listen = \"nowhere\""), "{text}");
    assert!(text.contains("https://(hidden)@host.example"), "{text}");
    assert!(!text.contains("canary-password"), "{text}");
}
