//! The JWS and JWK vectors of Wycheproof, judged by the code that judges tokens: taken apart by
//! [`Jws`], the algorithm chosen by [`keys::chosen`], the key found and used by [`KeySet`].
//!
//! They end at the signature, because their payloads are no claims. They are not part of this
//! project: the folder they lie in is named by the variable `GERBANG_VECTORS`.

use std::{collections::BTreeMap, fs, io::Write as _, path::PathBuf};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    compact::Jws,
    crypto::install_crypto,
    error::AuthError,
    keys::{self, KeySet},
};
use crate::config::{Algorithm, Sources};

/// Everything an issuer with public keys can be configured for.
const PUBLIC: [Algorithm; 9] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::EdDsa,
];

/// Valid signatures that we refuse all the same: by file, number and reason.
const STRICTER: &[(&str, u64, &str)] = &[
    (SIGNATURES, 346, "the key says PS256 and the token PS384; a key's `alg` binds"),
    (SIGNATURES, 347, "ES512 is not offered"),
    (SIGNATURES, 350, "the key says PS256 and the token PS384; a key's `alg` binds"),
    (SIGNATURES, 351, "ES512 is not offered"),
    (SIGNATURES, 372, "a `?` among base64url characters: RFC 7515 allows no others"),
    (SIGNATURES, 373, "a `?` among base64url characters: RFC 7515 allows no others"),
    (KEYS, 2, "shared secrets do not belong into a set, and an issuer has one"),
    (KEYS, 14, "HS384 is not offered"),
    (KEYS, 15, "HS512 is not offered"),
];

/// Vectors called invalid that are, byte for byte, the valid one of the second number, under the same
/// key: their padding was lost on the way into the file, and no program can tell them apart.
const CONTRADICTED: &[(&str, u64, u64)] = &[(SIGNATURES, 367, 357), (SIGNATURES, 370, 357)];

const SIGNATURES: &str = "json_web_signature_test.json";
const KEYS: &str = "json_web_key_test.json";

/// Where the vectors are, if this run has them.
fn folder() -> Option<PathBuf> {
    let env = Sources::from_process(None).env;
    let named = env.into_iter().find(|(name, _)| name == "GERBANG_VECTORS");
    if named.is_none() {
        // Not by `eprintln!`, which the test harness keeps to itself when a test passes.
        let say = "GERBANG_VECTORS is not set: the Wycheproof vectors were NOT checked in this run";
        writeln!(std::io::stderr().lock(), "{say}").unwrap();
    }
    named.map(|(_, folder)| PathBuf::from(folder))
}

/// The keys of a group as an issuer's settings would hold them: a secret in a file of its own, all
/// else as a key set.
fn key_set(group: &Value) -> Result<(KeySet, &'static [Algorithm]), &'static str> {
    let key = group.get("public").or_else(|| group.get("private")).unwrap();
    let keys = key.get("keys").cloned().unwrap_or_else(|| json!([key]));
    let secret = |key: &Value| key["kty"] == "oct" && key["alg"] == "HS256";
    match keys.as_array().unwrap().as_slice() {
        [only] if secret(only) => {
            let secret = URL_SAFE_NO_PAD.decode(only["k"].as_str().unwrap()).unwrap();
            KeySet::from_secret(&secret).map(|set| (set, &[Algorithm::Hs256][..]))
        }
        _ => {
            let set = json!({ "keys": keys }).to_string();
            KeySet::from_jwks(set.as_bytes()).map(|set| (set, &PUBLIC[..]))
        }
    }
}

fn check(text: &str, set: &KeySet, allowed: &[Algorithm]) -> Result<Algorithm, AuthError> {
    let jws = Jws::parse(text)?;
    let algorithm = keys::chosen(&jws, allowed)?;
    set.verify(&jws, algorithm).map(|()| algorithm)
}

/// Whether a vector has to be taken.
fn expected(file: &str, test: &Value, group: &Value) -> bool {
    let number = test["tcId"].as_u64().unwrap();
    let is_valid = test["result"] == "valid";
    if STRICTER.iter().any(|(name, it, _)| *name == file && *it == number) {
        assert!(is_valid, "{file} {number} is no deviation");
        return false;
    }
    let twin = CONTRADICTED.iter().find(|(name, it, _)| *name == file && *it == number);
    let Some((_, _, twin)) = twin else { return is_valid };
    let tests = group["tests"].as_array().unwrap();
    let twin = tests.iter().find(|test| test["tcId"] == *twin).unwrap();
    assert!(!is_valid && twin["result"] == "valid" && twin["jws"] == test["jws"], "{number}");
    true
}

/// Judges every vector of a file; gives how many there were, and how many were taken, by algorithm.
fn judge(name: &str, text: &str) -> (usize, BTreeMap<String, usize>) {
    let file: Value = serde_json::from_str(text).unwrap();
    let (mut seen, mut taken, mut wrong) = (0, BTreeMap::new(), Vec::new());
    for group in file["testGroups"].as_array().unwrap() {
        let set = key_set(group);
        for test in group["tests"].as_array().unwrap() {
            seen += 1;
            let verdict = match &set {
                Ok((set, allowed)) => check(test["jws"].as_str().unwrap(), set, allowed)
                    .map_err(|error| error.to_string()),
                Err(why) => Err((*why).to_owned()),
            };
            if let Ok(algorithm) = verdict {
                *taken.entry(format!("{algorithm:?}")).or_default() += 1;
            }
            if verdict.is_ok() != expected(name, test, group) {
                wrong.push(format!("{} {}: {verdict:?}", test["tcId"], test["comment"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    (seen, taken)
}

fn counts(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[test]
fn every_vector_gets_the_right_verdict() {
    let Some(folder) = folder() else { return };
    install_crypto();
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();

    let signatures = judge(SIGNATURES, &read(SIGNATURES));
    let keys = judge(KEYS, &read(KEYS));

    // Counted, so that vectors cannot go missing, nor valid ones be refused for want of a key.
    let taken = [
        ("Hs256", 10),
        ("Rs256", 8),
        ("Rs384", 4),
        ("Rs512", 4),
        ("Ps256", 6),
        ("Ps384", 4),
        ("Ps512", 4),
        ("Es256", 2),
    ];
    assert_eq!(signatures, (401, counts(&taken)));
    assert_eq!(keys, (26, counts(&[("Rs256", 1), ("Hs256", 1)])));
}
