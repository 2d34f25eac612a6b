//! `gerbang token`: keys and tokens for a gateway that only this machine can reach.

use std::{
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gerbang::{
    auth::{DevelopmentKey, Life, MintError, install_crypto},
    config::{self, Algorithm, KeySource, TextFile},
    domain::{Clock as _, SystemClock},
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::mint::issuer;
use crate::support::{Issuer, TestApp, write_settings};

/// Runs the program; gives its success and what it said on stdout or else on stderr.
fn gerbang(arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gerbang"));
    let output = command.args(arguments).env_remove("GERBANG_CONFIG").output().unwrap();
    let said = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// A key in this folder; gives its path.
fn key(folder: &Path) -> String {
    let file = folder.join("dev.pem").display().to_string();
    let (done, said) = gerbang(&["token", "key", "--out", &file]);
    assert!(done, "{said}");
    file
}

/// Entries for the issuer of a key.
fn entries(key: &str) -> String {
    let entry = |token_use: &str, audience: &str, more: &str| {
        format!(
            "[[auth.issuers]]\nuse = \"{token_use}\"\nissuer = \"urn:gerbang:dev\"\naudience = \
             \"{audience}\"\nalgorithms = [\"EdDSA\"]\npublic_key_file = \"{key}.pub\"\n{more}\n"
        )
    };
    entry("app", "dev-app", "shared_users = true\nclaims = { phone = \"msisdn\" }")
        + &entry("backend", "dev-backend", "typ = \"service+jwt\"")
}

/// A configuration on this machine with that issuer; gives its file and the key.
fn local(folder: &TempDir) -> (String, String) {
    let key = key(folder.path());
    write_settings(folder, "http://127.0.0.1:9", &Issuer::new("apps"), &entries(&key));
    let file = folder.path().join("gerbang.toml").display().to_string();
    let text = std::fs::read_to_string(&file).unwrap();
    let shared = text.replacen("app = \"test-app\"", "app = \"test-app\"\nshared_users = true", 1);
    std::fs::write(&file, shared).unwrap();
    (file, key)
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn a_minted_token_starts_a_verification_and_another_reads_it() {
    let folder = TempDir::new().unwrap();
    let key = key(folder.path());
    let app = TestApp::builder().apps("shared_users = true").settings(&entries(&key));
    let app = app.start().await;
    app.advance(SystemClock.now().duration_since(app.now())).await;
    let config = app.directory.path().join("gerbang.toml").display().to_string();
    let mint = |rest: &[&str]| {
        let (done, said) =
            gerbang(&[&["--config", &config, "token", "mint", "--key", &key], rest].concat());
        assert!(done, "{said}");
        said.trim_end().to_owned()
    };
    let user = mint(&["--subject", "cust-1", "--phone", "+6281234560000", "--ttl", "15m"]);
    let nobody = mint(&["--subject", "cust-1", "--phone", "+6281234560000", "--unverified"]);
    let scope = ["--scope", "verification:read"];
    let server = mint(&[&["--subject", "ledger", "--use", "backend"][..], &scope].concat());

    let refused = app.start_verification(&nobody, json!({ "channel": "sdk" })).await;
    let started = app.start_verification(&user, json!({ "channel": "sdk" })).await;
    let seen = app.inspect(&server, &started.text("/id")).await;

    assert_eq!((refused.status, refused.problem().as_str()), (403, "contact-not-verified"));
    assert_eq!((started.status, seen.status), (201, 200));
    assert_eq!(seen.text("/userId"), "cust-1");
    let claims = claims(&user);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
    assert_eq!(claims["msisdn"], "+6281234560000");
    app.stop().await;
}

#[test]
fn a_key_is_its_owners_and_is_not_overwritten() {
    let folder = TempDir::new().unwrap();
    let file = key(folder.path());
    let before = std::fs::read_to_string(&file).unwrap();

    let (done, said) = gerbang(&["token", "key", "--out", &file]);

    assert!(!done && said.contains("cannot be written"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(before.starts_with("-----BEGIN PRIVATE KEY-----\n"));
}

#[test]
fn nothing_is_minted_for_a_gateway_that_others_can_reach() {
    let folder = TempDir::new().unwrap();
    let (file, key) = local(&folder);
    let text = std::fs::read_to_string(&file).unwrap();
    let keys = folder.path().join("keys.json").display().to_string();
    assert!(gerbang(&["keys", "generate", "--out", &keys]).0);
    let public = text
        .replacen("127.0.0.1:0", "0.0.0.0:0", 1)
        .replace("http://127.0.0.1:8080", "https://kyc.partner.example")
        .replace("http://127.0.0.1:9", "https://provider.example")
        .replace("[storage]", &format!("[storage]\nencryption_keys_file = \"{keys}\""));
    let harmless = public.replace("urn:gerbang:dev", "https://login.partner.example/");
    let mint = |text: &str| {
        std::fs::write(&file, text).unwrap();
        gerbang(&["--config", &file, "token", "mint", "--key", &key, "--subject", "cust-1"])
    };
    assert!(mint(&text).0);

    let (trusting, said) = mint(&public);
    let (innocent, other) = mint(&harmless);

    assert!(!trusting && said.contains("is an issuer for development"), "{said}");
    assert!(!innocent && other.contains("others can reach the gateway"), "{other}");
    let (served, refusal) = {
        std::fs::write(&file, &public).unwrap();
        gerbang(&["--config", &file, "serve"])
    };
    assert!(!served && refusal.contains("auth.issuers[2].issuer"), "{refusal}");
}

#[test]
fn a_gateway_that_trusts_tokens_for_development_says_so() {
    let folder = TempDir::new().unwrap();
    let (file, _) = local(&folder);
    let mut gateway = Command::new(env!("CARGO_BIN_EXE_gerbang"))
        .args(["--config", &file, "serve"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(gateway.stderr.take().unwrap()).lines().map(Result::unwrap);

    let said: Vec<String> = lines.take_while(|line| !line.contains("the gateway serves")).collect();
    gateway.kill().unwrap();
    gateway.wait().unwrap();

    let warns = |line: &&String| line.contains("WARN") && line.contains("urn:gerbang:dev");
    assert_eq!(said.iter().filter(warns).count(), 2, "{said:#?}");
}

#[test]
fn nothing_is_minted_that_the_gateway_would_not_take() {
    let folder = TempDir::new().unwrap();
    let (file, own) = local(&folder);
    let elsewhere = TempDir::new().unwrap();
    let other = key(elsewhere.path());
    for (key, rest, why) in [
        (&other, &["--subject", "cust-1"][..], "signature is wrong"),
        (&own, &["--subject", "081234567890"], "phone number"),
        (&own, &["--subject", "cust-1", "--audience", "gerbang"], "no such entry"),
        (&own, &["--subject", "cust-1", "--claim", "iss=apps"], "iss cannot be chosen"),
        (&own, &["--subject", "cust-1", "--claim", "exp=1"], "exp cannot be chosen"),
        (&own, &["--subject", "cust-1", "--claim", "sub=x"], "given twice"),
        (&own, &["--subject", "cust-1", "--ttl", "25h"], "24h"),
        (&file, &["--subject", "cust-1"], "no Ed25519 private key"),
    ] {
        let all = [&["--config", &file, "token", "mint", "--key", key], rest].concat();

        let (done, said) = gerbang(&all);

        assert!(!done && said.contains(why), "{rest:?}: {said}");
    }
}

#[test]
fn an_issuer_that_is_none_for_development_is_not_signed_for() {
    let folder = TempDir::new().unwrap();
    let (file, key) = local(&folder);
    let text = std::fs::read_to_string(&file).unwrap();
    for name in ["https://login.partner.example/", "urn:gerbang:developer", "urn:gerbang"] {
        std::fs::write(&file, text.replace("\"urn:gerbang:dev\"", &format!("\"{name}\""))).unwrap();

        let (done, said) =
            gerbang(&["--config", &file, "token", "mint", "--key", &key, "--subject", "cust-1"]);

        assert!(!done && said.contains("no such entry"), "{name}: {said}");
    }
}

#[test]
fn a_key_signs_for_no_issuer_but_one_for_development() {
    install_crypto();
    let key = DevelopmentKey::generate().unwrap();
    let file = TextFile { path: "dev.pem.pub".into(), text: key.public_pem().unwrap() };
    let mut entry = issuer(&[Algorithm::EdDsa], KeySource::PublicKey(file));
    let life = Life { from: SystemClock.now(), lasts: SignedDuration::from_mins(5) };
    let mint = |entry: &config::Issuer| {
        let claims = json!({ "sub": "cust-1" }).as_object().unwrap().clone();
        key.mint(entry, claims, life)
    };
    assert!(matches!(mint(&entry), Err(MintError::NotDevelopment(_))));

    entry.issuer = "urn:gerbang:dev:anna".into();

    assert!(mint(&entry).is_ok());
}
