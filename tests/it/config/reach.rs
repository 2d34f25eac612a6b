//! Who can reach a gateway whose listener is a loopback address, as far as its settings tell.

use gerbang::config::Mistakes;

use super::sample::{ED25519_PEM, Sample};

/// The keys that are blamed when a local gateway trusts tokens for development and has `more`.
fn blamed(more: &[(&str, &str)]) -> Vec<String> {
    let mut sample = Sample::local();
    sample.set("issuer.issuer", "\"urn:gerbang:dev\"");
    for (key, value) in more {
        sample.set(key, value);
    }
    keys(&sample)
}

/// The keys that are blamed.
fn keys(sample: &Sample) -> Vec<String> {
    let mistakes = sample.load(&[]).err();
    let all = mistakes.iter().flat_map(Mistakes::as_slice);
    all.map(|mistake| mistake.key.clone()).collect()
}

#[test]
fn tokens_for_development_are_trusted_while_nobody_stands_in_front() {
    for url in
        ["", "\"http://127.0.0.1:8080\"", "\"http://localhost:8080\"", "\"http://[::1]:8080\""]
    {
        assert!(blamed(&[("server.public_url", url)]).is_empty(), "{url}");
    }
}

#[test]
fn a_proxy_on_the_same_machine_ends_the_trust_in_tokens_for_development() {
    for (key, value) in [
        ("server.public_url", "\"https://kyc.partner.example\""),
        ("server.public_url", "\"http://192.0.2.7:8080\""),
        ("server.public_url", "\"https://localhost.partner.example\""),
        ("server.trusted_proxies", "[\"127.0.0.1/32\"]"),
    ] {
        assert_eq!(blamed(&[(key, value)]), ["auth.issuers[0].issuer"], "{key} = {value}");
    }
}

#[test]
fn proofs_for_development_are_trusted_no_further_than_tokens() {
    let with_proof = |mut sample: Sample, name: &str| {
        let key = sample.file("otp.pem", ED25519_PEM);
        sample.set("issuer.contact", "[\"proof\"]");
        sample.set(
            "issuer.proof",
            &format!(
                "{{ issuer = \"{name}\", audience = \"proofs\", algorithms = [\"EdDSA\"], \
                 public_key_file = {key} }}"
            ),
        );
        sample
    };
    let mut fronted = with_proof(Sample::local(), "urn:gerbang:dev");
    fronted.set("server.public_url", "\"https://kyc.partner.example\"");

    assert!(keys(&with_proof(Sample::local(), "urn:gerbang:dev")).is_empty());
    assert!(keys(&with_proof(Sample::public(), "otp")).is_empty());
    // Reached from everywhere, whatever it says of its address.
    let mut open = with_proof(Sample::public(), "urn:gerbang:dev");
    open.set("server.public_url", "\"https://localhost\"");
    for sample in [with_proof(Sample::public(), "urn:gerbang:dev"), fronted, open] {
        assert_eq!(keys(&sample), ["auth.issuers[0].proof.issuer"]);
    }
}

#[test]
fn whoever_trusts_every_address_trusts_every_caller() {
    for all in ["0.0.0.0/0", "::/0"] {
        let mut sample = Sample::public();
        sample.set("server.trusted_proxies", &format!("[\"10.0.0.0/8\", \"{all}\"]"));

        assert_eq!(keys(&sample), ["server.trusted_proxies"], "{all}");
    }
}
